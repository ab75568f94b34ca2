"""The failover: which candidate is tried after which, as a generator that does no I/O.

    plan = try_in_turn(candidates)
    step = next(plan)                          # Step(candidate): the first to try
    step = plan.send(Outcome(status=503))      # it failed: the next; StopIteration when there is none to try

Whoever does the I/O drives it, and stops driving it as soon as an attempt is good or a byte has reached the client.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from proapi_translate import Cause

from .candidates import Candidate
from .settings import KeySource

ATTEMPT_BUDGET = 8  # attempts for one request: a long pool of keys that are all refused must not go on for ever
_SHORTEST_WAIT_S = 0.1  # of a Retry-After: 0
LONGEST_WAIT_S = 5.0  # a longer Retry-After is the client's to obey: it gets it


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended before anything of it reached the client.

    `status`: of the backend's reply, or of the error that came inside a 200; None where it gave none (refused, no such
    name, TLS, timeout, broken off). `in_doubt`: the request had been sent, so that the backend may have done (and
    billed) the work. `retry_after_s`: when the backend wants to be asked again. `passed_over`: it was not even sent,
    for this backend cannot be asked such a thing. `not_ready`: it was not sent, for what all of the block needs first
    (its access token) did not come.
    """

    status: int | None = None
    cause: Cause = Cause.OTHER
    in_doubt: bool = False
    retry_after_s: float | None = None
    passed_over: bool = False
    not_ready: bool = False


PASSED_OVER = Outcome(passed_over=True)


@dataclass(frozen=True, slots=True)
class Step:
    """Try this one, after so many seconds: more than 0 only for one that had asked for that time."""

    candidate: Candidate
    after_s: float = 0.0


class Remedy(Enum):
    NEXT = "the next in order, be it another key of the same backend"
    OTHER_KEYS_LAST = "the fault is the model's there: its other keys after everybody else"
    OTHER_BACKENDS = "the fault is the backend's whole: its other keys and models after everybody else"
    LONGER_CONTEXT = "one that takes longer prompts"
    NONE = "the request itself is at fault: the client must see it"


_BY_CAUSE = {
    Cause.PROMPT_TOO_LONG: Remedy.LONGER_CONTEXT,
    # Of one backend's catalogue, which is no fault of the request: we chose that name.
    Cause.NO_SUCH_MODEL: Remedy.NEXT,
    Cause.KEY_REFUSED: Remedy.NEXT,
}
_BY_STATUS = {
    408: Remedy.OTHER_KEYS_LAST,
    409: Remedy.OTHER_KEYS_LAST,
    429: Remedy.NEXT,
}
_FIRST_SERVER_ERROR = 500
# After these nothing has been made: what must not be made twice may be tried elsewhere.
_NOTHING_WAS_DONE = frozenset({401, 402, 403, 404, 429, 503, 529})


def remedy_of(outcome: Outcome, candidate: Candidate) -> Remedy:
    """What may help after this outcome of this candidate."""
    if outcome.cause is Cause.KEY_REFUSED and candidate.provider.key_source is KeySource.CLIENT:
        return Remedy.NONE  # the client's own key: nobody but the client can mend it
    if remedy := _BY_CAUSE.get(outcome.cause):
        return remedy
    if outcome.status is None:
        return Remedy.OTHER_BACKENDS
    by_class = Remedy.OTHER_KEYS_LAST if outcome.status >= _FIRST_SERVER_ERROR else Remedy.NONE
    return _BY_STATUS.get(outcome.status, by_class)


