"""Sums of days."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from proapi_gateway.flow_log.database import LogDatabase
from proapi_gateway.flow_log.records import FlowRecord, Outcome
from proapi_gateway.flow_log.statistics import FlowStatistics

from .sample_flows import FLOW, NOON_MS, write

_DAY_MS = 86_400_000


def records() -> list[FlowRecord]:
    return [
        replace(FLOW, total_ms=1000, first_token_ms=100),
        replace(FLOW, total_ms=2000, first_token_ms=200, model="o3"),
        replace(FLOW, outcome=Outcome.REFUSED, status=401, total_ms=1, token="", usage=None),
        replace(FLOW, outcome=Outcome.LEFT, status=499, total_ms=5, usage=None),
        replace(FLOW, cache="hit", total_ms=3, first_token_ms=None, started_ms=NOON_MS + _DAY_MS),
    ]


def test_totals(database: LogDatabase) -> None:
    write(database, *records()[:2])
    write(database, *records()[2:])  # a second batch adds to the same rows
    statistics = FlowStatistics(database)
    total = statistics.total(20251125, 20251126)
    assert (total.requests, total.errors, total.cache_hits) == (5, 1, 1)
    assert (total.prompt_tokens, total.cached_tokens, total.completion_tokens) == (300, 90, 60)
    assert (total.cost_usd, total.saved_usd) == (Decimal("0.2"), Decimal("0.1"))
    median = statistics.total(20251125, 20251125).total_ms(0.5)
    assert median is not None
    assert 1000 / 1.5 < median < 1000 * 1.5  # neither the refusal nor the client that left counts
    assert statistics.total(20260101, 20260102).requests == 0
    assert statistics.total(20260101, 20260102).total_ms(0.5) is None


def test_groups(database: LogDatabase) -> None:
    write(database, *records())
    statistics = FlowStatistics(database)
    by_model = [(sums.key, sums.requests) for sums in statistics.by("model", 20251125, 20251126)]
    assert by_model == [("gpt-4o", 4), ("o3", 1)]
    by_day = [(sums.key, sums.requests) for sums in statistics.by("day", 20251125, 20251126)]
    assert by_day == [("20251125", 4), ("20251126", 1)]
    assert {sums.key: sums.errors for sums in statistics.by("token", 20251125, 20251125)} == {"team-a": 0, "": 1}
    assert list(statistics.names("model")) == ["gpt-4o", "o3"]


def test_what_one_token_used(database: LogDatabase) -> None:
    write(database, *records())
    statistics = FlowStatistics(database)
    used = statistics.uses("model", 20251125, 20251126, token="team-a")
    assert [(sums.key, sums.requests, sums.prompt_tokens) for sums in used] == [("gpt-4o", 3, 200), ("o3", 1, 100)]
    assert [sums.key for sums in statistics.uses("day", 20251125, 20251126, model="o3")] == ["20251125"]
    assert list(statistics.uses("model", 20251125, 20251126, token="nobody")) == []
