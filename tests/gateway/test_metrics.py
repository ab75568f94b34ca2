"""What Prometheus reads."""

from __future__ import annotations

from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from proapi_gateway.limits import LimitState
from proapi_gateway.metrics import Gauges, Metrics
from proapi_gateway.spending import NANO

from .test_flow_summary import FULL

KNOWN = {"gpt-4o"}


def metrics() -> Metrics:
    limits = (LimitState("a", 5, 700, 1, NANO // 2), LimitState("b", 1, 0, 0, 0), LimitState("b", 2, 0, 0, NANO))
    return Metrics(Gauges(lambda: 3, lambda: {"openai/a": 1, "openai/b": 0}, lambda: 7, lambda: 2, lambda: limits))


def samples(of: Metrics) -> dict[str, dict[tuple[str, ...], float]]:
    """{"proapi_requests_total": {("base_url", "chat", …): 1.0}}, labels sorted by their names."""
    body, content_type = of.render()
    assert content_type.startswith("text/plain")
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_a_flow_is_counted_once_everywhere() -> None:
    counted = metrics()
    counted.count(FULL, KNOWN)
    found = samples(counted)
    assert found["proapi_requests_total"] == {("chat", "base_url", "gpt-4o", "openai/b", "2xx"): 1}
    assert found["proapi_request_seconds_sum"] == {("chat", "openai/b"): 2.1}
    assert found["proapi_first_token_seconds_sum"] == {("chat", "openai/b"): 0.312}
    assert found["proapi_attempts_total"] == {("openai/a", "5xx"): 1, ("openai/b", "ok"): 1}
    assert found["proapi_tokens_total"][("prompt", "gpt-4o", "openai/b")] == 120
    assert found["proapi_tokens_total"][("completion", "gpt-4o", "openai/b")] == 45
    assert found["proapi_cache_total"] == {("miss",): 1}


def test_what_is_read_when_asked() -> None:
    found = samples(metrics())
    assert found["proapi_open_exchanges"] == {(): 3}
    assert found["proapi_cooling_keys"] == {("openai/a",): 1, ("openai/b",): 0}
    assert found["proapi_flow_log_queue"] == {(): 7}
    assert found["proapi_flow_log_lost_total"] == {(): 2}
    assert found["proapi_token_requests"] == {("a",): 5, ("b",): 3}
    assert found["proapi_token_tokens"] == {("a",): 700, ("b",): 0}
    assert found["proapi_token_open_requests"] == {("a",): 1, ("b",): 0}
    assert found["proapi_token_spent_dollars"] == {("a",): 0.5, ("b",): 1}


def test_a_reply_that_broke_is_no_success() -> None:
    counted = metrics()
    counted.count(replace(FULL, fault="broken off"), KNOWN)
    counted.count(replace(FULL, status=429, fault="rate_limit_error"), KNOWN)
    assert {labels[-1] for labels in samples(counted)["proapi_requests_total"]} == {"broken", "4xx"}


def test_names_that_clients_invent_make_no_series() -> None:
    counted = metrics()
    for number in range(10_000):
        counted.count(replace(FULL, model=f"invented-{number}"), KNOWN)
    found = samples(counted)
    assert found["proapi_requests_total"] == {("chat", "base_url", "other", "openai/b", "2xx"): 10_000}
    assert sum(map(len, found.values())) < 100