def try_in_turn(
    candidates: Iterable[Candidate],
    *,
    longer: Callable[[], Sequence[Candidate]] = tuple,
    repeatable: bool = True,
    has_time: Callable[[Step], bool] = lambda step: True,
    budget: int = ATTEMPT_BUDGET,
) -> Generator[Step, Outcome, None]:
    """Yield the candidates in their order while the outcomes that are sent in allow another attempt.

    `longer()`: whom a prompt that is too long goes to, asked for once at most. `repeatable`: whether the request may be
    served twice should it come to that; False for what makes something. `has_time(step)`: whether its deadline leaves
    any. Nobody is tried twice, but for one wait at the end: where all have failed, the backend that asked for the
    shortest time gets it and is tried again, if that is short. The last attempts of the budget are kept for backends
    that were not tried yet: a long pool of keys that are all at their limit leaves one for each of them.
    """
    queue, tried, soonest = list(candidates), list[Candidate](), None
    may_go_longer = True
    while queue and budget:
        candidate = _take_next(queue, tried, budget)
        if not has_time(Step(candidate)):
            continue
        outcome = yield Step(candidate)
        if outcome.passed_over:
            queue = [other for other in queue if _model_there(other) != _model_there(candidate)]
            continue
        budget -= 1
        tried.append(candidate)
        if outcome.not_ready:
            queue = [other for other in queue if other.provider.place != candidate.provider.place]
            continue
        remedy = remedy_of(outcome, candidate)
        if remedy is Remedy.NONE or not _may_repeat(outcome, candidate, repeatable):
            return
        if remedy is Remedy.LONGER_CONTEXT and may_go_longer:
            known = {each.here for each in tried}
            queue, soonest, may_go_longer = [each for each in longer() if each.here not in known], None, False
        queue = _reorder(queue, candidate, remedy)
        soonest = _sooner(soonest, candidate, outcome)
    if budget and soonest is not None and has_time(soonest):
        yield soonest


def _take_next(queue: list[Candidate], tried: list[Candidate], budget: int) -> Candidate:
    """The first; once the budget is no more than enough for the backends that were not tried, the first of those."""
    known = {_backend(each) for each in tried}
    fresh = [each for each in queue if _backend(each) not in known]
    is_scarce = fresh and len({_backend(each) for each in fresh}) >= budget
    return queue.pop(queue.index(fresh[0]) if is_scarce else 0)


def _may_repeat(outcome: Outcome, candidate: Candidate, repeatable: bool) -> bool:
    if outcome.in_doubt and not (repeatable and candidate.provider.retry_in_doubt):
        return False
    return repeatable or outcome.status is None or outcome.status in _NOTHING_WAS_DONE


def _reorder(queue: list[Candidate], failed: Candidate, remedy: Remedy) -> list[Candidate]:
    is_alike = _ALIKE.get(remedy)
    if is_alike is None:
        return queue
    return sorted(queue, key=lambda other: is_alike(other) == is_alike(failed))  # stable: those that are alike go last


def _model_there(candidate: Candidate) -> tuple[int, str]:
    return candidate.provider.place, candidate.route.upstream


def _backend(candidate: Candidate) -> tuple[int, str, str]:
    """What limits and failures are about, but for the key. Another location of a block is another one."""
    return (*_model_there(candidate), candidate.location)


_ALIKE: dict[Remedy, Callable[[Candidate], object]] = {
    Remedy.OTHER_KEYS_LAST: _backend,
    Remedy.OTHER_BACKENDS: lambda candidate: (candidate.provider.place, candidate.location),
}


def _sooner(soonest: Step | None, candidate: Candidate, outcome: Outcome) -> Step | None:
    told_s = outcome.retry_after_s
    if told_s is None or told_s > LONGEST_WAIT_S or outcome.cause is not Cause.OTHER:
        return soonest
    wait_s = max(told_s, _SHORTEST_WAIT_S)
    return Step(candidate, wait_s) if soonest is None or wait_s < soonest.after_s else soonest


# -- what the client gets when all have failed -----------------------------------------------------------------------
_RANK_BY_CAUSE = {Cause.PROMPT_TOO_LONG: 3, Cause.NO_SUCH_MODEL: 4, Cause.KEY_REFUSED: 5}
_RANK_OF_NO_REPLY = 2


def rank(outcome: Outcome) -> int:
    """How much this failure tells a client whose every attempt failed; the lowest is given, of equals the first.

    0: the request's own fault, and a limit (it says when to come back); 1: a backend's error; 2: no reply; then what is
    the file's fault, and last a refused key, which the client would take for its own.
    """
    if outcome.cause in _RANK_BY_CAUSE:
        return _RANK_BY_CAUSE[outcome.cause]
    if outcome.status is None:
        return _RANK_OF_NO_REPLY
    return 1 if outcome.status >= _FIRST_SERVER_ERROR or _BY_STATUS.get(outcome.status) is Remedy.OTHER_KEYS_LAST else 0
