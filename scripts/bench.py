#!/usr/bin/env python3
"""Benchmarks, each interleaved in one run and printed as a table with ratios.

    scripts/bench.py translate [--rounds N] [--litellm PYTHON]     the pure library on streams: µs per event, MB/s
    scripts/bench.py proxy [--rounds N] [--seconds S]              requests/s and streams/s, start-to-ready, memory

Run it in the project's environment. Numbers of one run compare with each other, not with those of another day.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the project, wherever this is called from


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parse(arguments)
    if parsed.command == "translate":
        from bench_translate import run_translate

        return run_translate(parsed.rounds, parsed.litellm, parsed.client)
    from bench_proxy import run_proxy

    return run_proxy(parsed.rounds, parsed.seconds, parsed.connections)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    translate = commands.add_parser("translate", help="the pure library on streams")
    translate.add_argument("--rounds", type=int, default=5)
    clients = ("chat", "completions", "responses")
    translate.add_argument("--client", choices=clients, default="chat", help="who reads the streams")
    translate.add_argument(
        "--litellm",
        metavar="PYTHON",
        default=os.environ.get("PROAPI_BENCH_LITELLM", ""),
        help="a Python that has litellm, to compare with (or the variable PROAPI_BENCH_LITELLM)",
    )
    proxy = commands.add_parser("proxy", help="the running proxy beside bare mitmdump and no proxy")
    proxy.add_argument("--rounds", type=int, default=5)
    proxy.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    proxy.add_argument("--connections", type=int, default=8)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
