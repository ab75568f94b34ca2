"""The balance between the members that serve one name: whose turn it is, and who stands in for them.

Not thread-safe and without I/O: one event loop asks. All state is a few integers for each member.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm


class Rotation:
    """Smooth weighted turns: with weights (1, 2) A, B, B, A, B, B; with (10, 1) A×5, B, A×5; with (3, 2) A, B, A, B, A.

    The rule is that of nginx's smooth round robin (each turn everybody is owed their weight more, the one that is owed
    most gets the turn and pays the sum of all weights), with one change: a period begins with the first member, so that
    a file with A: 1, B: 2 is served A, B, B and not B, A, B. In a period everybody has exactly its weight of turns,
    whatever the first turn was: at the period's last turn nobody that had its share can be owed most.
    Ties go in the members' order, so that equal weights alternate. Weights are whole numbers above 0; a pick costs one
    pass over the members.
    """

    __slots__ = ("_owed", "_total", "_weights")

    def __init__(self, weights: Sequence[int]) -> None:
        self._weights = tuple(weights)
        self._total = sum(weights)
        self._owed = [0] * len(weights)

    def pick(self) -> int:
        """The position of the member whose turn it is; the turn is then over."""
        owed = self._owed
        begins = not any(owed)
        for position, weight in enumerate(self._weights):
            owed[position] += weight
        picked = 0 if begins else owed.index(max(owed))
        owed[picked] -= self._total
        return picked


class Balancer:
    """The whole order in which the members of one name are tried, request by request.

    Balancer((1, 2)).order() gives (0, 1), then (1, 0), (1, 0), (0, 1) …: positions in `weights`. A weight of 0 takes
    the member out; where all are 0 the order is (). Fractions scale: (0.5, 1) is (1, 2). Weights are finite.
    """

    __slots__ = ("_positions", "_stand_ins", "_turns", "weights")

    def __init__(self, weights: Sequence[float]) -> None:
        self.weights = tuple(weights)
        self._positions = tuple(position for position, weight in enumerate(weights) if weight > 0)
        whole = dict(zip(self._positions, _whole([weights[position] for position in self._positions]), strict=True))
        self._turns = Rotation(tuple(whole.values()))
        self._stand_ins = tuple(
            _StandIns({other: weight for other, weight in whole.items() if other != position})
            for position in self._positions
        )

    def order(self) -> tuple[int, ...]:
        """The member whose turn it is, then those that stand in should it fail; only the first uses up a turn."""
        if not self._positions:
            return ()
        picked = self._turns.pick()
        return (self._positions[picked], *self._stand_ins[picked].order())


class _StandIns:
    """Who stands in for one member: the first of them rotates by weight, the others follow by weight.

    Without the rotation the whole share of a dead member would fall on one other. It begins with the heaviest.
    """

    __slots__ = ("_by_weight", "_turns")

    def __init__(self, weights: dict[int, int]) -> None:
        self._by_weight = tuple(sorted(weights, key=lambda position: -weights[position]))
        self._turns = Rotation([weights[position] for position in self._by_weight])

    def order(self) -> tuple[int, ...]:
        if len(self._by_weight) < 2:
            return self._by_weight
        first = self._by_weight[self._turns.pick()]
        return (first, *(position for position in self._by_weight if position != first))


def _whole(weights: Sequence[float]) -> tuple[int, ...]:
    """The same proportions in whole numbers: (0.3, 0.7) → (3, 7).

    By way of the decimal text: the binary value of 0.3 is no 3/10, and its period would have 2**54 turns.
    """
    exact = [Fraction(str(weight)) for weight in weights]
    scale = lcm(*(weight.denominator for weight in exact))
    return tuple(int(weight * scale) for weight in exact)
