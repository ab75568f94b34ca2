"""Threads for work that blocks, each for one piece of work, which nobody waits for when the process ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def run_in_daemon_thread(work: Callable[[], T], name: str) -> T:
    """What `work()` returns or raises, without blocking the event loop.

    Unlike `asyncio.to_thread` it takes no place in the pool in which all backends' names are looked up, and a process
    that ends does not wait for work that hangs. The caller bounds how many there are. Cancelling gives up the result,
    the thread runs on.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(set_outcome: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(lambda: None if outcome.done() else set_outcome())

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the one who awaits
            fault = error
            settle(lambda: outcome.set_exception(fault))
        else:
            settle(lambda: outcome.set_result(result))

    threading.Thread(target=run, name=name, daemon=True).start()
    return await outcome
