from __future__ import annotations

from proapi_gateway.rotations import KeyTurns, Rotations


def test_key_turns_go_round() -> None:
    turns = KeyTurns(3)
    assert [turns.take() for _ in range(5)] == [0, 1, 2, 0, 1]
    assert turns.upcoming == 2


def test_a_pool_of_none_counts_as_one() -> None:
    assert [KeyTurns(0).take() for _ in range(2)] == [0, 0]


def test_one_owner_has_one_object() -> None:
    rotations = Rotations()
    assert rotations.balancer("a", (1, 2)) is rotations.balancer("a", (1, 2))
    assert rotations.balancer("b", (1, 2)) is not rotations.balancer("a", (1, 2))
    assert rotations.key_turns("a", 2) is rotations.key_turns("a", 2)


def test_after_a_reload_unchanged_owners_go_on_and_changed_ones_begin_anew() -> None:
    before = Rotations()
    balancer, keys = before.balancer("a", (1, 2)), before.key_turns("k", 2)
    assert Rotations(before).balancer("a", (1, 2)) is balancer
    assert Rotations(before).balancer("a", (1, 3)) is not balancer
    assert Rotations(before).key_turns("k", 2) is keys
    assert Rotations(before).key_turns("k", 3) is not keys


def test_owners_that_the_settings_no_longer_name_are_forgotten() -> None:
    first = Rotations()
    gone = first.balancer("gone", (1, 1))
    second = Rotations(first)
    second.balancer("stays", (1,))
    assert Rotations(second).balancer("gone", (1, 1)) is not gone
