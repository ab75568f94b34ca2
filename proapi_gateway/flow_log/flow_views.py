"""What the log's readers get: flows, their bodies, pages of flows, sums of days; all frozen values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from ..attempt_record import AttemptRecord
from .latency import BUCKETS, percentile
from .models import COUNTS, FIRST_BUCKETS, TOTAL_BUCKETS
from .packing import unpack, unpack_pieces
from .records import Side
from .rows import NANO


@dataclass(frozen=True, slots=True)
class FlowView:
    """One row of `flow`; the columns are told in models.py. `losses`: {"field", "what", "why"} each."""

    id: int
    request_id: str
    started_ms: int
    written_ms: int
    total_ms: int
    first_token_ms: int | None
    outcome: str
    status: int
    door: str
    client_address: str
    client_program: str
    token: str
    method: str
    path: str
    dialect: str
    model: str
    provider: str
    member: str
    backend_model: str
    attempts: tuple[AttemptRecord, ...]
    attempt_count: int
    error: str
    stream: bool
    cache: str
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    total_tokens: int
    cost_nano: int | None
    saved_nano: int
    losses: tuple[Mapping[str, str], ...]
    finish_reason: str
    stored_bytes: int

    @property
    def cost_usd(self) -> Decimal | None:
        return None if self.cost_nano is None else usd(self.cost_nano)


@dataclass(frozen=True, slots=True)
class BodyView:
    """One body (records.BodyRecord), unpacked."""

    side: Side
    data: bytes
    total_bytes: int
    head: Mapping[str, Any]
    pieces: tuple[tuple[int, int], ...]

    @property
    def is_cut(self) -> bool:
        return self.total_bytes > len(self.data)


@dataclass(frozen=True, slots=True)
class FlowDetail:
    flow: FlowView
    bodies: Mapping[Side, BodyView]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ends: the value that the list is sorted by, and the id, of the last row that was looked at."""

    value: int
    id: int

    def __str__(self) -> str:
        return f"{self.value}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """Cursor.parse("120.7225344000000000"); None for what is none."""
        value, _, flow_id = text.partition(".")
        try:
            return cls(int(value), int(flow_id))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Page:
    """`after`: where the next page begins; None: there is none. `is_partial`: the search went through as many rows as
    one page may cost and may have found none at all; it goes on at `after`."""

    flows: tuple[FlowView, ...]
    after: Cursor | None = None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Sums:
    """What happened in some days. `key`: the model, provider, token or day (20261125) that it is about."""

    key: str = ""
    requests: int = 0
    errors: int = 0
    cache_hits: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cost_nano: int = 0
    saved_nano: int = 0
    first_token_counts: tuple[int, ...] = field(default=(0,) * BUCKETS, repr=False)
    total_counts: tuple[int, ...] = field(default=(0,) * BUCKETS, repr=False)

    @property
    def cost_usd(self) -> Decimal:
        return usd(self.cost_nano)

    @property
    def saved_usd(self) -> Decimal:
        return usd(self.saved_nano)

    def first_token_ms(self, share: float) -> float | None:
        """`first_token_ms(0.95)`: 95 of 100 streams began within that time. None: there was no stream."""
        return percentile(self.first_token_counts, share)

    def total_ms(self, share: float) -> float | None:
        return percentile(self.total_counts, share)


def usd(nano: int) -> Decimal:
    return Decimal(nano) / NANO


def flow_view(row: Mapping[str, Any]) -> FlowView:
    values = {name: row[name] for name in _FLOW_FIELDS}
    values["attempts"] = tuple(AttemptRecord(**attempt) for attempt in json.loads(row["attempts"]))
    values["stream"] = bool(row["stream"])
    values["losses"] = tuple(json.loads(row["losses"]))
    return FlowView(**values)


def body_view(row: Mapping[str, Any]) -> BodyView:
    data, pieces = unpack(row["data"]), unpack_pieces(row["pieces"])
    return BodyView(Side(row["side"]), data, row["total_bytes"], json.loads(row["head"]), pieces)


def sums_view(row: Mapping[str, Any]) -> Sums:
    counts = {name: int(row[name] or 0) for name in COUNTS}
    first = tuple(int(row.get(name) or 0) for name in FIRST_BUCKETS)
    total = tuple(int(row.get(name) or 0) for name in TOTAL_BUCKETS)
    return Sums(str(row.get("key", "")), **counts, first_token_counts=first, total_counts=total)


_FLOW_FIELDS = tuple(each.name for each in fields(FlowView))
