"""Latencies as histograms with fixed buckets, so that those of many days and models can be added up.

Bucket n holds what is below 5 ms × 1.5ⁿ⁺¹ and not in one before it; the last one, from 10 minutes on, everything else.
A percentile is right to within a factor of 1.5, and better where the bucket is well filled.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

BUCKETS = 30
_FIRST_MS = 5.0
_FACTOR = 1.5
# Upper bounds of all buckets but the last: 7.5, 11.25, … 427,631 ms.
BOUNDS_MS = tuple(_FIRST_MS * _FACTOR ** (place + 1) for place in range(BUCKETS - 1))


def bucket_of(ms: float) -> int:
    return bisect_right(BOUNDS_MS, ms)


def percentile(counts: Sequence[int], share: float) -> float | None:
    """The time in ms that `share` (0.5, 0.95) of the counted were done within; None where nothing was counted."""
    total = sum(counts)
    if not total:
        return None
    wanted, seen = share * total, 0
    for place, count in enumerate(counts):
        if count and seen + count >= wanted:
            within = (wanted - seen) / count
            lower = _FIRST_MS * _FACTOR**place if place else 0.0
            upper = _FIRST_MS * _FACTOR ** (place + 1)
            return lower + (upper - lower) * within
        seen += count
    return _FIRST_MS * _FACTOR**BUCKETS
