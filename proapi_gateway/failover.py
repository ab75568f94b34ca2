"""The failover: which candidate is tried after which, as a generator that does no I/O.

    plan = try_in_turn(candidates)
    candidate = next(plan)                     # the first to try
    candidate = plan.send(Outcome(status=503)) # it failed: the next; StopIteration when there is none to try

Whoever does the I/O drives it, and stops driving it as soon as an attempt is good or a byte has reached the client.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass

from .routing import Candidate

# Statuses that another backend may not give: time-outs, conflicts, limits and everything that is the server's fault.
# Others (400, 401, 404, 422 …) are about the request or the account: the client must see them as they are.
_ANOTHER_MAY_DO = frozenset({408, 409, 429})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended before anything of it reached the client.

    `status`: of the backend's reply; None where it gave none (refused, no such name, TLS, timeout, broken off).
    `in_doubt`: the request had been sent, so that the backend may have done (and billed) the work.
    """

    status: int | None = None
    in_doubt: bool = False

    @property
    def another_may_do(self) -> bool:
        return self.status is None or self.status >= 500 or self.status in _ANOTHER_MAY_DO


def try_in_turn(candidates: Iterable[Candidate]) -> Generator[Candidate, Outcome, None]:
    """Yield the candidates in their order while the outcomes that are sent in allow another attempt."""
    for candidate in candidates:
        outcome = yield candidate
        if not outcome.another_may_do or (outcome.in_doubt and not candidate.provider.retry_in_doubt):
            return
