"""Percentiles out of fixed buckets."""

from __future__ import annotations

import pytest

from proapi_gateway.flow_log.latency import BOUNDS_MS, BUCKETS, bucket_of, percentile


def histogram(*times_ms: float) -> list[int]:
    counts = [0] * BUCKETS
    for ms in times_ms:
        counts[bucket_of(ms)] += 1
    return counts


@pytest.mark.parametrize("ms", [0, 4, 5, 7.5, 100, 1234, 400_000, 427_631, 9_000_000])
def test_each_time_has_a_bucket_whose_bounds_hold_it(ms: float) -> None:
    place = bucket_of(ms)
    assert place == BUCKETS - 1 or ms < BOUNDS_MS[place]
    assert place == 0 or ms >= BOUNDS_MS[place - 1]


def test_percentiles_are_right_within_their_factor() -> None:
    times = [10 + 7 * n for n in range(1000)]
    for share in (0.5, 0.95, 0.99):
        true = times[int(share * len(times))]
        told = percentile(histogram(*times), share)
        assert told is not None
        assert true / 1.5 < told < true * 1.5


def test_nothing_counted_is_no_time() -> None:
    assert percentile([0] * BUCKETS, 0.5) is None
