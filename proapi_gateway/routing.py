"""The routing: from the name that a client asks for to the candidates that are tried, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from .candidates import NO_KEY, Candidate
from .clients import Client
from .faults import model_not_found, nothing_available
from .health import Health
from .rotations import KeyTurns, Rotations
from .settings import ProviderSettings, Route, ServerSettings, Settings
from .strategies import Strategy
from .translatable import say

# Of a block's locations one request is sent to as many at most: where one of them is out, the next blocks are waiting.
_LOCATIONS_PER_REQUEST = 3


@dataclass(frozen=True, slots=True)
class Member:
    """One route of one block. Members are told apart by their place in the file, never by a block's `name`."""

    provider: ProviderSettings
    route: Route

    @property
    def out_because(self) -> str:
        """Why it is passed over: "openai/backup: its weight in `balance` is 0"; "" for a member in use."""
        why = self.provider.unavailable or ("" if self.route.weight > 0 else say("its weight in `balance` is 0"))
        return say("%(block)s: %(why)s", block=self.provider.label, why=why) if why else ""

    def pool(self) -> tuple[Candidate, ...]:
        """One candidate for each key at each location, in the file's order; one where the block has neither."""
        pool = product(self.provider.locations or ("",), self.provider.api_keys or (NO_KEY,))
        return tuple(
            Candidate(self.provider, self.route, key, position, location)
            for position, (location, key) in enumerate(pool)
        )


def members_by_alias(settings: Settings) -> dict[str, tuple[Member, ...]]:
    """Every name that clients may ask for, with all that serve it, both in the file's order."""
    members: dict[str, list[Member]] = {}
    for provider in settings.providers:
        for route in provider.routes:
            members.setdefault(route.alias, []).append(Member(provider, route))
    return {alias: tuple(each) for alias, each in members.items()}


class Router:
    """Compiled once from the settings; a request costs one pass over the members of its name.

    Turns are kept for each name of the settings, for all tokens together: weights say what share a backend gets, and
    with turns for each token the first request of every token would fall on the first member. Names that are not in
    the settings create no state.
    """

    def __init__(self, settings: Settings, previous: Router | None = None, health: Health | None = None) -> None:
        """`previous`: whose turns go on, for each name whose weights are the same. `health` None: all are well."""
        self._health = health or Health(lambda: 0.0, lambda: 0.5)
        self._strategy = Strategy(settings.server.strategy, self._health)
        self.members: Mapping[str, tuple[Member, ...]] = members_by_alias(settings)
        self._rotations: Rotations = Rotations(previous._rotations if previous else None)
        self._default_model = settings.server.default_model
        self._chains = self._compile_chains(settings.server)
        self._context_chains = self._compile_context_chains(settings.server)

    def everybody(self) -> Iterator[Candidate]:
        """All candidates of all names."""
        for members in self.members.values():
            for member in members:
                yield from member.pool()

    def candidates(self, model: str, client: Client, *, streaming: bool = False) -> tuple[Candidate, ...]:
        """Whom to try for this request, never empty: keys of a pool, then members in the order of `strategy:`, then
        `fallback:` names; those that are ill after all of them.

        The permission is that of the name asked for; `default_model` and the fallback names are the file's decision
        and need none. Raises ClientFault 404 (not allowed, or served by nobody), BackendFailure 503 (all are out).
        """
        if not client.may_use(model):
            raise model_not_found(model)
        chain = self._chains.get(model) or self._chains.get(self._default_model)
        if chain is None:
            raise model_not_found(model)
        found = chain.candidates(streaming)
        if not found:
            raise nothing_available(model, chain.reasons)
        return self._health.order(found)

    def context_candidates(self, model: str, *, streaming: bool = False) -> tuple[Candidate, ...]:
        """Whom to try when the prompt was too long for those above: the `context_fallback:` names; () without any.

        `model` is the name that `candidates` was asked with. It uses up turns: to be called when the error is there.
        """
        chain = self._context_chains.get(model if model in self.members else self._default_model)
        return self._health.order(chain.candidates(streaming)) if chain else ()

    def _compile_chains(self, server: ServerSettings) -> dict[str, _Chain]:
        chains = {}
        for alias in self.members:
            own, *others = _follow(alias, server.fallback)
            stages = [_Stage(("own", own), own), *(_Stage(("fallback", alias, name), name) for name in others)]
            chains[alias] = self._chain(stages)
        return chains

    def _compile_context_chains(self, server: ServerSettings) -> dict[str, _Chain]:
        chains = {}
        for alias in self.members:
            _, *others = _follow(alias, server.context_fallback)
            if others:
                chains[alias] = self._chain([_Stage(("context", alias, name), name) for name in others])
        return chains

    def _chain(self, stages: Sequence[_Stage]) -> _Chain:
        """A backend that several names of a chain share is tried for the first of them only."""
        groups: list[_Group] = []
        seen: set[tuple[int, str]] = set()
        for stage in stages:
            members = self.members.get(stage.name, ())
            usable = [each for each in members if not each.out_because and _backend_model(each) not in seen]
            seen.update(map(_backend_model, usable))
            groups.append(_Group(stage.owner, usable, self._rotations, self._strategy))
        everybody = [member for stage in stages for member in self.members.get(stage.name, ())]
        return _Chain(tuple(groups), tuple(dict.fromkeys(each.out_because for each in everybody if each.out_because)))


