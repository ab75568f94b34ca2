"""The ids of the flow log's rows: whole numbers that grow with the time at which a flow began.

    id = milliseconds since 1970 << 12 | a number that tells flows of one millisecond apart

So the newest rows have the largest ids, a range of time is a range of ids, and until 2039 a script in a browser can
hold them: they stay below 2⁵³.
"""

from __future__ import annotations

from collections.abc import Callable

_APART_BITS = 12
_APART = 1 << _APART_BITS


def first_id_of(ms: int) -> int:
    """The smallest id of a flow that began at `ms`: first_id_of(1_764_000_000_000) == 7_225_344_000_000_000."""
    return ms << _APART_BITS


class FlowIds:
    """No two of one process are the same. Several processes write one log: two may, rarely, choose the same one.

    `chance(n)`: a whole number below n, where the count begins.
    """

    def __init__(self, chance: Callable[[int], int]) -> None:
        self._count = chance(_APART)

    def make(self, started_ms: int) -> int:
        self._count = (self._count + 1) % _APART
        return first_id_of(started_ms) + self._count
