"""The health of each backend and key: who is left alone for a while, who is tried again, and how busy each is.

    use = health.begin(candidate)      # an attempt begins: the backend has one more open request
    use.end(Outcome(status=503))       # … and ends; again is harmless
    health.order(candidates)           # those that are left alone go last

healthy → (failures) → cooling → (time) → one trial → healthy, or cooling for longer. Nobody is ever taken out: where
all are cooling they are tried all the same. For one event loop, of one process.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from proapi_translate import Cause

from .candidates import BackendIdentity, Candidate
from .failover import Outcome
from .latencies import Latencies
from .settings import KeySource
from .translatable import Translatable, say

logger = logging.getLogger(__name__)

_POINTS_TO_COOL = 3
_LONGEST_TOLD_S = 3600.0  # of a Retry-After: a slip of a backend's clock must not shut it out for a day
_JITTER = 0.2  # of a cool-down, both ways: else all that fell ill together would come back together


@dataclass(frozen=True, slots=True)
class Illness:
    """What one failure means. `points`: 3 in a row begin a cool-down, the first of `first_s`, each further one twice as
    long as the one before, none longer than `longest_s`."""

    what: Translatable
    points: int
    first_s: float = 2.0
    longest_s: float = 60.0


_DOWN = Illness(say("it cannot be reached"), 3)
_SILENT = Illness(say("it does not reply"), 2)
_FAILING = Illness(say("it fails"), 1)
_LIMITED = Illness(say("its limit is reached"), 3)
_KEY_REFUSED = Illness(say("it refuses the key"), 3, first_s=300.0, longest_s=3600.0)
# A 403 may also be about what was asked for: once is nothing.
_FORBIDDEN = Illness(say("it forbids the request"), 1, first_s=300.0, longest_s=3600.0)

_FORBIDDEN_STATUS = 403
_BY_STATUS = {408: _FAILING, 429: _LIMITED}
_SAYS_NOTHING = frozenset({409})  # two requests at once: of neither backend nor key
_FIRST_SERVER_ERROR = 500


def illness_of(outcome: Outcome, candidate: Candidate) -> Illness | None:
    """What this outcome says of the backend and its key; None: both are well, whatever becomes of the request."""
    status = outcome.status
    if candidate.provider.key_source is KeySource.CLIENT and status is not None and status < _FIRST_SERVER_ERROR:
        return None  # limits and refusals are those of the client's own key
    if status is None:
        return _SILENT if outcome.in_doubt else _DOWN
    if outcome.cause is Cause.KEY_REFUSED:  # with any status: an account without money is a 429 at OpenAI
        return _FORBIDDEN if status == _FORBIDDEN_STATUS else _KEY_REFUSED
    return _BY_STATUS.get(status, _FAILING if status >= _FIRST_SERVER_ERROR else None)


@dataclass(frozen=True, slots=True)
class HealthState:
    """One backend with one key, as the admin and the metrics show it.

    HealthState("openai/backup", "sk-a…wxyz", "cooling", "it fails", 3, 3.9, 2): `state` is "healthy", "cooling" or
    "trial" (its time is over, and the next request, or the one that runs, decides).
    """

    provider: str
    key: str  # masked; "" where there is none
    state: str
    why: str
    failures: int  # in a row
    cools_for_s: float
    open_requests: int


class _Backend:
    """The state of one backend and key."""

    def __init__(self, candidate: Candidate) -> None:
        self.label = candidate.provider.label
        self.key = candidate.api_key.masked() if candidate.api_key else ""
        self.open = 0
        self.trial: Use | None = None
        self.since = 0.0
        self.recover()

    def recover(self) -> None:
        self.failures = self.points = self.cool_downs = 0
        self.until = 0.0
        self.why = ""
        self.limited = False

    @property
    def is_ill(self) -> bool:
        return self.cool_downs > 0

    def is_ready(self, now: float) -> bool:
        return not self.is_ill or (now >= self.until and self.trial is None)

    def fall_ill(self, illness: Illness, retry_after_s: float | None, now: float, jitter: float) -> None:
        self.failures += 1
        self.points += illness.points
        if self.points < _POINTS_TO_COOL:
            return
        was_ill, self.cool_downs = self.is_ill, self.cool_downs + 1
        told_s = min(retry_after_s or 0.0, _LONGEST_TOLD_S)
        grown_s = min(illness.first_s * 2 ** (self.cool_downs - 1), illness.longest_s) * jitter
        self.limited = told_s > 0
        self.since, self.until, self.why = now, now + (told_s or grown_s), illness.what
        if not was_ill:
            logger.warning("%s cools for %.1f s: %s", self, self.until - now, self.why)

    def __str__(self) -> str:
        return f"{self.label} (key {self.key})" if self.key else self.label

    def state(self, now: float) -> HealthState:
        cools_for_s = max(self.until - now, 0.0) if self.is_ill else 0.0
        name = "healthy" if not self.is_ill else "cooling" if cools_for_s else "trial"
        return HealthState(self.label, self.key, name, self.why, self.failures, cools_for_s, self.open)


class Use:
    """One attempt's use of a backend: `replied` at its first byte, `end` at its end."""

    __slots__ = ("_backend", "_candidate", "_ended", "_health", "_streaming", "began_at")

    def __init__(self, health: Health, backend: _Backend, candidate: Candidate, streaming: bool, now: float) -> None:
        self._health = health
        self._backend = backend
        self._candidate = candidate
        self._streaming = streaming
        self._ended = False
        self.began_at = now

    def replied(self) -> None:
        """The first of a good reply is there."""
        self._health.latencies.note(self._candidate, self._streaming, self._health.now() - self.began_at)

    def end(self, outcome: Outcome | None) -> None:
        """Only the first call counts. `outcome` None: the client left, or we failed: nothing is said of the backend."""
        if self._ended:
            return
        self._ended = True
        backend = self._backend
        backend.open -= 1
        was_trial = backend.trial is self
        if was_trial:
            backend.trial = None
        if outcome is None or outcome.passed_over or outcome.status in _SAYS_NOTHING:
            return
        illness = illness_of(outcome, self._candidate)
        if backend.is_ill and not was_trial and self.began_at <= backend.since:
            return  # it began before the illness was known, and tells nothing new
        if illness is None:
            if backend.is_ill:
                logger.info("%s is healthy again", backend)
            backend.recover()
        elif was_trial or not backend.is_ill or outcome.retry_after_s:
            now = self._health.now()
            backend.fall_ill(illness, outcome.retry_after_s, now, self._health.jitter())


