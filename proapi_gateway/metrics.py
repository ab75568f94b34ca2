"""The metrics, for Prometheus. The number of series is bounded: what clients may write freely is folded into "other".

    metrics = Metrics(gauges)
    metrics.count(summary, known_models)
    metrics.render()            # (bytes, content type) of GET /metrics

Names follow https://prometheus.io/docs/practices/naming/ (read 2026-11-25): base units, seconds, `_total`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from .attempt_record import AttemptRecord
from .flow_summary import FlowSummary
from .limits import LimitState
from .spending import NANO

OTHER = "other"
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
# Of a token of api.yaml that has limits or a budget.
_LIMIT_GAUGES: tuple[tuple[str, str, Callable[[LimitState], float]], ...] = (
    ("proapi_token_requests", "Requests of the last minute.", lambda state: state.requests),
    ("proapi_token_tokens", "Tokens of the last minute, those of open requests estimated.", lambda state: state.tokens),
    ("proapi_token_open_requests", "Requests that are not over.", lambda state: state.open_requests),
    ("proapi_token_spent_dollars", "Money of this day or month.", lambda state: state.spent_nano / NANO),
)
_KNOWN_TO_ALL = ("proapi_token_spent_dollars",)  # from the log: what one worker reads, the others have had a part in
_TOKEN_KINDS = ("prompt", "completion", "cached", "reasoning")


@dataclass(frozen=True, slots=True)
class Gauges:
    """What is read when somebody asks. `cooling()`: {provider's label: how many of its keys are left alone}."""

    open_exchanges: Callable[[], int]
    cooling: Callable[[], dict[str, int]]
    log_queue: Callable[[], int]
    log_lost: Callable[[], int]
    limits: Callable[[], Iterable[LimitState]]


class Metrics:
    """`shared_folder`: of several workers, where each writes what it counts and reads what all have counted. The
    variable PROMETHEUS_MULTIPROC_DIR must name it when prometheus_client is imported. "": of one process."""

    def __init__(self, gauges: Gauges, shared_folder: str = "") -> None:
        self._shared_folder = shared_folder
        self._registry = CollectorRegistry()
        registry = self._registry
        if shared_folder:
            self._shared = _SharedGauges(_Gauges(gauges))
        else:
            registry.register(_Gauges(gauges))
        self._requests = Counter(
            "proapi_requests", "Requests that are over.", ("door", "api", "model", "provider", "status"),
            registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "proapi_request_seconds", "From a request's headers to its reply's end.", ("api", "provider"),
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self._first = Histogram(
            "proapi_first_token_seconds", "Of streams: until the first piece went to the client.", ("api", "provider"),
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self._tokens = Counter(
            "proapi_tokens", "Tokens, as backends count them.", ("kind", "model", "provider"), registry=registry
        )
        self._attempts = Counter("proapi_attempts", "Attempts at backends.", ("provider", "result"), registry=registry)
        self._cache = Counter("proapi_cache", "Look-ups in the reply cache.", ("result",), registry=registry)

    def count(self, flow: FlowSummary, known_models: Container[str]) -> None:
        """`known_models`: the names of api.yaml."""
        model = flow.model if flow.model in known_models else OTHER if flow.model else ""
        labels = (flow.door, flow.what, model, flow.provider, _class_of(flow))
        self._requests.labels(*labels).inc()
        self._seconds.labels(flow.what, flow.provider).observe(flow.total_ms / 1000)
        if flow.first_ms is not None:
            self._first.labels(flow.what, flow.provider).observe(flow.first_ms / 1000)
        for attempt in flow.attempts:
            self._attempts.labels(attempt.provider, _result_of(attempt)).inc()
        if flow.cache:
            self._cache.labels(flow.cache).inc()
        if flow.usage is not None:
            counts = (getattr(flow.usage, f"{kind}_tokens") for kind in _TOKEN_KINDS)
            for kind, number in zip(_TOKEN_KINDS, counts, strict=True):
                self._tokens.labels(kind, model, flow.provider).inc(number)

    def share(self) -> None:
        """Let the other workers see the gauges as they are now."""
        if self._shared_folder:
            self._shared.write()

    def render(self) -> tuple[bytes, str]:
        """Of several workers it reads files: not on the event loop."""
        registry = self._registry
        if self._shared_folder:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, self._shared_folder)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST


class _Gauges(Collector):
    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[Metric]:
        gauges = self._gauges
        yield _gauge("proapi_open_exchanges", "Requests that are not over.", gauges.open_exchanges())
        told = "Keys that are left alone for a while."
        cooling = GaugeMetricFamily("proapi_cooling_keys", told, labels=("provider",))
        for provider, number in gauges.cooling().items():
            cooling.add_metric((provider,), number)
        yield cooling
        yield _gauge("proapi_flow_log_queue", "Flows that wait to be written.", gauges.log_queue())
        lost = CounterMetricFamily("proapi_flow_log_lost", "Flows that could not be written.")
        lost.add_metric((), gauges.log_lost())
        yield lost
        yield from _limit_gauges(tuple(gauges.limits()))


class _SharedGauges:
    """The same as metrics that are added up over the workers: one worker cannot ask another."""

    def __init__(self, source: Collector) -> None:
        self._source = source
        self._registry = CollectorRegistry()
        self._metrics: dict[str, Gauge | Counter] = {}
        self._written: dict[tuple[str, tuple[str, ...]], float] = {}  # by a metric's name and its labels' values

    def write(self) -> None:
        found = {}
        for family in self._source.collect():
            for sample in family.samples:
                if family.name not in self._metrics:
                    self._metrics[family.name] = _summed(family, tuple(sample.labels), self._registry)
                found[family.name, tuple(sample.labels.values())] = sample.value
        for key in {*found, *self._written}:
            # 0: of a token or a backend that is gone
            self._write_one(*key, now=found.get(key, 0.0), before=self._written.get(key, 0.0))
        self._written = found

    def _write_one(self, name: str, labels: tuple[str, ...], *, now: float, before: float) -> None:
        metric = self._metrics[name].labels(*labels) if labels else self._metrics[name]
        if isinstance(metric, Gauge):
            metric.set(now)
        else:
            metric.inc(now - before)


def _summed(family: Metric, labels: tuple[str, ...], registry: CollectorRegistry) -> Gauge | Counter:
    about = (family.name, family.documentation, labels)
    if family.type == "counter":
        return Counter(*about, registry=registry)
    # of the workers that live
    mode: Literal["livemax", "livesum"] = "livemax" if family.name in _KNOWN_TO_ALL else "livesum"
    return Gauge(*about, registry=registry, multiprocess_mode=mode)


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what)
    family.add_metric((), value)
    return family


def _limit_gauges(states: tuple[LimitState, ...]) -> Iterable[Metric]:
    for name, what, read in _LIMIT_GAUGES:
        by_token: dict[str, float] = {}
        for state in states:  # of equal names the sum: two series of one name are no metric
            by_token[state.token] = by_token.get(state.token, 0) + read(state)
        family = GaugeMetricFamily(name, what, labels=("token",))
        for token, value in by_token.items():
            family.add_metric((token,), value)
        yield family


def _class_of(flow: FlowSummary) -> str:
    """"2xx", or "broken" for a reply that had begun well and did not end well."""
    return "broken" if flow.fault and flow.status < 400 else f"{flow.status // 100}xx"


def _result_of(attempt: AttemptRecord) -> str:
    if attempt.status is None:
        return "no_reply"
    if attempt.status < 400:
        return "error_in_reply" if attempt.fault else "ok"
    return f"{attempt.status // 100}xx"
