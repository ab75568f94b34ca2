"""The rotations: every turn that is remembered between requests, and what of it outlives a reload."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from .balancing import Balancer


class KeyTurns:
    """Round-robin over a pool of keys (at each of several locations): the position of the one whose turn it is. A pool
    of none counts as one."""

    __slots__ = ("size", "upcoming")

    def __init__(self, size: int) -> None:
        self.size = max(size, 1)
        self.upcoming = 0

    def take(self) -> int:
        taken = self.upcoming
        self.upcoming = (taken + 1) % self.size
        return taken


class Rotations:
    """One small object for each owner that the settings name: bounded by the file, whatever clients send.

    A reload builds a new one beside the previous: an owner whose weights (or number of keys) are the same goes on where
    it stood, so that a file saved every minute does not send each first request to the first member. Old and new
    settings then share that owner's turns, which is right: both send to the same backends.
    """

    __slots__ = ("_balancers", "_kept_balancers", "_kept_key_turns", "_key_turns")

    def __init__(self, previous: Rotations | None = None) -> None:
        self._balancers: dict[Hashable, Balancer] = {}
        self._key_turns: dict[Hashable, KeyTurns] = {}
        # The previous one's tables, not itself: it would hold on to its own previous, and so to every reload there was.
        self._kept_balancers: Mapping[Hashable, Balancer] = previous._balancers if previous else {}
        self._kept_key_turns: Mapping[Hashable, KeyTurns] = previous._key_turns if previous else {}

    def balancer(self, owner: Hashable, weights: Sequence[float]) -> Balancer:
        """The turns of `owner`, one object for one owner; the previous one's where its weights are the same."""
        kept = self._balancers.get(owner) or self._kept_balancers.get(owner)
        self._balancers[owner] = kept if kept and kept.weights == tuple(weights) else Balancer(weights)
        return self._balancers[owner]

    def key_turns(self, owner: Hashable, size: int) -> KeyTurns:
        """As `balancer`, for a pool of `size` keys."""
        kept = self._key_turns.get(owner) or self._kept_key_turns.get(owner)
        self._key_turns[owner] = kept if kept and kept.size == max(size, 1) else KeyTurns(size)
        return self._key_turns[owner]
