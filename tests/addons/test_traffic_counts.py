"""What has come through, in lines."""

from __future__ import annotations

from addons.traffic_counts import TrafficCounts
from proapi_gateway.flow_summary import FlowSummary
from proapi_translate import Usage


def summary(backend: str, status: int = 200, usage: Usage | None = None, fault: str = "") -> FlowSummary:
    provider, _, model = backend.partition(" ")
    return FlowSummary(
        "req_1", "base_url", "chat", status, 12, provider=provider, backend_model=model, usage=usage, fault=fault
    )


def test_lines() -> None:
    counts = TrafficCounts()
    counts.add(summary("openai gpt", usage=Usage(7, 5)))
    counts.add(summary("openai gpt", 429))
    counts.add(summary("openai gpt", usage=Usage(3, 1), fault="broken off"))
    counts.add(summary("", 404))
    counts.add(summary("openai"))
    assert list(counts.lines()) == [
        "openai gpt: 3 requests, 2 failed, 10 tokens in, 6 out",
        "answered here: 1 requests, 1 failed",
        "openai: 1 requests",
    ]


def test_names_without_end_take_no_memory() -> None:
    counts = TrafficCounts()
    for number in range(1000):
        counts.add(summary(f"openai {number}"))
    lines = list(counts.lines())
    assert len(lines) == 201
    assert lines[-1] == "others: 800 requests"
