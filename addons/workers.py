"""Several workers (PROAPI_WORKERS): one process that starts them, tells when all are ready, and ends with them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .hang_up import HangUp
from .listening import Listening

logger = logging.getLogger(__name__)

SHARED_DOORS = "PROAPI_SHARED_DOORS"  # set for the workers only
WORKERS_SECRET = "PROAPI_WORKERS_SECRET"  # by which they know each other's words
WORKER_PLACE = "PROAPI_WORKER_PLACE"  # from 0 on; one that takes a dead one's place has its number
# prometheus_client's own name: the folder in which all workers write what they count (`proapi_gateway/metrics.py`)
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_READY = b"proapi ready"
_STANDARD_INPUT = 0
_RESTART_AFTER_S = 1.0
_SHARED_MEMORY = Path("/dev/shm")


def run_workers(listening: Listening, arguments: Sequence[str]) -> int:
    """Run until a signal. The exit code: 0, or that of a worker that could not start."""
    with contextlib.ExitStack() as ends:
        try:
            folder = ends.enter_context(_metrics_folder())
        except OSError as error:  # a container that may write nowhere
            logger.warning("/metrics tells of one worker at a time: there is no temporary folder (%s)", error)
            folder = ""
        return asyncio.run(_Workers(listening, arguments, folder).run())


def _metrics_folder() -> tempfile.TemporaryDirectory[str]:
    # In memory where that can be had: its files are mapped, and a disk that is full would end who writes to them.
    parent = str(_SHARED_MEMORY) if os.access(_SHARED_MEMORY, os.W_OK) else None
    return tempfile.TemporaryDirectory(prefix="proapi-metrics-", dir=parent, ignore_cleanup_errors=True)


@dataclass
class _Workers:
    listening: Listening
    arguments: Sequence[str]
    metrics_folder: str
    processes: dict[int, asyncio.subprocess.Process] = field(default_factory=dict)  # by the worker's number
    ready: set[int] = field(default_factory=set)  # their numbers
    reloads: int = 0
    stopping: bool = False
    secret: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number)
        hang_up = HangUp(self._reload_all, lambda: self._stop(signal.SIGTERM))
        loop.add_signal_handler(signal.SIGHUP, hang_up)  # each worker reloads its configuration
        # One first: it makes the CA, and finds what cannot work for any of them.
        line, code = await self._start(0)
        if code is not None:
            return 0 if self.stopping else code
        others = await asyncio.gather(*(self._start(place) for place in range(1, self.listening.workers)))
        # a signal also ends those that are still on their way to answer it
        failed = [code for _, code in others if code is not None and not self.stopping]
        if failed:
            self._stop(signal.SIGTERM)
        elif not self.stopping:
            print(f"{line} workers={self.listening.workers}", flush=True)
        await asyncio.gather(*(self._keep(place) for place in list(self.processes)))
        return failed[0] if failed else 0

    async def _start(self, place: int) -> tuple[str, int | None]:
        """Start one; (its ready line, None), or ("", its exit code)."""
        command = [sys.executable, "-m", "addons.master", *self.arguments]
        reloads = self.reloads
        self.ready.discard(place)
        # A group of its own: Ctrl-C at a terminal would reach it too, and a second signal means "at once".
        pipe = asyncio.subprocess.PIPE  # its input: by its end it learns that we are gone, however that came about
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, env=self._environment(place), start_new_session=True
        )
        self.processes[place] = process
        if process.stdout is None:
            return "", 1
        async for line in process.stdout:
            if line.startswith(_READY):
                self.ready.add(place)
                if self.reloads != reloads:  # it may have read what was there before
                    process.send_signal(signal.SIGHUP)
                return line.decode().rstrip(), None
            sys.stdout.write(line.decode("utf-8", "replace"))
        return "", await process.wait()

    async def _keep(self, place: int) -> None:
        """Until we stop, a worker that has died is replaced."""
        while True:
            code = await self.processes[place].wait()
            if self.stopping:
                return
            logger.error("worker %d ended with %s; starting another", place, code)
            self._forget_gauges(self.processes[place].pid)
            await asyncio.sleep(_RESTART_AFTER_S)
            if not self.stopping:
                await self._start(place)

    def _forget_gauges(self, pid: int) -> None:
        """What a dead worker had open is open no more."""
        if self.metrics_folder:
            from prometheus_client.multiprocess import mark_process_dead

            mark_process_dead(pid, self.metrics_folder)  # type: ignore[no-untyped-call]

    def _stop(self, number: int) -> None:
        self.stopping = True
        self._signal_all(number)

    def _reload_all(self) -> None:
        """One that has only begun would be ended by this signal: it hears of it when it is ready."""
        self.reloads += 1
        for place in self.ready:
            if self.processes[place].returncode is None:
                self.processes[place].send_signal(signal.SIGHUP)

    def _signal_all(self, number: int) -> None:
        for process in self.processes.values():
            if process.returncode is None:
                process.send_signal(number)

    def _environment(self, place: int) -> dict[str, str]:
        listening = self.listening
        ports = {"PROAPI_PORT": listening.port, "PROAPI_PROXY_PORT": listening.proxy_port}
        if listening.transparent_port is not None:
            ports["PROAPI_TRANSPARENT_PORT"] = listening.transparent_port
        chosen = {name: str(port) for name, port in ports.items()}  # where 0 was asked for: one for all
        own = {WORKER_PLACE: str(place), WORKERS_SECRET: self.secret}
        if self.metrics_folder:
            own[METRICS_FOLDER] = self.metrics_folder
        return {**os.environ, **chosen, "PROAPI_WORKERS": "1", SHARED_DOORS: "1", **own}


def stop_with_the_others(stop: Callable[[], object]) -> None:
    """In a worker: whoever started it holds the other end of its input, and has died when that ends. Nobody would
    reload it or end it then, and it would go on answering beside those that are started next."""
    loop = asyncio.get_running_loop()

    def ended() -> None:
        loop.remove_reader(_STANDARD_INPUT)
        logger.error("the process that started this worker is gone; it ends too")
        stop()

    loop.add_reader(_STANDARD_INPUT, ended)


def shares_doors(environment: Mapping[str, str]) -> bool:
    """Are we one of several workers?"""
    return environment.get(SHARED_DOORS) == "1"


def serves_admin(environment: Mapping[str, str]) -> bool:
    """One of several workers does; a single process always."""
    return environment.get(WORKER_PLACE, "0") == "0"


def metrics_folder(environment: Mapping[str, str]) -> str:
    """Where all workers count together; "" for a single process."""
    return environment.get(METRICS_FOLDER, "") if shares_doors(environment) else ""


def workers_secret(environment: Mapping[str, str]) -> bytes:
    """What all workers know and nobody else; of a single process, which need tell nobody, a new one."""
    return environment.get(WORKERS_SECRET, "").encode() or secrets.token_bytes(32)
