"""The reload: new settings put in force while flows run. Asked for by a save of the file, a changed remote
configuration, SIGHUP, or `GET /reload_config`; one at a time, and never on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal

from mitmproxy import ctx, http

from proapi_gateway.config import ConfigFaults
from proapi_gateway.settings_changes import settings_changes
from proapi_gateway.surface import Kind
from proapi_translate import ClientFault

from .answers import Answers
from .background_tasks import BackgroundTasks
from .configuration import Configuration
from .exchange import exchange_of
from .hang_up import HangUp
from .operators import Operators
from .workers import shares_doors

logger = logging.getLogger(__name__)

_DONE, _REFUSED = 0, 1  # `status` in the seed system's answer
_REFUSED_HTTP_STATUS = 422


class ConfigReload:
    def __init__(self, configuration: Configuration, answers: Answers, operators: Operators) -> None:
        self._operators = operators
        self._configuration = configuration
        self._answers = answers
        self._reloading = asyncio.Lock()
        self._refused = ""  # the faults that were told last; "" after a good configuration
        self._tasks = BackgroundTasks()

    # -- hooks -------------------------------------------------------------------------------------------------------
    def running(self) -> None:
        hang_up = HangUp(self.begin_reload, _stop)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hang_up)
        self._tasks.start(self._watch(), "the configuration is not watched any more")

    def done(self) -> None:
        self._tasks.cancel()

    async def requestheaders(self, flow: http.HTTPFlow) -> None:
        exchange = exchange_of(flow)
        if exchange is None or exchange.answered or exchange.endpoint.kind is not Kind.RELOAD:
            return
        try:
            await self._operators.check(flow, exchange)
            changes = await self.reload_everywhere()
        except ClientFault as fault:
            self._answers.give_fault(flow, exchange, fault)
        except ConfigFaults as faults:
            told = {"status": _REFUSED, "msg": str(faults), "faults": [str(fault) for fault in faults.faults]}
            self._answers.give_json(flow, exchange, told, _REFUSED_HTTP_STATUS)
        else:
            self._answers.give_json(flow, exchange, {"status": _DONE, "msg": "已经执行刷新配置", "changes": changes})

    # -- reloading ---------------------------------------------------------------------------------------------------
    async def reload(self) -> tuple[str, ...]:
        """What changed. Raises ConfigFaults, after telling the log: then the settings in force go on."""
        async with self._reloading:
            source = self._configuration.source()
            try:
                settings = await asyncio.to_thread(source.read)
            except ConfigFaults as faults:
                self._tell_refusal(source.name, str(faults))
                raise
            self._refused = ""
            changes = settings_changes(self._configuration.gateway().snapshot.settings, settings)
            self._configuration.use(settings)
            logger.info("%s reloaded: %s", source.name, "; ".join(changes) or "nothing changed")
            return changes

    def _tell_refusal(self, name: str, faults: str) -> None:
        if faults == self._refused:  # the save was noticed, and then somebody asked
            logger.error("%s is still not put in force, for the same reasons", name)
        else:
            logger.error("%s is not put in force, the settings from before go on", name)
            for fault in faults.splitlines():
                logger.error("%s", fault)
        self._refused = faults

    async def reload_everywhere(self) -> tuple[str, ...]:
        """The same for all workers. What changed in this one; raises ConfigFaults."""
        changes = await self.reload()
        if shares_doors(os.environ):
            os.kill(os.getppid(), signal.SIGHUP)  # the process that started us tells all workers
        return changes

    def begin_reload(self) -> None:
        """In this process; the log tells how it ends."""
        self._tasks.start(self._reload_and_tell(), "the configuration has not been reloaded")

    async def _reload_and_tell(self) -> None:
        with contextlib.suppress(ConfigFaults):  # told to the log, and nobody else asks
            await self.reload()

    async def _watch(self) -> None:
        source = self._configuration.source()
        while True:
            await asyncio.sleep(source.poll_s)
            if await asyncio.to_thread(source.changed):
                await self._reload_and_tell()


def _stop() -> None:
    ctx.master.shutdown()  # type: ignore[no-untyped-call]
