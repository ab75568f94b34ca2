"""What tells the live lists that there is something new: one thread for all of them, that asks the database once a
second, by an index, and only while somebody listens.

    with live.listen("a browser") as news:   # None: too many listen already
        news.wait(1.0)                       # how many flows were written meanwhile; 0: nothing new
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import peewee

from proapi_gateway.flow_log.queries import FlowQueries

if TYPE_CHECKING:
    from proapi_gateway.flow_log.log import FlowLog

logger = logging.getLogger(__name__)

MOST_LISTENERS = 8  # each holds a thread of the server, which has twice as many
MOST_OF_ONE = 4  # and one of the six connections that a browser has to one host
_EVERY_S = 1.0
_OVERLAP_MS = 3000  # rows of another process may come with a time that has passed already
_AT_ONCE = 200
_FAULTS = (peewee.PeeweeException, OSError)


class LiveFlows:
    """`flow_log()`: the log in use, or None. `clock()`: Unix seconds."""

    def __init__(self, flow_log: Callable[[], FlowLog | None], clock: Callable[[], float]) -> None:
        self._flow_log = flow_log
        self._clock = clock
        self._changed = threading.Condition()
        self._listeners: Counter[str] = Counter()
        self._told = 0  # flows so far
        self._is_asking = False

    @contextmanager
    def listen(self, browser: str) -> Iterator[News | None]:
        """`browser`: any name of it that tells it from the others."""
        with self._changed:
            is_admitted = self._listeners.total() < MOST_LISTENERS and self._listeners[browser] < MOST_OF_ONE
            if is_admitted:
                self._listeners[browser] += 1
                if not self._is_asking:
                    self._is_asking = True
                    threading.Thread(target=self._ask, name="proapi-live-flows", daemon=True).start()
        if not is_admitted:
            yield None
            return
        try:
            yield News(self._changed, lambda: self._told)
        finally:
            with self._changed:
                self._listeners -= Counter({browser: 1})  # which drops a name that comes to 0
                self._changed.notify_all()

    # -- the thread --------------------------------------------------------------------------------------------------
    def _ask(self) -> None:
        since_ms = int(self._clock() * 1000)
        known: set[int] = set()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: not self._listeners.total(), _EVERY_S)
                if not self._listeners.total():
                    self._is_asking = False
                    return
            known, new, since_ms = self._look(known, since_ms)
            if new:
                with self._changed:
                    self._told += new
                    self._changed.notify_all()

    def _look(self, known: set[int], since_ms: int) -> tuple[set[int], int, int]:
        """(the rows of the last seconds, how many of them are new, when to go on from)."""
        log = self._flow_log()
        if log is None:
            return known, 0, since_ms
        try:
            rows = FlowQueries(log.database).written_since(since_ms - _OVERLAP_MS, _AT_ONCE)
        except _FAULTS as fault:
            logger.warning("admin: the live list cannot read the log: %s", fault)
            return known, 0, since_ms
        new = sum(row.id not in known for row in rows)
        if len(rows) == _AT_ONCE:  # more than anybody can follow: what is new goes on from now
            return set(), new, int(self._clock() * 1000) + _OVERLAP_MS
        return {row.id for row in rows}, new, max([since_ms, *(row.written_ms for row in rows)])


class News:
    def __init__(self, changed: threading.Condition, told: Callable[[], int]) -> None:
        self._changed = changed
        self._told = told
        self._seen = told()

    def wait(self, within_s: float) -> int:
        """How many flows were written since the last call, as soon as there is one; 0 after the time."""
        with self._changed:
            self._changed.wait_for(lambda: self._told() != self._seen, within_s)
            new, self._seen = self._told() - self._seen, self._told()
            return new
