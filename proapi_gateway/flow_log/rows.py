"""A flow's record → the rows of its tables, as values that every database takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from proapi_translate import Usage

from .latency import bucket_of
from .models import COUNTS, FIRST_BUCKETS, KINDS, NAME_CHARACTERS, SUM_KEYS, TEXT_CHARACTERS, TOTAL_BUCKETS, USE_KEYS
from .packing import pack, pack_pieces
from .records import BodyRecord, FlowRecord, Outcome, Side
from .search_text import search_text

NANO = 1_000_000_000
_MOST = 2**53  # of any count: a backend may say whatever it wants
_ROW_BYTES = 900  # a row of `flow` with its share of the indexes, measured
_BODY_BYTES = 100
_TEXT_FACTOR = 2  # the text, and its index
_NOT_COUNTED_AS_ERRORS = frozenset({Outcome.OK, Outcome.LEFT, Outcome.STOPPED})

Row = dict[str, Any]


class Costs(Protocol):
    """What a reply cost in US dollars; None where the price is not known."""

    def cost(self, provider: str, model: str, usage: Usage) -> Decimal | None: ...


@dataclass(frozen=True, slots=True)
class FlowRows:
    """What is inserted for one flow. `text` is "" where nothing can be searched; `use` is what it adds to its day."""

    flow: Row
    bodies: tuple[Row, ...]
    text: str
    use: Row


def rows_of(record: FlowRecord, flow_id: int, costs: Costs) -> FlowRows:
    """The rows, all but `written_ms`. Takes about a millisecond for large bodies: not for the event loop."""
    usage = _within_bounds(record.usage or Usage())
    cost = costs.cost(record.provider, record.backend_model, usage) if record.usage is not None else None
    nano = None if cost is None else min(int(cost * NANO), _MOST)
    is_hit = record.cache == "hit"
    bodies = tuple(_body_row(flow_id, body) for body in record.bodies)
    text = _clean(_text_of(record), None)
    flow: Row = {
        "id": flow_id,
        "request_id": _clean(record.request_id, 64),
        "started_ms": record.started_ms,
        "total_ms": record.total_ms,
        "first_token_ms": record.first_token_ms,
        "outcome": record.outcome.value,
        "status": record.status,
        "door": record.door,
        "client_address": _clean(record.client_address, 64),
        "client_program": _clean(record.client_program, 200),
        "token": _clean(record.token, NAME_CHARACTERS),
        "method": _clean(record.method, 16),
        "path": _clean(record.path, 500),
        "dialect": record.dialect,
        "model": _clean(record.model, NAME_CHARACTERS),
        "provider": _clean(record.provider, NAME_CHARACTERS),
        "member": _clean(record.member, NAME_CHARACTERS),
        "backend_model": _clean(record.backend_model, NAME_CHARACTERS),
        "attempts": _json(record.attempts),
        "attempt_count": len(record.attempts),
        "error": _clean(record.error, TEXT_CHARACTERS),
        "stream": record.stream,
        "cache": record.cache,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "cached_tokens": usage.cached_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "total_tokens": usage.total_tokens or usage.prompt_tokens + usage.completion_tokens,
        "cost_nano": 0 if is_hit and nano is not None else nano,
        "saved_nano": nano or 0 if is_hit else 0,
        "losses": _json(record.losses),
        "finish_reason": _clean(record.finish_reason, 64),
    }
    flow["stored_bytes"] = (
        _ROW_BYTES
        + len(flow["attempts"])
        + sum(_BODY_BYTES + len(body["data"]) + len(body["head"]) + len(body["pieces"] or b"") for body in bodies)
        + _TEXT_FACTOR * len(text.encode())
    )
    return FlowRows(flow, bodies, text, _use_row(flow))


def sum_uses(rows: Sequence[FlowRows]) -> list[Row]:
    """One row for each day, model, provider and token, in the order of these: two writers lock them in one order."""
    summed: dict[tuple[Any, ...], Row] = {}
    for each in rows:
        _add(summed, USE_KEYS, tuple(each.use[name] for name in USE_KEYS), each.use)
    return [summed[key] for key in sorted(summed)]


def sum_names(rows: Sequence[FlowRows]) -> list[Row]:
    """One row for each kind, day and name, with histograms; in their order."""
    summed: dict[tuple[Any, ...], Row] = {}
    for each in rows:
        for kind in KINDS:
            row = _add(summed, SUM_KEYS, (kind, each.use["day"], each.use[kind] if kind else ""), each.use)
            _count_times(row, each.flow)
    return [summed[key] for key in sorted(summed)]


def _add(summed: dict[tuple[Any, ...], Row], keys: tuple[str, ...], key: tuple[Any, ...], use: Row) -> Row:
    row = summed.get(key)
    if row is None:
        row = summed[key] = dict(zip(keys, key, strict=True)) | dict.fromkeys(COUNTS, 0)
    for name in COUNTS:
        row[name] += use[name]
    return row


def _count_times(row: Row, flow: Row) -> None:
    if FIRST_BUCKETS[0] not in row:
        row |= dict.fromkeys((*FIRST_BUCKETS, *TOTAL_BUCKETS), 0)
    if flow["outcome"] == Outcome.OK:  # a refusal takes a millisecond: it would make everything look fast
        row[TOTAL_BUCKETS[bucket_of(flow["total_ms"])]] += 1
        if flow["first_token_ms"] is not None:
            row[FIRST_BUCKETS[bucket_of(flow["first_token_ms"])]] += 1


def _use_row(flow: Mapping[str, Any]) -> Row:
    use: Row = {name: flow[name] for name in ("model", "provider", "token")}
    use |= {name: flow[name] or 0 for name in COUNTS if name in flow}
    use["day"] = day_of(flow["started_ms"])
    use["requests"] = 1
    use["errors"] = int(flow["outcome"] not in _NOT_COUNTED_AS_ERRORS)
    use["cache_hits"] = int(flow["cache"] == "hit")
    return use


def day_of(ms: int) -> int:
    """day_of(1_764_072_000_000) == 20251125, in UTC."""
    date = datetime.fromtimestamp(ms / 1000, UTC)
    return date.year * 10_000 + date.month * 100 + date.day


def _within_bounds(usage: Usage) -> Usage:
    return Usage(**{name: min(max(count, 0), _MOST) for name, count in msgspec.structs.asdict(usage).items()})


def _body_row(flow_id: int, body: BodyRecord) -> Row:
    return {
        "flow_id": flow_id,
        "side": body.side.value,
        "data": pack(body.data),
        "kept_bytes": len(body.data),
        "total_bytes": body.total_bytes,
        "head": body.head,
        "pieces": pack_pieces(body.pieces),
    }


def _text_of(record: FlowRecord) -> str:
    data = {body.side: body.data for body in record.bodies}
    return search_text(data.get(Side.CLIENT_REQUEST, b""), data.get(Side.CLIENT_REPLY, b""))


def _clean(text: str, limit: int | None) -> str:
    """PostgreSQL takes no NUL in a text, and no database half a surrogate pair, which a client's bytes may make."""
    return text[:limit].replace("\0", "").encode("utf-8", "replace").decode()


def _json(value: object) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:  # half a surrogate pair
        return _clean(json.dumps(msgspec.to_builtins(value), ensure_ascii=False), None)
