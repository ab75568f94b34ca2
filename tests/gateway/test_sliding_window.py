"""Never more than the limit in any minute, and what is told about it is true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_gateway.sliding_window import WINDOW_S, SlidingWindow

_A_MOMENT_S = 1e-6


def test_it_fills_and_each_part_comes_back_after_a_minute() -> None:
    window = SlidingWindow(3)
    for now_s in (0.0, 10.0, 20.0):
        assert window.wait_s(1, now_s) == 0.0
        window.take(1, now_s)
    assert (window.state(30.0).remaining, window.wait_s(1, 30.0), window.reset_s(30.0)) == (0, 30.0, 50.0)
    assert (window.wait_s(2, 30.0), window.wait_s(3, 30.0)) == (40.0, 50.0)
    assert (window.state(60.0).remaining, window.state(75.0).remaining, window.state(80.0).remaining) == (1, 2, 3)
    assert (window.reset_s(80.0), window.used(80.0)) == (0.0, 0)


def test_what_is_more_than_the_limit_fits_when_nothing_else_is_there() -> None:
    window = SlidingWindow(100)
    assert window.wait_s(5000, 0.0) == 0.0
    window.take(100, 0.0)
    assert window.wait_s(5000, 1.0) == 59.0


@pytest.mark.parametrize(
    ("truth", "settled_at", "remaining", "later"),
    [
        (10, 5.0, 90, 100),  # less: it comes back
        (50, 5.0, 50, 100),
        (80, 5.0, 20, 70),  # more: counted from now on, for a minute
        (0, 5.0, 100, 100),
        (80, 70.0, 70, 70),  # the estimate is out of the window already
        (10, 70.0, 100, 100),
    ],
)
def test_an_estimate_is_settled(truth: int, settled_at: float, remaining: int, later: int) -> None:
    window = SlidingWindow(100)
    entry = window.take(50, 0.0)
    window.settle(entry, 50, truth, settled_at)
    assert window.state(settled_at).remaining == remaining
    assert window.state(max(settled_at, 61.0)).remaining == later
    assert window.used(settled_at + 2 * WINDOW_S) == 0


def test_however_many_come_few_entries_are_kept() -> None:
    window = SlidingWindow(10**9)
    for place in range(100_000):
        window.take(1, place / 1000)
    assert window.used(100.0) <= 60_100
    assert len(window._entries) <= 601


@given(
    limit=st.integers(1, 20),
    asked=st.lists(st.tuples(st.floats(0, 30), st.integers(1, 25), st.integers(0, 25)), max_size=60),
)
def test_no_minute_ever_has_more_than_the_limit(limit: int, asked: list[tuple[float, int, int]]) -> None:
    window, now_s, admitted = SlidingWindow(limit), 0.0, []
    for after_s, amount, truth in asked:
        now_s += after_s
        amount = min(amount, limit)
        wait_s = window.wait_s(amount, now_s)
        assert 0.0 <= wait_s <= WINDOW_S
        if wait_s:
            assert window.used(now_s) + amount > limit
            now_s += wait_s + _A_MOMENT_S  # whoever waits as told is let in
            assert window.wait_s(amount, now_s) == 0.0
        entry = window.take(amount, now_s)
        used = min(amount, truth)  # an answer that takes more than was thought is over already
        window.settle(entry, amount, used, now_s)
        admitted.append((now_s, used))
        last_minute = sum(each for at, each in admitted if at > now_s - WINDOW_S)
        assert last_minute <= window.used(now_s) <= limit
        assert window.state(now_s).remaining == limit - window.used(now_s)
    assert window.used(now_s + WINDOW_S) == 0
    assert window.reset_s(now_s + WINDOW_S) == 0.0
