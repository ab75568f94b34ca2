from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_gateway.balancing import Balancer, Rotation

LETTERS = "ABCDEFGH"


def _first_picks(weights: tuple[float, ...], count: int) -> str:
    balancer = Balancer(weights)
    return "".join(LETTERS[balancer.order()[0]] for _ in range(count))


@pytest.mark.parametrize(
    ("weights", "picks"),
    [
        ((1, 2), "ABBABB"),  # the seed's README
        ((2, 1), "ABAABA"),
        ((1, 1), "ABABAB"),
        ((1, 1, 1), "ABCABC"),
        ((5, 5), "ABABABABAB"),
        ((10, 10), "ABABABABAB"),
        ((10, 1), "AAAAABAAAAA" * 2),
        ((10, 5), "ABAABA"),
        ((3, 2), "ABABAABABA"),
        ((1, 1, 2), "ACBCACBC"),
        ((10, 1, 1, 1, 1), "AABAACAADAAEAA"),
        ((0.5, 1), "ABBABB"),
        ((0.3, 0.7), "ABBBABBBAB"),
        ((0.1, 0.1), "ABABAB"),
        ((1e-3, 2e-3), "ABBABB"),
        ((3, 0, 1), "AACAAACA"),
        ((0, 1, 2), "BCCBCC"),
        ((0, 7), "BBB"),
        ((-1, 7), "BBB"),
        ((1,), "AAA"),
    ],
)
def test_turns_are_interleaved_and_begin_with_the_first_member(weights: tuple[float, ...], picks: str) -> None:
    assert _first_picks(weights, len(picks)) == picks


WEIGHTS = st.lists(st.integers(0, 20), min_size=1, max_size=6).filter(any).map(tuple)


@given(WEIGHTS, st.integers(0, 150))
def test_every_window_of_the_sum_of_weights_has_exactly_each_ones_share(weights: tuple[int, ...], skipped: int) -> None:
    balancer = Balancer(weights)
    picks = [balancer.order()[0] for _ in range(skipped + sum(weights))]
    window = Counter(picks[skipped:])
    assert tuple(window[position] for position in range(len(weights))) == weights


@given(WEIGHTS)
def test_nobody_is_ever_two_turns_away_from_its_share(weights: tuple[int, ...]) -> None:
    balancer = Balancer(weights)
    had = [0] * len(weights)
    for turn in range(1, 2 * sum(weights) + 1):
        had[balancer.order()[0]] += 1
        owed = [Fraction(turn * weight, sum(weights)) - count for weight, count in zip(weights, had, strict=True)]
        assert max(map(abs, owed)) < 2


@given(WEIGHTS)
def test_the_first_pick_is_the_first_member_that_is_in(weights: tuple[int, ...]) -> None:
    assert Balancer(weights).order()[0] == next(at for at, weight in enumerate(weights) if weight)


@given(WEIGHTS, st.sampled_from([0.5, 0.1, 3, 0.125]))
def test_only_proportions_count(weights: tuple[int, ...], factor: float) -> None:
    scaled = tuple(float(Fraction(str(factor)) * weight) for weight in weights)
    count = 2 * sum(weights)
    assert _first_picks(scaled, count) == _first_picks(weights, count)


@given(WEIGHTS)
def test_an_order_has_every_member_once_and_none_that_is_out(weights: tuple[int, ...]) -> None:
    balancer = Balancer(weights)
    members = [position for position, weight in enumerate(weights) if weight]
    for _ in range(2 * sum(weights)):
        assert sorted(balancer.order()) == members


def test_all_weights_of_0_give_no_order() -> None:
    assert Balancer((0, 0)).order() == ()
    assert Balancer(()).order() == ()


def test_the_share_of_a_dead_member_is_spread_by_weight() -> None:
    balancer = Balancer((2, 1, 3))
    orders = [balancer.order() for _ in range(60)]
    stand_ins = Counter(order[1] for order in orders if order[0] == 0)
    assert stand_ins == {2: 15, 1: 5}


def test_stand_ins_begin_with_the_heaviest_and_follow_by_weight() -> None:
    assert Balancer((9, 1, 2, 3)).order() == (0, 3, 2, 1)


def test_standing_in_uses_up_no_turn() -> None:
    """The seconds of an order do not shift the firsts: these are those of the bare rotation."""
    balancer, rotation = Balancer((3, 2, 4)), Rotation((3, 2, 4))
    assert [balancer.order()[0] for _ in range(27)] == [rotation.pick() for _ in range(27)]


def test_a_rotation_is_deterministic() -> None:
    assert _first_picks((7, 3, 5), 60) == _first_picks((7, 3, 5), 60)
