"""The money that tokens spend: charged at the end of each reply, and read from the flow log where it is on.

The log knows what was spent before a restart, and through other workers: it is read at the start, after a reload, and
every few seconds. Prices and log are read in threads; the event loop waits for neither.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from mitmproxy import http

from proapi_gateway.billing import Billing
from proapi_gateway.candidates import Candidate
from proapi_gateway.daemon_threads import run_in_daemon_thread
from proapi_gateway.gateway import Gateway
from proapi_gateway.limits import Permit
from proapi_gateway.prices import Prices
from proapi_gateway.settings import Settings
from proapi_translate import Usage

from .background_tasks import BackgroundTasks
from .recording_log import RecordingLog

logger = logging.getLogger(__name__)

_READ_EVERY_S = 15.0
# At the start the log's tables may still be in the making.
_START_WITHIN_S = 5.0
_START_TRIES = 30
_START_AGAIN_S = 0.1
_NOT_READ = "budgets: what was spent is not read any more"


class TokenMoney:
    """`gateway()`: the gateway in force."""

    def __init__(self, gateway: Callable[[], Gateway], recording: RecordingLog) -> None:
        self._gateway = gateway
        self._recording = recording
        self._settings: Settings | None = None
        self._billing: asyncio.Task[Billing] | None = None
        self._reading = asyncio.Lock()
        self._tasks = BackgroundTasks()

    # -- hooks -------------------------------------------------------------------------------------------------------
    async def running(self) -> None:
        """Before the ready line: the first request must not be served on money that is spent already."""
        self._adopt()
        try:
            is_known = await asyncio.wait_for(self._read_first(), _START_WITHIN_S)
        except TimeoutError:
            is_known = False
        if not is_known:
            logger.warning("budgets: the flow log cannot be read; what was spent before is not known yet")
        self._tasks.start(self._keep_reading(), _NOT_READ)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if self._gateway().snapshot.settings is not self._settings and self._adopt():
            self._tasks.start(self._read_log(), _NOT_READ)

    def done(self) -> None:
        self._tasks.cancel()

    # -- charging ----------------------------------------------------------------------------------------------------
    async def charge(self, permit: Permit, candidate: Candidate, usage: Usage) -> None:
        if self._billing is not None:
            billing = await self._billing
            permit.spend(billing.nano(candidate.provider.provider, candidate.route.upstream, usage))

    def _adopt(self) -> bool:
        """The settings in force. Are there budgets in them?"""
        before, self._settings = self._settings, self._gateway().snapshot.settings
        prices = self._settings.server.prices
        if not any(token.budget for token in self._settings.tokens):
            return False
        if self._billing is None or before is None or before.server.prices != prices:
            self._billing = self._tasks.start(_load(Billing(Prices(prices))), "budgets: no price is known")
        return True

    # -- what the log knows ------------------------------------------------------------------------------------------
    async def _read_log(self) -> bool:
        """False: there is a log, but it cannot be read."""
        async with self._reading:
            log, limiter = self._recording.log(), self._gateway().snapshot.limiter
            wanted = limiter.periods()
            if log is None or not wanted:
                return True
            from proapi_gateway.flow_log.spent_money import read_spent  # brings peewee

            spent = await run_in_daemon_thread(partial(read_spent, log.database, wanted), "proapi-budgets")
            for key, nano in (spent or {}).items():
                limiter.raise_spent(key, nano, wanted[key][1])
            return spent is not None

    async def _read_first(self) -> bool:
        for _ in range(_START_TRIES):
            if await self._read_log():
                return True
            await asyncio.sleep(_START_AGAIN_S)
        return False

    async def _keep_reading(self) -> None:
        while True:
            await asyncio.sleep(_READ_EVERY_S)
            await self._read_log()


async def _load(billing: Billing) -> Billing:
    await run_in_daemon_thread(billing.load, "proapi-prices")
    return billing
