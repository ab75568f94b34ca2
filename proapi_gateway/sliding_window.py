"""A sliding window: how much was used in the last minute, and when how much more will fit.

Never more than the limit falls into any minute, wherever it begins; a bucket that refills would let through twice
as much around its edge.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WINDOW_S = 60.0
# What comes within this time is one entry, of the time of its last part: none is free too early, and their number is
# bounded whatever the limit is.
_GRAIN_S = WINDOW_S / 600


@dataclass(slots=True, eq=False)
class Entry:
    """Something that was used: `amount` of it, from `first_s` to `last_s`."""

    first_s: float
    last_s: float
    amount: int


@dataclass(frozen=True, slots=True)
class WindowState:
    """What of a limit is used at one moment. `reset_s`: until nothing is used any more."""

    limit: int
    used: int
    reset_s: float

    @property
    def remaining(self) -> int:
        return max(self.limit - self.used, 0)


class SlidingWindow:
    """All times are seconds on one clock that never goes back.

    window = SlidingWindow(60)
    if not window.wait_s(1, now):
        entry = window.take(1, now)
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._entries: deque[Entry] = deque()
        self._used = 0

    def used(self, now_s: float) -> int:
        while self._entries and self._entries[0].last_s + WINDOW_S <= now_s:
            self._used -= self._entries.popleft().amount
        return self._used

    def state(self, now_s: float) -> WindowState:
        return WindowState(self.limit, self.used(now_s), self.reset_s(now_s))

    def wait_s(self, amount: int, now_s: float) -> float:
        """Until `amount` more fits; 0.0 where it does. What is more than the limit fits when nothing else is there."""
        missing = self.used(now_s) + min(amount, self.limit) - self.limit
        for entry in self._entries if missing > 0 else ():
            missing -= entry.amount
            if missing <= 0:
                return _left_s(entry, now_s)
        return 0.0

    def reset_s(self, now_s: float) -> float:
        """Until nothing is used any more."""
        return _left_s(self._entries[-1], now_s) if self.used(now_s) else 0.0

    def take(self, amount: int, now_s: float) -> Entry:
        """Use it, whether it fits or not."""
        self.used(now_s)
        self._used += amount
        last = self._entries[-1] if self._entries else None
        if last is not None and now_s - last.first_s < _GRAIN_S:
            last.last_s = now_s
            last.amount += amount
            return last
        entry = Entry(now_s, now_s, amount)
        self._entries.append(entry)
        return entry

    def settle(self, entry: Entry, taken: int, amount: int, now_s: float) -> None:
        """Of what `take` took, `amount` was used in truth: what is less comes back, what is more is used now."""
        if amount > taken:
            self.take(amount - taken, now_s)
            return
        self.used(now_s)
        if entry.last_s + WINDOW_S > now_s:
            entry.amount -= taken - amount
            self._used -= taken - amount


def _left_s(entry: Entry, now_s: float) -> float:
    return min(entry.last_s + WINDOW_S - now_s, WINDOW_S)  # rounding must not make it more
