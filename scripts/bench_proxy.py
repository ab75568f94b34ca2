"""proapi beside bare mitmdump and no proxy at all: requests/s, streams/s, processor time, start and memory.

All run at the same time in processes of their own; each round puts load on one after the other, so that all meet the
same disturbances of the machine. Medians over the rounds; ratios to bare mitmdump of the same run.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench_backend import STREAM_EVENTS
from bench_load import Load, generator_name, put_load
from bench_servers import Server, ask, start_backend, start_logging_proapi, start_mitmdump, start_proapi
from bench_table import format_table

_STARTS = 3
_KINDS = {"requests/s": False, "streams/s": True}
_WARM_S = 1.0


@dataclass
class Measured:
    """What the rounds gave for one server and one kind of load."""

    per_second: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    def add(self, load: Load, cpu_s: float) -> None:
        self.per_second.append(load.per_second)
        self.cpu_us.append(cpu_s / load.answers * 1e6 if load.answers else 0.0)


def run_proxy(rounds: int, seconds: float, connections: int) -> int:
    with tempfile.TemporaryDirectory(prefix="proapi-bench-") as name:
        folder = Path(name)
        backend = start_backend()
        servers = [backend]
        try:
            for start in (start_mitmdump, start_proapi, start_logging_proapi):
                servers.append(_start_several_times(start, backend, folder))
            _check_answers(servers)
            idle = {server.name: server.memory_mb() for server in servers}
            measured = _measure(servers, rounds, seconds, connections, folder)
            _print(servers, measured, idle)
        finally:
            for server in reversed(servers):
                server.stop()
    print(
        f"\n{rounds} rounds of {seconds:g} s, medians; {connections} connections, {generator_name()}; a stream is "
        f"{STREAM_EVENTS} events written at once; Python {sys.version.split()[0]}; memory: idle → after load"
    )
    return 0


def _start_several_times(start: Callable[[Server, Path], Server], backend: Server, folder: Path) -> Server:
    """The last of several starts stays; its start time is the median of all."""
    times = []
    for turn in range(_STARTS):
        server = start(backend, folder)
        times.append(server.ready_s)
        if turn < _STARTS - 1:
            server.stop()
    server.ready_s = median(times)
    return server


def _check_answers(servers: Sequence[Server]) -> None:
    """A server that is fast because it answers something else is not measured."""
    for server in servers:
        whole, stream = ask(server.url, stream=False), ask(server.url, stream=True)
        if b"chat.completion" not in whole or stream.count(b"data: ") != STREAM_EVENTS:
            raise SystemExit(f"{server.name} does not answer as the backend does")


def _measure(
    servers: Sequence[Server], rounds: int, seconds: float, connections: int, folder: Path
) -> dict[tuple[str, str], Measured]:
    measured = {(server.name, kind): Measured() for server in servers for kind in _KINDS}
    for turn in range(-1, rounds):
        for kind, stream in _KINDS.items():
            for server in servers:
                before = server.cpu_s()
                length = _WARM_S if turn < 0 else seconds
                load = put_load(server.url, stream=stream, connections=connections, seconds=length, folder=folder)
                if load.errors:
                    raise SystemExit(f"{server.name}: {load.errors} of {load.answers} answers were errors")
                if turn >= 0:
                    measured[server.name, kind].add(load, server.cpu_s() - before)
    return measured


def _print(servers: Sequence[Server], measured: dict[tuple[str, str], Measured], idle: dict[str, float]) -> None:
    head = ["", "requests/s", "ratio", "CPU µs", "streams/s", "ratio", "CPU µs", "ready s", "memory MB"]
    base = {kind: median(measured["mitmdump", kind].per_second) for kind in _KINDS}
    rows = []
    for server in servers:
        cells = [server.name]
        for kind in _KINDS:
            result = measured[server.name, kind]
            speed = median(result.per_second)
            cells += [f"{speed:,.0f}", f"{speed / base[kind]:.2f}", f"{median(result.cpu_us):,.0f}"]
        ready = f"{server.ready_s:.2f}" if server.ready_s else "–"
        rows.append([*cells, ready, f"{idle[server.name]:.0f} → {server.memory_mb():.0f}"])
    print(format_table(head, rows))
