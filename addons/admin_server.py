"""The admin's pages, served by a thread of this process while `server.admin_server` is true.

Nothing of it is imported while it is false. A port that somebody else has costs the pages, and is told; the traffic
goes on.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from proapi_gateway.admin_services import AdminServices
from proapi_gateway.candidates import Candidate
from proapi_gateway.health import HealthState
from proapi_gateway.settings import Settings
from proapi_gateway.trial_client import TrialReply, send_trial
from proapi_gateway.trials import Trial, TrialKeys
from proapi_gateway.url_hosts import url_host

from .admin_thread import AdminThread
from .background_tasks import BackgroundTasks
from .config_reload import ConfigReload
from .configuration import Configuration
from .doors import Door
from .listening import ListeningFault, read_admin_address
from .own_addresses import reachable_door
from .recording_log import RecordingLog
from .workers import serves_admin, shares_doors

logger = logging.getLogger(__name__)

T = TypeVar("T")

_LOOP_ANSWERS_WITHIN_S = 20.0


class AdminServer:
    """An addon. `environment`: PROAPI_HOST and PROAPI_ADMIN_PORT say where."""

    def __init__(
        self,
        configuration: Configuration,
        recording_log: RecordingLog,
        reload: ConfigReload,
        trials: TrialKeys,
        environment: Mapping[str, str],
    ) -> None:
        self._configuration = configuration
        self._recording_log = recording_log
        self._reload = reload
        self._trials = trials
        self._environment = environment
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: AdminThread | None = None
        self._changing = asyncio.Lock()
        self._tasks = BackgroundTasks()
        self._url = ""
        configuration.on_use(self._use)

    # Methods: mitmproxy reads every property of an addon while it loads it.
    def url(self) -> str:
        """Where the pages are: "http://127.0.0.1:8001/admin"; "" while they are not served."""
        return self._url

    # -- hooks -------------------------------------------------------------------------------------------------------
    async def running(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._adopt(self._configuration.gateway().snapshot.settings)

    def done(self) -> None:
        self._tasks.cancel()
        self._stop()

    # -- on and off --------------------------------------------------------------------------------------------------
    def _use(self, settings: Settings) -> None:
        if self._loop is not None:  # else not running yet
            self._tasks.start(self._adopt(settings), "the admin pages are not as api.yaml wants them")

    async def _adopt(self, settings: Settings) -> None:
        async with self._changing:
            wanted = settings.server.admin_server and serves_admin(self._environment)
            if wanted and self._thread is None:
                await asyncio.to_thread(self._start)  # Flask takes a moment to import
            elif not wanted:
                self._stop()

    def _start(self) -> None:
        from admin import create_app

        try:
            address = read_admin_address(self._environment)
            listener = socket.create_server(address, family=socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        except (OSError, ListeningFault) as fault:
            logger.error("the admin pages are not served: %s (PROAPI_ADMIN_PORT names another port)", fault)
            return
        host, port = listener.getsockname()[:2]
        self._thread = AdminThread(listener, create_app(self._services(host)))
        self._url = f"http://{url_host(host)}:{port}/admin"
        logger.info("the admin pages are at %s", self._url)

    def _stop(self) -> None:
        thread, self._thread, self._url = self._thread, None, ""
        if thread is not None:
            thread.stop()
            logger.info("the admin pages are not served any more")

    # -- what the pages get ------------------------------------------------------------------------------------------
    def _services(self, host: str) -> AdminServices:
        from proapi_gateway.admin_session_key import SessionKeys, data_folder

        keys = SessionKeys()

        def settings() -> Settings:
            return self._configuration.gateway().snapshot.settings

        return AdminServices(
            settings=settings,
            source=self._configuration.source,
            reload=lambda: self._wait_for(self._reload.reload_everywhere()),
            health=lambda: self._ask(lambda: self._configuration.gateway().snapshot.health.states()),
            health_of=lambda candidates: self._ask(lambda: self._health_of(candidates)),
            limits=lambda: self._wait_for(self._configuration.gateway().snapshot.shared_limits.states()),
            send_trial=self._send_trial,
            flow_log=self._recording_log.log,
            reply_cache=lambda: self._configuration.gateway().snapshot.reply_cache,
            session_key=lambda: keys.key(settings().server),
            clock=time.time,
            data_folder=lambda: data_folder(settings().server.db_path),
            host=host,
            several_workers=shares_doors(self._environment),
            environment=self._environment,
        )

    def _health_of(self, candidates: Sequence[Candidate]) -> tuple[HealthState, ...]:
        health = self._configuration.gateway().snapshot.health
        return tuple(health.state_of(candidate) for candidate in candidates)

    def _send_trial(self, trial: Trial, kind: str) -> TrialReply:
        address = self._ask(lambda: reachable_door(Door.BASE_URL))
        block = self._configuration.gateway().snapshot.settings.providers[trial.block]
        if address is None:
            return TrialReply(0, 0, "the base_url door is not open")
        return send_trial(address, self._trials.make(trial), kind, block.routes[trial.route].alias)

    def _ask(self, question: Callable[[], T]) -> T:
        """The answer of the event loop, to which all that has no lock of its own belongs."""

        async def answer() -> T:
            return question()

        return self._wait_for(answer())

    def _wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            work.close()
            raise TimeoutError("the event loop is not running")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_LOOP_ANSWERS_WITHIN_S)
