"""A thread that does one piece of work after the other, of which a bounded number may wait."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Worker:
    """Nobody waits for it when the process ends, unless by `close`: what it does may hang for longer than that.
    `last`: done in the thread at its end."""

    def __init__(self, name: str, most_waiting: int, last: Callable[[], object]) -> None:
        self._waiting: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._most_waiting = most_waiting
        self._last = last
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, work: Callable[[], T]) -> Future[T] | None:
        """None: too much is waiting, or it is closed. What is cancelled in time is not begun."""
        with self._lock:
            if self._closed or self._waiting.qsize() >= self._most_waiting:
                return None
            if self._thread.ident is None:
                self._thread.start()
            future: Future[T] = Future()
            self._waiting.put(lambda: _settle(future, work))
        return future

    def close(self, within_s: float) -> bool:
        """No more is taken. Has what was taken been done within that time?"""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        if self._thread.ident is None:
            return True
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (work := self._waiting.get()) is not None:
            work()
        self._last()


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the one who waits for it
        future.set_exception(error)