class Health:
    """`clock`: seconds that never go back. `chance`: from 0 up to 1, uniform."""

    def __init__(self, clock: Callable[[], float], chance: Callable[[], float]) -> None:
        self.now = clock
        self.latencies = Latencies(chance)
        self._chance = chance
        self._backends: dict[BackendIdentity, _Backend] = {}

    def begin(self, candidate: Candidate, *, streaming: bool = False) -> Use:
        backend = self._backends.get(candidate.identity)
        if backend is None:
            backend = self._backends[candidate.identity] = _Backend(candidate)
        now = self.now()
        use = Use(self, backend, candidate, streaming, now)
        backend.open += 1
        if backend.is_ill and backend.is_ready(now):
            backend.trial = use
        return use

    def order(self, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        """The same candidates, those that cool last, the soonest to come back first.

        Where every one has told how long it wants to be left alone, and that time still runs, only the soonest is kept:
        it is asked once, in case its limit ended early, and its answer (with a fresh Retry-After) is the client's.
        """
        now = self.now()
        cooling: list[tuple[float, bool, Candidate]] = []
        ready: list[Candidate] = []
        for candidate in candidates:
            backend = self._backends.get(candidate.identity)
            if backend is None or backend.is_ready(now):
                ready.append(candidate)
            else:
                cooling.append((backend.until, backend.limited and backend.until > now, candidate))
        if not cooling:
            return candidates
        cooling.sort(key=lambda each: each[0])
        if not ready and all(limited for _, limited, _ in cooling):
            return (cooling[0][2],)
        return (*ready, *(candidate for _, _, candidate in cooling))

    def open_requests(self, candidate: Candidate) -> int:
        backend = self._backends.get(candidate.identity)
        return backend.open if backend else 0

    def states(self) -> tuple[HealthState, ...]:
        """Of every backend and key that was used since the start or since it came into the file."""
        now = self.now()
        return tuple(backend.state(now) for backend in self._backends.values())

    def state_of(self, candidate: Candidate) -> HealthState:
        """Of one; who was never used is healthy."""
        return (self._backends.get(candidate.identity) or _Backend(candidate)).state(self.now())

    def keep_only(self, candidates: Iterable[Candidate]) -> None:
        """Forget the backends that a reload has taken out of the file. The state of all others goes on."""
        kept = list(candidates)
        identities = {candidate.identity for candidate in kept}
        self._backends = {key: backend for key, backend in self._backends.items() if key in identities}
        self.latencies.keep_only(kept)

    def jitter(self) -> float:
        return 1 - _JITTER + 2 * _JITTER * self._chance()
