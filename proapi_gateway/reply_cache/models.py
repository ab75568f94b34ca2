"""The table of the cache, in the flow log's database. It begins with `flow` as all of its tables do: a seed database's
own `req_cache` stays untouched."""

from __future__ import annotations

import peewee


class CachedReplyRow(peewee.Model):
    """An `entries.Entry`."""

    key = peewee.CharField(max_length=64, primary_key=True)
    stored_ms = peewee.BigIntegerField()
    dialect = peewee.CharField(max_length=32)
    provider = peewee.CharField(max_length=128)
    model = peewee.CharField(max_length=128)
    token = peewee.CharField(max_length=128)
    words = peewee.TextField()
    hits = peewee.BigIntegerField(default=0)
    stored_bytes = peewee.BigIntegerField()
    data = peewee.BlobField()

    class Meta:
        table_name = "flow_cached_reply"
        indexes = (
            (("stored_ms", "key"), False),  # the order of the list, of expiry, and of what makes room
            (("stored_bytes", "hits"), False),  # sums are read from it alone, and not from rows that hold bodies
        )


CACHE_TABLES = (CachedReplyRow,)
