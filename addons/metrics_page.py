"""`GET /metrics` on the base_url door, and the counting behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mitmproxy import http

from proapi_gateway.flow_summary import FlowSummary
from proapi_gateway.gateway import Gateway
from proapi_gateway.limits import LimitState
from proapi_gateway.surface import Kind
from proapi_translate import ClientFault

from .answers import Answers
from .exchange import exchange_of
from .open_exchanges import OpenExchanges
from .operators import Operators
from .recording_log import RecordingLog

if TYPE_CHECKING:
    from proapi_gateway.metrics import Metrics

_COOLING = "cooling"


class MetricsPage:
    """An addon. `count(summary)` is told of every flow that is over."""

    def __init__(
        self,
        gateway: Callable[[], Gateway],
        open_exchanges: OpenExchanges,
        recording_log: RecordingLog,
        answers: Answers,
        operators: Operators,
    ) -> None:
        self._gateway = gateway
        self._open_exchanges = open_exchanges
        self._recording_log = recording_log
        self._answers = answers
        self._operators = operators
        self._metrics: Metrics | None = None

    def running(self) -> None:
        from proapi_gateway.metrics import Gauges, Metrics  # brings prometheus_client

        self._metrics = Metrics(
            Gauges(lambda: len(self._open_exchanges), self._cooling, self._log_queue, self._log_lost, self._limits)
        )

    def count(self, flow: FlowSummary) -> None:
        if self._metrics is not None:
            self._metrics.count(flow, self._gateway().snapshot.router.members)

    async def requestheaders(self, flow: http.HTTPFlow) -> None:
        exchange = exchange_of(flow)
        if exchange is None or exchange.answered or exchange.endpoint.kind is not Kind.METRICS or not self._metrics:
            return
        try:
            await self._operators.check(flow, exchange)
        except ClientFault as fault:
            self._answers.give_fault(flow, exchange, fault)
        else:
            body, content_type = self._metrics.render()
            self._answers.give(flow, exchange, 200, {"content-type": content_type}, body)

    def _cooling(self) -> dict[str, int]:
        states = self._gateway().snapshot.health.states()
        labels = dict.fromkeys((state.provider for state in states), 0)
        for state in states:
            labels[state.provider] += state.state == _COOLING
        return labels

    def _limits(self) -> tuple[LimitState, ...]:
        return self._gateway().snapshot.limiter.states()

    def _log_queue(self) -> int:
        log = self._recording_log.log()
        return log.stats.queued if log is not None else 0

    def _log_lost(self) -> int:
        log = self._recording_log.log()
        return log.stats.lost if log is not None else 0
