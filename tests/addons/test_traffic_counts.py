"""What has come through, in lines."""

from __future__ import annotations

from addons.traffic_counts import TrafficCounts
from proapi_translate import Usage


def test_lines() -> None:
    counts = TrafficCounts()
    counts.add("openai gpt", 200, Usage(7, 5))
    counts.add("openai gpt", 429, None)
    counts.add("openai gpt", None, Usage(3, 1))
    counts.add("", 404, None)
    assert list(counts.lines()) == [
        "openai gpt: 3 requests, 2 failed, 10 tokens in, 6 out",
        "answered here: 1 requests, 1 failed",
    ]


def test_names_without_end_take_no_memory() -> None:
    counts = TrafficCounts()
    for number in range(1000):
        counts.add(f"openai {number}", 200, None)
    lines = list(counts.lines())
    assert len(lines) == 201
    assert lines[-1] == "others: 800 requests"
