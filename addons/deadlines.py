"""The deadlines of one exchange: connect, first byte, idle and total, of whichever provider is being tried.

mitmproxy has none of them. One `ReplyClock` belongs to one exchange; it calls `expire` once with what ran out, and the
caller aborts the upstream connection (a flow in transit cannot be killed from outside). What must be there before there
is a connection is awaited in `await_within`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from proapi_gateway.settings import Timeouts


@dataclass(frozen=True, slots=True)
class Expired:
    """Which deadline ran out: Expired("first_byte", 60.0). `awaited`: what it was this time, if not the usual."""

    which: str
    limit_s: float
    awaited: str = ""

    def __str__(self) -> str:
        awaited = self.awaited or _WHAT_WAS_AWAITED[self.which]
        return f"{awaited} within {self.limit_s:g} s (timeout: {self.which})"


class Overdue(Exception):
    """What a request needed before it could be sent was not there in time. `expired`: which deadline that was."""

    def __init__(self, expired: Expired) -> None:
        super().__init__(str(expired))
        self.expired = expired


@asynccontextmanager
async def await_within(seconds: float, expired: Expired) -> AsyncIterator[None]:
    """Bounds what is awaited inside: after `seconds` it is cancelled, and Overdue raised with `expired`."""
    bound = asyncio.timeout(seconds)
    try:
        async with bound:
            yield
    except TimeoutError:
        if not bound.expired():
            raise  # of something inside, which had a bound of its own
        raise Overdue(expired) from None


_WHAT_WAS_AWAITED = {
    "connect": "no connection",
    "first_byte": "no reply",
    "idle": "nothing more of the reply came",
    "total": "the reply was not finished",
}


class TimerHandle(Protocol):
    def cancel(self) -> None: ...


class Loop(Protocol):
    """The two methods of asyncio's event loop that a clock needs."""

    def time(self) -> float: ...
    def call_later(self, delay: float, callback: Callable[[], object], /) -> TimerHandle: ...


class ReplyClock:
    """`begin_attempt` for each attempt, `reply_began` at its headers, `piece_came` for each piece, then `stop`."""

    def __init__(self, loop: Loop, expire: Callable[[Expired], None]) -> None:
        self._loop = loop
        self._expire = expire
        self._timeouts = Timeouts()
        self._connected_for_s: Callable[[], float | None] = lambda: None
        self._read_again_at: Callable[[], float | None] = lambda: None
        self._started_at = loop.time()
        self._attempt_at = 0.0
        self._request_ended_at: float | None = None  # None while the request's body still streams
        self._replies = False
        self._last_piece_at = 0.0
        self._step: TimerHandle | None = None  # connect, then first byte, then idle
        self._total: TimerHandle | None = None

    def total_left_s(self, timeouts: Timeouts) -> float:
        """How many of the seconds of `timeouts.total` are left: it counts from the making of this clock."""
        return max(self._started_at + timeouts.total - self._loop.time(), 0.0)

    def begin_attempt(
        self,
        timeouts: Timeouts,
        connected_for_s: Callable[[], float | None],
        read_again_at: Callable[[], float | None],
        *,
        uploads: bool = False,
    ) -> None:
        """Start timing an attempt.

        `connected_for_s()`: for how many seconds its connection has stood (TLS included); None while it does not.
        `read_again_at()`: when the reading of it last went on; None while it waits for a client that is slow.
        `uploads`: the request's body is still to come: `request_ended` says when it is over.
        """
        self.stop()
        self._timeouts = timeouts
        self._connected_for_s = connected_for_s
        self._read_again_at = read_again_at
        self._replies = False
        self._attempt_at = self._loop.time()
        self._request_ended_at = None if uploads else self._attempt_at
        left = self.total_left_s(timeouts)
        self._total = self._loop.call_later(left, lambda: self._run_out("total", timeouts.total))
        self._set_step(min(timeouts.connect, timeouts.first_byte), self._check_attempt)

    def request_ended(self) -> None:
        """The last of an upload has been sent: the backend's time for its first byte begins."""
        if self._total is not None and not self._replies:
            self._request_ended_at = self._loop.time()
            self._check_attempt()

    def reply_began(self) -> None:
        """The headers are there: from now on silence is measured between pieces."""
        self._replies = True
        self.piece_came()
        self._set_step(self._timeouts.idle, self._check_idle)

    def piece_came(self, size: int = 0) -> None:
        """`size`: its bytes, which are counted by nobody here."""
        self._last_piece_at = self._loop.time()

    def stop(self) -> None:
        for timer in (self._step, self._total):
            if timer is not None:
                timer.cancel()
        self._step = self._total = None

    # -- the steps ---------------------------------------------------------------------------------------------------
    def _check_attempt(self) -> None:
        running = self._loop.time() - self._attempt_at
        connected = self._connected_for_s()
        if connected is None:
            self._check_connecting(running)
            return
        if self._request_ended_at is None:
            return  # the client's own speed decides; `request_ended` goes on
        # A connection that was open before this attempt has stood for longer than the attempt has run.
        waited = min(connected, self._waited_since(self._request_ended_at))
        if waited < self._timeouts.first_byte:
            self._set_step(self._timeouts.first_byte - waited, self._check_attempt)
        else:
            self._run_out("first_byte", self._timeouts.first_byte)

    def _check_connecting(self, running: float) -> None:
        if running < self._timeouts.connect:
            # Nothing tells us when it stands: looked at often enough for the first byte's deadline to be kept.
            self._set_step(min(self._timeouts.connect - running, self._timeouts.first_byte), self._check_attempt)
        else:
            self._run_out("connect", self._timeouts.connect)

    def _check_idle(self) -> None:
        # Re-armed only when it fires: a stream of thousands of pieces sets no timer per piece.
        silent = self._waited_since(self._last_piece_at)
        if silent < self._timeouts.idle:
            self._set_step(self._timeouts.idle - silent, self._check_idle)
        else:
            self._run_out("idle", self._timeouts.idle)

    def _waited_since(self, moment: float) -> float:
        """The seconds of the backend's own silence: what is not read for its client's sake may be there already."""
        read_again_at = self._read_again_at()
        return 0.0 if read_again_at is None else self._loop.time() - max(moment, read_again_at)

    def _set_step(self, delay: float, callback: Callable[[], None]) -> None:
        if self._step is not None:
            self._step.cancel()
        self._step = self._loop.call_later(delay, callback)

    def _run_out(self, which: str, limit_s: float) -> None:
        self.stop()
        self._expire(Expired(which, limit_s))
