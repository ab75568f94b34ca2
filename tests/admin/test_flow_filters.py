"""The list's address: each filter, and what means nothing."""

from __future__ import annotations

from typing import Any

import pytest

from admin.flow_filters import read_filters
from proapi_gateway.flow_log.flow_views import Cursor
from proapi_gateway.flow_log.page_walk import Filters, Order, Sort

NOW_MS = 1_764_000_000_000


@pytest.mark.parametrize(
    ("given", "filters"),
    [
        ({}, {}),
        ({"model": " m ", "provider": "openai", "token": "a"}, {"model": "m", "provider": "openai", "token": "a"}),
        ({"status": "429", "outcome": "refused"}, {"status": 429, "outcome": "refused"}),
        ({"last": "1h"}, {"from_ms": NOW_MS - 3_600_000}),
        ({"from": "1764000000000", "before": "1764000001000"}, {"from_ms": NOW_MS, "before_ms": NOW_MS + 1000}),
        ({"from": "2025-11-24T16:00"}, {"from_ms": NOW_MS}),
        ({"before": "2025-11-24T17:00:00+01:00"}, {"before_ms": NOW_MS}),
        ({"text": "two words"}, {"text": "two words"}),
        ({"status": "x", "outcome": "?", "last": "1y", "from": "soon", "before": "9" * 30, "sort": "name"}, {}),
        ({"status": "²"}, {}),
        ({"status": "99999999999999999999"}, {}),
        ({"from": "0001-01-01T00:00+14:00"}, {"from_ms": 0}),
        ({"from": "1900-01-01"}, {"from_ms": 0}),
    ],
)  # fmt: skip
def test_each_filter(given: dict[str, str], filters: dict[str, Any]) -> None:
    assert read_filters(given, NOW_MS).filters == Filters(**filters)


def test_order_and_place() -> None:
    asked = read_filters({"sort": "cost", "up": "1", "after": "120.7225344000000000"}, NOW_MS)
    assert (asked.order, asked.after) == (Order(Sort.COST, descending=False), Cursor(120, 7225344000000000))
    for rubbish in ("rubbish", "9" * 30 + ".1", f"1.{2**63}", "9" * 5000 + ".1"):
        assert read_filters({"after": rubbish}, NOW_MS).after is None


def test_links_keep_the_filters_and_turn_the_order() -> None:
    asked = read_filters({"model": "m", "sort": "cost", "status": "x"}, NOW_MS)
    assert asked.arguments == {"model": "m", "sort": "cost"}
    assert asked.sorted_by("cost") == {"model": "m", "sort": "cost", "up": "1"}
    assert asked.sorted_by("time") == {"model": "m"}
    assert asked.is_filtered
    assert not asked.is_live
    assert read_filters({"model": "m"}, NOW_MS).is_live
    assert not read_filters({"sort": "cost"}, NOW_MS).is_filtered
