"""`GET /metrics` on the base_url door, and the counting behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mitmproxy import http

from proapi_gateway.flow_summary import FlowSummary
from proapi_gateway.gateway import Gateway
from proapi_gateway.limits import LimitState
from proapi_gateway.surface import Kind
from proapi_translate import ClientFault

from .answers import Answers
from .background_tasks import BackgroundTasks
from .exchange import exchange_of
from .open_exchanges import OpenExchanges
from .operators import Operators
from .recording_log import RecordingLog
from .workers import metrics_folder

if TYPE_CHECKING:
    from proapi_gateway.metrics import Metrics

_COOLING = "cooling"
_SHARED_EACH_S = 1.0


class MetricsPage:
    """An addon. `count(summary)` is told of every flow that is over."""

    def __init__(
        self,
        gateway: Callable[[], Gateway],
        open_exchanges: OpenExchanges,
        recording_log: RecordingLog,
        answers: Answers,
        operators: Operators,
        environment: Mapping[str, str],
    ) -> None:
        self._gateway = gateway
        self._open_exchanges = open_exchanges
        self._recording_log = recording_log
        self._answers = answers
        self._operators = operators
        self._shared_folder = metrics_folder(environment)
        self._metrics: Metrics | None = None
        self._tasks = BackgroundTasks()

    def running(self) -> None:
        from proapi_gateway.metrics import Gauges, Metrics  # brings prometheus_client

        gauges = Gauges(lambda: len(self._open_exchanges), self._cooling, self._log_queue, self._log_lost, self._limits)
        self._metrics = Metrics(gauges, self._shared_folder)
        if self._shared_folder:
            self._tasks.start(self._share_for_ever(self._metrics), "/metrics: the other workers see this one no more")

    def done(self) -> None:
        self._tasks.cancel()

    async def _share_for_ever(self, metrics: Metrics) -> None:
        """For the worker that is asked: it sees of this one what is written."""
        while True:
            metrics.share()
            await asyncio.sleep(_SHARED_EACH_S)

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
            body, content_type = await self._render(self._metrics)
            self._answers.give(flow, exchange, 200, {"content-type": content_type}, body)

    async def _render(self, metrics: Metrics) -> tuple[bytes, str]:
        if not self._shared_folder:
            return metrics.render()
        metrics.share()
        return await asyncio.to_thread(metrics.render)

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
