"""Admission by limits: those of this process, and with `server.state_url` those of all processes together.

    permit = await limits.admit(client.token, lambda: estimate_tokens(body))      # raises a ClientFault, 429
    ...
    if permit.end(tokens) and (told := permit.tell_others()):
        await told

A process's own counts are a part of all: what they refuse is refused without asking, and while nobody can be asked they
alone decide.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .limits import Limiter, LimitState, Permit
from .settings import Settings, TokenSettings

if TYPE_CHECKING:
    from .redis_counts import RedisCounts  # brings redis

logger = logging.getLogger(__name__)


class SharedLimits:
    """`process`: a name that no other process has."""

    def __init__(self, limiter: Limiter, process: str) -> None:
        self.limiter = limiter
        self._process = process
        self._url = ""
        self._counts: RedisCounts | None = None

    def use(self, settings: Settings) -> None:
        """The settings in force. Requests that are open end where they began."""
        self.limiter.use(settings.tokens)
        url = settings.server.state_url.reveal()
        if url != self._url:
            if self._counts is not None:
                self._counts.leave()
            self._url = url
            self._counts = self._open(url) if url else None

    async def admit(self, token: TokenSettings, estimate: Callable[[], int]) -> Permit | None:
        """As `Limiter.ask` and `take`."""
        ask = self.limiter.ask(token, estimate)
        if ask is None or self._counts is None:
            return self.limiter.take(ask) if ask is not None else None
        place = await self._counts.admit(ask)
        if place is None:  # others may have been admitted meanwhile
            estimated = ask.tokens
            ask = self.limiter.ask(token, lambda: estimated)
        return self.limiter.take(ask, place) if ask is not None else None

    async def states(self) -> tuple[LimitState, ...]:
        """As `Limiter.states`, of all processes together."""
        told = await self._counts.used(self.limiter.accounts()) if self._counts is not None else None
        here = self.limiter.states()
        return tuple(map(_with_others, here, told)) if told is not None and len(told) == len(here) else here

    async def close(self) -> None:
        if self._counts is not None:
            await self._counts.close()

    def _open(self, url: str) -> RedisCounts | None:
        try:
            from .redis_counts import RedisCounts

            return RedisCounts(url, self._process, self.limiter.clock)
        except ValueError as fault:
            logger.warning("server.state_url: %s; each process counts limits by itself", fault)
        except ImportError as fault:
            logger.warning("server.state_url: %s (pip install redis); each process counts by itself", fault)
        return None


def _with_others(here: LimitState, told: Sequence[int]) -> LimitState:
    """What all have used is no less than what is known here, which may come from the log."""
    requests, tokens, open_requests, spent_nano = told
    return LimitState(
        token=here.token,
        requests=max(here.requests, requests),
        tokens=max(here.tokens, tokens),
        open_requests=max(here.open_requests, open_requests),
        spent_nano=max(here.spent_nano, spent_nano),
    )
