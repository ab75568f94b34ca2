"""The latencies: how long each backend took to its first byte of late, as a decaying average."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .candidates import BackendIdentity, Candidate

_NEWEST_COUNTS = 0.3  # the share of the newest reply: the tenth before it counts one hundredth
_MOST = 10_000  # of paths that nobody translates the client's own name goes on, whatever it is
_EXPLORES = 0.05  # of the requests: else nobody would ever see that a slow one has become fast

_Key = tuple[BackendIdentity, str, bool]


class Latencies:
    """Kept apart for streams: a reply that comes whole has its first byte when all of it is made."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._averages: dict[_Key, float] = {}

    def note(self, candidate: Candidate, streaming: bool, first_byte_s: float) -> None:
        key = _key(candidate, streaming)
        before = self._averages.pop(key, first_byte_s)
        while len(self._averages) >= _MOST:
            del self._averages[next(iter(self._averages))]  # what has not replied for longest
        self._averages[key] = before + _NEWEST_COUNTS * (first_byte_s - before)

    def of(self, candidate: Candidate, streaming: bool) -> float:
        """Seconds; 0 for one that was never measured, so that it is measured soon."""
        return self._averages.get(_key(candidate, streaming), 0.0)

    def explores(self) -> bool:
        """Is this one of the few requests that go by weight?"""
        return self._chance() < _EXPLORES

    def keep_only(self, candidates: Iterable[Candidate]) -> None:
        kept = {_key(candidate, streaming) for candidate in candidates for streaming in (False, True)}
        self._averages = {key: average for key, average in self._averages.items() if key in kept}


def _key(candidate: Candidate, streaming: bool) -> _Key:
    return candidate.identity, candidate.route.upstream, streaming
