"""The strategies: in which order the members of a name, and the keys of a pool, are tried (`server.strategy`).

`weighted` is the turns by weight alone. The others sort what those turns gave by a cost, so that equals still take
turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .candidates import Candidate
from .health import Health

_CostOfKey = Callable[[Health, Candidate, bool], float]


@dataclass(frozen=True, slots=True)
class _Costs:
    """`of_key`: what one key of a backend costs (the lowest is tried first); `join`: of all its keys together."""

    of_key: _CostOfKey
    join: Callable[[Iterable[float]], float]
    by_weight: bool  # a member of twice the weight may carry twice the cost
    explores: bool = False


_COSTS: Mapping[str, _Costs | None] = {
    "weighted": None,
    "least_busy": _Costs(lambda health, key, streaming: health.open_requests(key), sum, by_weight=True),
    "lowest_latency": _Costs(
        lambda health, key, streaming: health.latencies.of(key, streaming), min, by_weight=False, explores=True
    ),
}


class Strategy:
    """`members(order, pools, streaming)` and `keys(pool, streaming)` for one request."""

    def __init__(self, name: str, health: Health) -> None:
        self._costs = _COSTS[name]
        self._health = health

    def members(
        self, order: Sequence[int], pools: Sequence[tuple[Candidate, ...]], streaming: bool
    ) -> Sequence[int]:
        """`order`: positions in `pools` by their turns; the same positions in the order of trial."""
        costs = self._costs
        if costs is None or len(order) < 2 or (costs.explores and self._health.latencies.explores()):
            return order
        return sorted(order, key=lambda position: self._cost_of(costs, pools[position], streaming))

    def keys(self, pool: tuple[Candidate, ...], streaming: bool) -> tuple[Candidate, ...]:
        costs = self._costs
        if costs is None or len(pool) < 2:
            return pool
        return tuple(sorted(pool, key=lambda key: costs.of_key(self._health, key, streaming)))

    def _cost_of(self, costs: _Costs, pool: tuple[Candidate, ...], streaming: bool) -> float:
        cost = costs.join(costs.of_key(self._health, key, streaming) for key in pool)
        return cost / pool[0].route.weight if costs.by_weight else cost
