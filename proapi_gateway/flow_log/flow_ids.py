"""The ids of the flow log's rows: whole numbers that grow with the time at which a flow began.

    id = milliseconds since 1970 << 12 | a number that tells flows of one millisecond apart

So the newest rows have the largest ids, a range of time is a range of ids, and until 2039 a script in a browser can
hold them: they stay below 2⁵³.
"""

from __future__ import annotations

from collections.abc import Callable

_APART_BITS = 12


def first_id_of(ms: int) -> int:
    """The smallest id of a flow that began at `ms`: first_id_of(1_764_000_000_000) == 7_225_344_000_000_000."""
    return ms << _APART_BITS


def started_ms_of(flow_id: int) -> int:
    return flow_id >> _APART_BITS


class FlowIds:
    """`chance(n)`: a whole number below n. Several processes write one log: two may, rarely, choose the same id."""

    def __init__(self, chance: Callable[[int], int]) -> None:
        self._chance = chance

    def make(self, started_ms: int) -> int:
        return first_id_of(started_ms) | self._chance(1 << _APART_BITS)
