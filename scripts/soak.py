#!/usr/bin/env python3
"""The soak: many requests and streams through the gateway while its backends fail, and what it holds afterwards.

    scripts/soak.py [--requests 200000] [--streams 20000] [--log]

Two backends that flap and a good one serve the same model: not one failure may reach a client. The load comes in
parts; after each, with all clients gone, memory, open files and asyncio's tasks are looked at. Exit code 0 if no answer
was wrong, memory ended within --growth of what it was after the first part, and files and tasks as they were then.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bench_servers import TOKEN, Server, start_gateway
from bench_table import format_table
from soak_backends import SoakBackend
from soak_clients import Answers, make_jobs, put_jobs

_SETTLES_S = 1.0  # the gateway's own ends of connections, and the log's last batch
_TELLS_WITHIN_S = 30.0
_KINDS_SHOWN = 12
_SLACK = 3  # files and tasks: a connection that is just being closed, the log's database
_CONFIG = """\
providers:
  - provider: openai
    name: first
    base_url: http://127.0.0.1:{first}/v1
    api_key: [ sk-first-1, sk-first-2, sk-first-3, sk-first-4 ]
    timeout: {{ first_byte: 1, idle: 1 }}
    model: [ steady ]
  - provider: openai
    name: second
    base_url: http://127.0.0.1:{second}/v1
    api_key: [ sk-second-1, sk-second-2, sk-second-3, sk-second-4 ]
    timeout: {{ first_byte: 1, idle: 1 }}
    model: [ steady ]
  - provider: openai
    name: good
    base_url: http://127.0.0.1:{good}/v1
    api_key: sk-good
    model: [ steady ]
  - provider: openai
    name: dying
    base_url: http://127.0.0.1:{dying}/v1
    api_key: sk-dying
    model: [ dying ]
tokens:
  - api_key: {token}
    model: [ all ]
server:
  on_disconnect: cancel
"""
_LOG = "  admin_server: true\n  db_path: sqlite:///{folder}/log.db\n  retention: {{ rows: 20000 }}\n"


@dataclass(frozen=True)
class Held:
    """What the gateway holds between two parts."""

    memory_mb: float
    files: int
    tasks: int
    objects: Counter[str] = field(repr=False)


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parse(arguments)
    with tempfile.TemporaryDirectory(prefix="proapi-soak-") as folder:
        return asyncio.run(_soak(parsed, Path(folder)))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--streams", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--parts", type=int, default=10)
    parser.add_argument("--log", action="store_true", help="with the flow log on")
    parser.add_argument("--growth", type=float, default=0.05, help="of memory, after the first part (0.05 is 5 %%)")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


async def _soak(parsed: argparse.Namespace, folder: Path) -> int:
    backends = {
        "first": SoakBackend(Random(parsed.seed), down_at_s=0.0),
        "second": SoakBackend(Random(parsed.seed + 1), down_at_s=1.3),
        "good": SoakBackend(Random(0)),
        "dying": SoakBackend(Random(0), dies=True),
    }
    for backend in backends.values():
        await backend.start()
    config = _CONFIG.format(token=TOKEN, **{name: backend.port for name, backend in backends.items()})
    config += _LOG.format(folder=folder) if parsed.log else ""
    report = folder / "held.json"
    gateway = await asyncio.to_thread(_start, config, folder, report)
    try:
        return await _run_parts(parsed, gateway, report, backends)
    finally:
        await asyncio.to_thread(gateway.stop)
        for backend in backends.values():
            backend.stop()


def _start(config: str, folder: Path, report: Path) -> Server:
    script = Path(__file__).with_name("soak_gateway.py")
    return start_gateway("soak", config, folder, [sys.executable, str(script), str(report)], model="steady")


async def _run_parts(
    parsed: argparse.Namespace, gateway: Server, report: Path, backends: dict[str, SoakBackend]
) -> int:
    chance = Random(parsed.seed)
    total = Answers(Counter(), Counter())
    held: list[Held] = []
    rows = []
    for part in range(parsed.parts):
        jobs = make_jobs(*(_share(count, part, parsed.parts) for count in (parsed.requests, parsed.streams)), chance)
        began = time.monotonic()
        answers = await put_jobs(int(gateway.url.rpartition(":")[2]), jobs, parsed.connections)
        took_s = time.monotonic() - began
        total.good += answers.good
        total.bad += answers.bad
        total.hidden += answers.hidden
        held.append(await asyncio.to_thread(_look, gateway, report))
        count = answers.good.total() + answers.bad.total()
        rows.append(_row(part, count / took_s, answers, held[-1]))
        print(".", end="", flush=True)
    print("\n" + format_table(["part", "a second", "bad", "hidden", "memory MB", "files", "tasks"], rows))
    faults = sum((backend.met for backend in backends.values()), Counter[str]())
    print(f"\ngood: {dict(total.good)}\nfaults of the backends: {dict(faults)}")
    _show_log((report.parent / "soak.log").read_text("utf-8", "replace"))
    return _judge(parsed.growth, total, held)


def _share(count: int, part: int, parts: int) -> int:
    return count * (part + 1) // parts - count * part // parts


def _row(part: int, per_second: float, answers: Answers, held: Held) -> list[str]:
    bad, hidden = answers.bad.total(), answers.hidden
    cells = part + 1, round(per_second), bad, hidden, f"{held.memory_mb:.1f}", held.files, held.tasks
    return [str(cell) for cell in cells]


def _show_log(log: str) -> None:
    """What the gateway calls an error: with these backends there is none."""
    errors = [line for line in log.splitlines() if " ERROR " in line or "Traceback" in line]
    print(f"errors in the gateway's log: {len(errors)}", *errors[:5], sep="\n  ")


def _look(gateway: Server, report: Path) -> Held:
    time.sleep(_SETTLES_S)
    report.unlink(missing_ok=True)
    pid = gateway.process.pid
    files, memory_mb = len(os.listdir(f"/proc/{pid}/fd")), gateway.memory_mb()
    gateway.process.send_signal(signal.SIGUSR2)
    ends = time.monotonic() + _TELLS_WITHIN_S
    while not report.exists():
        if time.monotonic() > ends:
            raise SystemExit("the gateway does not tell what it holds")
        time.sleep(0.05)
    told = json.loads(report.read_text())
    return Held(memory_mb, files, told["tasks"], Counter(told["objects"]))


def _judge(growth: float, total: Answers, held: Sequence[Held]) -> int:
    first, last = held[0], held[-1]
    grown = last.memory_mb / first.memory_mb - 1
    verdicts = {
        f"{total.bad.total()} wrong answers": not total.bad,
        f"memory {grown:+.1%} since the first part": grown <= growth,
        f"open files {first.files} → {last.files}": last.files <= first.files + _SLACK,
        f"tasks {first.tasks} → {last.tasks}": last.tasks <= first.tasks + _SLACK,
    }
    for words, good in verdicts.items():
        print(f"{'ok  ' if good else 'BAD '} {words}")
    for words, count in total.bad.most_common(10):
        print(f"     {count} × {words}")
    more = ((kind, count) for kind, count in (last.objects - first.objects).most_common(_KINDS_SHOWN))
    print("more objects than then:", ", ".join(f"{kind} +{count}" for kind, count in itertools.islice(more, 12)))
    return 0 if all(verdicts.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