@dataclass(frozen=True, slots=True)
class _Stage:
    """One name of a chain. `owner`: whose turns they are. The same name has turns of its own wherever it is a fallback:
    every request lists its fallbacks, and would use up the turns of requests that ask for that name."""

    owner: tuple[str, ...]
    name: str


class _Group:
    """The usable members that serve one stage of a chain."""

    __slots__ = ("_balancer", "_members", "_pools", "_strategy")

    def __init__(
        self, owner: tuple[str, ...], members: Sequence[Member], rotations: Rotations, strategy: Strategy
    ) -> None:
        self._strategy = strategy
        self._pools = tuple(member.pool() for member in members)
        self._balancer = rotations.balancer(owner, [member.route.weight for member in members])
        self._members = tuple(_Pool(member, _key_turns(owner, member.provider, rotations)) for member in members)

    def candidates(self, streaming: bool) -> list[Candidate]:
        found: list[Candidate] = []
        for rank, position in enumerate(self._strategy.members(self._balancer.order(), self._pools, streaming)):
            pool = self._members[position].upcoming() if rank else self._members[position].take()
            found += self._strategy.keys(pool, streaming)
        return found


class _Pool:
    """A member's candidates, ready for every turn of its keys and locations."""

    __slots__ = ("_by_turn", "_turns")

    def __init__(self, member: Member, turns: KeyTurns) -> None:
        pool = member.pool()
        most = len(pool) // _places(member.provider) * _LOCATIONS_PER_REQUEST
        self._by_turn = tuple((*pool[turn:], *pool[:turn])[:most] for turn in range(len(pool)))
        self._turns = turns

    def take(self) -> tuple[Candidate, ...]:
        return self._by_turn[self._turns.take()]

    def upcoming(self) -> tuple[Candidate, ...]:
        return self._by_turn[self._turns.upcoming]


@dataclass(frozen=True, slots=True)
class _Chain:
    """All that may serve one name, stage by stage. `reasons`: why members are out."""

    groups: tuple[_Group, ...]
    reasons: tuple[str, ...]

    def candidates(self, streaming: bool) -> tuple[Candidate, ...]:
        return tuple(candidate for group in self.groups for candidate in group.candidates(streaming))


def _key_turns(owner: tuple[str, ...], provider: ProviderSettings, rotations: Rotations) -> KeyTurns:
    """A block's keys and locations rotate over all names that it serves itself: a key's limit is shared by them."""
    scope = ("own",) if owner[0] == "own" else owner
    return rotations.key_turns((*scope, provider.place), max(len(provider.api_keys), 1) * _places(provider))


def _places(provider: ProviderSettings) -> int:
    return len(provider.locations) or 1


def _backend_model(member: Member) -> tuple[int, str]:
    return member.provider.place, member.route.upstream


def _follow(alias: str, fallback: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The alias, its fallback names in order, then theirs: each name once, which cuts loops.

    _follow("a", {"a": ("b", "c"), "b": ("d", "a")}) == ["a", "b", "c", "d"]
    """
    names = {alias: None}
    queue: Iterable[str] = fallback.get(alias, ())
    while queue:
        fresh = [name for name in dict.fromkeys(queue) if name not in names]
        names.update(dict.fromkeys(fresh))
        queue = [following for name in fresh for following in fallback.get(name, ())]
    return list(names)
