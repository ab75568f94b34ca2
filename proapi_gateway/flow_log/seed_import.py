"""The rows of a seed system's log (`req_logs`) as flows of ours. Its tables are read, and never changed.

It wrote the caller's whole key in `token`, the time in `created_at` (UTC), the client's body with the backend's model
in `request_data`, a summary of the reply in `response_data`; what failed, or was left by its client, has no
`api_status`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from proapi_translate import Usage

from ..settings import Secret, TokenSettings
from .database import LogDatabase
from .flow_ids import first_id_of
from .models import Flow
from .records import BodyRecord, FlowRecord, Outcome, Side
from .rows import Costs, rows_of
from .storing import store

_TABLE = "req_logs"
_BATCH = 200
_APART = 4096  # how many numbers an id has for the flows of one millisecond
_HIDDEN_CHARACTERS = 8  # shorter keys are words that may stand in any text


@dataclass(frozen=True, slots=True)
class Imported:
    """`skipped`: rows that an earlier import had brought, or whose time cannot be read."""

    written: int = 0
    skipped: int = 0


def import_seed(
    source: LogDatabase, into: LogDatabase, tokens: Sequence[TokenSettings], costs: Costs, now_ms: int
) -> Imported:
    """Copy what is not there yet. Both are connected and `into` has its tables. Raises peewee's errors.

    A token that is in `tokens` becomes its name; another is masked. Doing it twice adds nothing.
    """
    names = {token.api_key.reveal(): token.label for token in tokens}
    written = skipped = 0
    for rows in _batches(source):
        records = {flow_id: record for row in rows if (made := _record(row, names)) for flow_id, record in [made]}
        known = {row["id"] for row in into.rows(Flow.select(Flow.id).where(Flow.id.in_(list(records))))}
        fresh = [rows_of(record, flow_id, costs) for flow_id, record in records.items() if flow_id not in known]
        if fresh:
            store(into, fresh, now_ms)
        written += len(fresh)
        skipped += len(rows) - len(fresh)
    return Imported(written, skipped)


def has_seed_rows(source: LogDatabase) -> bool:
    return _TABLE in source.peewee.get_tables()


def _batches(source: LogDatabase) -> Iterator[list[dict[str, Any]]]:
    columns = [column.name for column in source.peewee.get_columns(_TABLE)]
    param, last = source.peewee.param, -1
    while rows := source.sql(
        f"SELECT {', '.join(columns)} FROM {_TABLE} WHERE id > {param} ORDER BY id LIMIT {_BATCH}", last
    ):
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        last = found[-1]["id"]
        yield found


def _record(row: Mapping[str, Any], names: Mapping[str, str]) -> tuple[int, FlowRecord] | None:
    """(its id, which is the same each time it is imported, the flow)."""
    started_ms = _time_ms(row.get("created_at"))
    if started_ms is None:
        return None
    key = str(row.get("token") or "")
    status = str(row.get("api_status") or "")
    is_good = status.startswith("2")
    reply = _parse(row.get("response_data"))
    request = str(row.get("request_data") or "")
    if len(key) >= _HIDDEN_CHARACTERS:
        request = request.replace(key, "*" * len(key))
    record = FlowRecord(
        request_id=str(row.get("req_id") or ""),
        started_ms=started_ms,
        total_ms=0,
        outcome=Outcome.OK if is_good else Outcome.FAILED,
        status=int(status) if status.isdigit() else 0,
        door="base_url",
        token=names.get(key) or (Secret(key).masked() if key else ""),
        method="POST",
        path=str(row.get("uri") or ""),
        dialect="chat",
        model=str(row.get("model") or ""),
        member=str(row.get("service_provider") or ""),
        backend_model=str(_parse(row.get("request_data")).get("model") or ""),
        error="" if is_good else str(row.get("api_error") or "the seed system noted no reply"),
        stream=_parse(row.get("request_data")).get("stream") is True,
        usage=Usage(int(row.get("prompt") or 0), int(row.get("completion") or 0)) if is_good else None,
        bodies=tuple(_bodies(request, reply)),
    )
    return first_id_of(started_ms) + int(row["id"]) % _APART, record


def _bodies(request: str, reply: Mapping[str, Any]) -> Iterator[BodyRecord]:
    """What went out, and the reply as the chat completion that it was."""
    if request:
        data = request.encode("utf-8", "replace")
        for side in (Side.CLIENT_REQUEST, Side.SENT_REQUEST):
            yield BodyRecord(side, data, len(data))
    if reply:
        message = {"role": "assistant", "content": reply.get("full_message_content")}
        if reply.get("tool_calls"):
            message["tool_calls"] = reply["tool_calls"]
        choices = [{"index": 0, "message": message}]
        whole = {"object": "chat.completion", "model": reply.get("model"), "choices": choices}
        data = json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace")
        yield BodyRecord(Side.CLIENT_REPLY, data, len(data))


def _parse(text: object) -> Mapping[str, Any]:
    try:
        value = json.loads(str(text or ""))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _time_ms(value: object) -> int | None:
    """SQLite gives a text, other databases a datetime; both without a zone, and UTC."""
    try:
        when = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return int(when.replace(tzinfo=when.tzinfo or UTC).timestamp() * 1000)
