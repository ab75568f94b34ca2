"""The tables of the flow log. They begin with `flow`: a seed database's own (`req_logs`, `req_cache`) stay untouched.

The models are bound to no database: `LogDatabase.run` tells each query which one is meant.
"""

from __future__ import annotations

import peewee

from .latency import BUCKETS

NAME_CHARACTERS = 128
TEXT_CHARACTERS = 2000


def _name() -> peewee.CharField:
    return peewee.CharField(max_length=NAME_CHARACTERS, default="")


def _count() -> peewee.BigIntegerField:
    return peewee.BigIntegerField(default=0)


class Migration(peewee.Model):
    """The numbered steps that this database has taken (migrations.py)."""

    number = peewee.IntegerField(primary_key=True)
    applied_ms = peewee.BigIntegerField()

    class Meta:
        table_name = "flow_migration"


class Flow(peewee.Model):
    """One flow (records.FlowRecord). `id` grows with the time at which the flow began (flow_ids.py): it is the order
    of every page, the key of paging, and a range of it is a range of time."""

    id = peewee.BigIntegerField(primary_key=True)
    request_id = peewee.CharField(max_length=64)
    started_ms = peewee.BigIntegerField()
    written_ms = peewee.BigIntegerField()  # when its row came: what is new since a moment
    total_ms = peewee.BigIntegerField()
    first_token_ms = peewee.BigIntegerField(null=True)
    outcome = peewee.CharField(max_length=16)
    status = peewee.IntegerField()
    door = peewee.CharField(max_length=16, default="")
    client_address = peewee.CharField(max_length=64, default="")
    client_program = peewee.CharField(max_length=200, default="")
    token = _name()
    method = peewee.CharField(max_length=16, default="")
    path = peewee.CharField(max_length=500, default="")
    dialect = peewee.CharField(max_length=32, default="")
    model = _name()
    provider = _name()
    member = _name()
    backend_model = _name()
    attempts = peewee.TextField(default="[]")  # JSON: a list of attempt_record.AttemptRecord
    attempt_count = peewee.IntegerField(default=0)
    error = peewee.CharField(max_length=TEXT_CHARACTERS, default="")
    stream = peewee.BooleanField(default=False)
    cache = peewee.CharField(max_length=8, default="")
    prompt_tokens = _count()
    completion_tokens = _count()
    cached_tokens = _count()
    cache_write_tokens = _count()
    reasoning_tokens = _count()
    total_tokens = _count()
    cost_nano = peewee.BigIntegerField(null=True)  # 10⁻⁹ US dollars, whole so that sums are exact; NULL: not known
    saved_nano = _count()  # what a hit of our cache would have cost
    losses = peewee.TextField(default="[]")  # JSON: a list of {"field", "what", "why"}
    finish_reason = peewee.CharField(max_length=64, default="")
    stored_bytes = _count()  # about what the row, its bodies and its text take: retention counts by it

    class Meta:
        table_name = "flow"
        # Each filter of the admin's list, in the list's own order, newest first; each column that it can be sorted by.
        indexes = (
            *(((column, "id"), False) for column in ("token", "model", "provider", "status", "outcome")),
            *(((column, "id"), False) for column in ("total_ms", "first_token_ms", "total_tokens", "cost_nano")),
            (("request_id",), False),
            (("written_ms",), False),
        )


class FlowBody(peewee.Model):
    """One of a flow's four bodies (records.BodyRecord), packed by packing.py."""

    flow_id = peewee.BigIntegerField()
    side = peewee.CharField(max_length=16)
    data = peewee.BlobField()  # zstd
    kept_bytes = _count()  # before it was packed
    total_bytes = _count()  # more than `kept_bytes`: the rest was over the limit
    head = peewee.TextField(default="{}")  # JSON
    pieces = peewee.BlobField(null=True)  # zstd of the JSON [[ms, offset], …]

    class Meta:
        table_name = "flow_body"
        primary_key = peewee.CompositeKey("flow_id", "side")


class FlowText(peewee.Model):
    """The words of a flow that a search finds (search_text.py)."""

    flow_id = peewee.BigIntegerField(primary_key=True)
    text = peewee.TextField()

    class Meta:
        table_name = "flow_text"


class FlowTotal(peewee.Model):
    """One row: how much the log holds, kept up with every write, for counting a million rows takes too long."""

    id = peewee.IntegerField(primary_key=True)
    rows = _count()
    bytes = _count()

    class Meta:
        table_name = "flow_total"


class _Counts(peewee.Model):
    requests = _count()
    errors = _count()  # refused and failed
    cache_hits = _count()
    prompt_tokens = _count()
    completion_tokens = _count()
    cached_tokens = _count()
    reasoning_tokens = _count()
    cost_nano = _count()
    saved_nano = _count()


class FlowUse(_Counts):
    """What happened on a day (UTC, as 20261125) by model, provider and token: who used what."""

    day = peewee.IntegerField()
    model = _name()
    provider = _name()
    token = _name()

    class Meta:
        table_name = "flow_use"
        primary_key = peewee.CompositeKey("day", "model", "provider", "token")
        indexes = ((("token", "day"), False),)  # one token's days, of which others' may be many


class FlowSum(_Counts):
    """The same of all together (`kind` "", `name` ""), and of each model, each provider and each token: statistics read
    some of these few rows and nothing else.

    `first_0` … and `total_0` … are histograms (latency.py) of the first token's and the whole reply's time.
    """

    kind = peewee.CharField(max_length=16)
    day = peewee.IntegerField()
    name = _name()

    class Meta:
        table_name = "flow_sum"
        primary_key = peewee.CompositeKey("kind", "day", "name")


KINDS = ("", "model", "provider", "token")
USE_KEYS = ("day", "model", "provider", "token")
SUM_KEYS = ("kind", "day", "name")
COUNTS = (
    "requests", "errors", "cache_hits", "prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens",
    "cost_nano", "saved_nano",
)  # fmt: skip
FIRST_BUCKETS = tuple(f"first_{place}" for place in range(BUCKETS))
TOTAL_BUCKETS = tuple(f"total_{place}" for place in range(BUCKETS))
for _column in (*FIRST_BUCKETS, *TOTAL_BUCKETS):
    FlowSum._meta.add_field(_column, peewee.IntegerField(default=0))

ID_CHARACTERS = 128


class ResponseRow(peewee.Model):
    """An answered request of /v1/responses (response_store.StoredResponse), packed by packing.py. `owner`: a digest."""

    id = peewee.CharField(max_length=ID_CHARACTERS, primary_key=True)
    owner = peewee.CharField(max_length=64)
    used_ms = peewee.BigIntegerField(index=True)
    stored_bytes = _count()
    data = peewee.BlobField()  # zstd

    class Meta:
        table_name = "flow_response"


class ResponseItem(peewee.Model):
    """Where an item is, for requests that refer to it."""

    owner = peewee.CharField(max_length=64)
    item_id = peewee.CharField(max_length=ID_CHARACTERS)
    response_id = peewee.CharField(max_length=ID_CHARACTERS, index=True)

    class Meta:
        table_name = "flow_response_item"
        primary_key = peewee.CompositeKey("owner", "item_id")


RESPONSE_TABLES = (ResponseRow, ResponseItem)
TABLES = (Flow, FlowBody, FlowText, FlowTotal, FlowUse, FlowSum)
