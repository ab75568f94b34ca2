"""The throttle of wrong passwords: each address waits longer after each one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

_FREE_TRIES = 3
_FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 300.0
_FORGOTTEN_AFTER_S = 3600.0
_MOST_ADDRESSES = 10_000


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last_at: float = 0.0
    free_at: float = 0.0


class LoginThrottle:
    """`clock()`: seconds. For several threads. Where very many addresses fail at once, the oldest are forgotten."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[str, _Failures] = {}

    def wait_s(self, address: str) -> float:
        """How long this address has to wait before its next try; 0: it need not."""
        with self._lock:
            failures = self._failures.get(address)
            return max(failures.free_at - self._clock(), 0.0) if failures else 0.0

    def note_failure(self, address: str) -> None:
        """To be called BEFORE the password is looked at, so that tries that run side by side count as well."""
        with self._lock:
            now = self._clock()
            failures = self._failures.pop(address, None)
            if failures is None or now - failures.last_at > _FORGOTTEN_AFTER_S:
                failures = _Failures()
            failures.count += 1
            failures.last_at = now
            if failures.count >= _FREE_TRIES:
                failures.free_at = now + min(_FIRST_WAIT_S * 2 ** (failures.count - _FREE_TRIES), _LONGEST_WAIT_S)
            self._failures[address] = failures  # the last in the dict is the last that failed
            if len(self._failures) > _MOST_ADDRESSES:
                del self._failures[next(iter(self._failures))]

    def forget(self, address: str) -> None:
        """It gave the right password."""
        with self._lock:
            self._failures.pop(address, None)
