"""The counts of limits in a Redis (`server.state_url`), one for all processes that name it.

    place = await counts.admit(ask)               # None: the Redis is away, and each process counts by itself
    await place.end(tokens)

Each is one round trip, awaited on the event loop and for two seconds at most. One that fails is told in the log once;
from then on nobody waits for this Redis until it has answered again. A place at once is a lease that its process
renews: if that dies, it is free before long.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TypeVar

from proapi_translate import ClientFault

from .clients import key_digest
from .limits import Account, Ask, WindowStates, money_spent, no_place, rate_reached
from .redis_clients import REDIS_FAULTS, open_async_redis
from .redis_count_scripts import ADMIT, ADMITTED, END, KEEP_OPEN, LOOK, MONEY, PLACE
from .sliding_window import WindowState
from .spending import NANO

logger = logging.getLogger(__name__)

_PREFIX = "proapi:limits:"
_ANSWERS_WITHIN_S = 2.0
_MOST_CONNECTIONS = 8  # each waits for one answer of well below a millisecond
_TRY_AGAIN_S = 2.0
_LEASE_S = 30.0
_RENEW_EVERY_S = 10.0
_SPENT_KEPT_S = 86_400.0  # after the end of its day or month

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """A `SharedPlace`. `tenth`: where in the window its tokens stand; `lease` "": it holds no place at once."""

    counts: RedisCounts
    ask: Ask
    lease: str
    tenth: bytes
    windows: WindowStates

    async def end(self, tokens: int | None) -> None:
        await self.counts.end(self, tokens)


class RedisCounts:
    """`process`: a name that no other process has. `clock()`: Unix seconds. Raises ValueError for a URL that cannot be
    read."""

    def __init__(self, url: str, process: str, clock: Callable[[], float]) -> None:
        self._redis = open_async_redis(url, _ANSWERS_WITHIN_S, _MOST_CONNECTIONS)
        self._admit = self._redis.register_script(ADMIT)
        self._end = self._redis.register_script(END)
        self._look = self._redis.register_script(LOOK)
        self._keep_open = self._redis.register_script(KEEP_OPEN)
        self._process = process
        self._clock = clock
        self._numbers = count()
        self._open: dict[str, str] = {}  # leases, each with its token's key of them
        self._renewal: asyncio.Task[None] | None = None
        self._is_away = self._is_left = False
        self._recovery: asyncio.Task[None] | None = None

    # -- one request -------------------------------------------------------------------------------------------------
    async def admit(self, ask: Ask) -> Place | None:
        """Raises ClientFault (429): a limit is reached by all processes together."""
        lease = f"{self._process}:{next(self._numbers)}" if ask.account.token.limits.concurrent else ""
        keys, values = self._keys(ask.account), self._asked(ask, lease)
        told = await self._guarded(lambda: self._admit(keys=keys, args=values))
        if told is None:
            return None  # if it was counted all the same, its lease ends by itself
        why, tenth, *numbers = told
        windows = _windows(ask.account, numbers)
        if why != ADMITTED:
            raise self._refusal(ask, why, numbers[-1] / 1000, windows)
        if lease:
            self._hold(lease, _open_key(keys))
        return Place(self, ask, lease, tenth, windows)

    async def end(self, place: Place, tokens: int | None) -> None:
        """`tokens`: what it took in truth, if somebody knows."""
        self._open.pop(place.lease, None)
        account = place.ask.account
        more = tokens - place.ask.tokens if tokens is not None and account.tokens is not None else 0
        process, nano, kept_ms = self._money(account)
        if place.lease or more or nano:
            values = [place.lease, place.tenth, more, process, nano, kept_ms]
            await self._guarded(lambda: self._end(keys=self._keys(account), args=values))

    async def used(self, accounts: Sequence[Account]) -> list[Sequence[int]] | None:
        """Of each account (requests, tokens, open requests, nano-dollars), as all processes have used them."""
        return await self._guarded(partial(self._look_at, accounts))

    async def _look_at(self, accounts: Sequence[Account]) -> list[Sequence[int]]:
        async with self._redis.pipeline(transaction=False) as together:
            for account in accounts:
                await self._look(keys=self._keys(account), args=self._money(account), client=together)
            told: list[Sequence[int]] = await together.execute()
        return told

    def _keys(self, account: Account) -> list[str]:
        """In the scripts' order. The braces keep them together in a Redis of several nodes."""
        token = f"{_PREFIX}{{{key_digest(account.token.api_key.reveal()).hex()}}}:"
        spending = account.spending
        period = f"{spending.per}:{spending.period(self._clock()).first_day}" if spending is not None else ""
        return [token + part for part in (*_PARTS, f"spent:{period}")]

    def _asked(self, ask: Ask, lease: str) -> list[object]:
        limits, budget = ask.account.token.limits, ask.account.token.budget
        nano = int(budget.usd * NANO) if budget is not None else ""
        asked = [limits.rpm, limits.tpm, ask.tokens, limits.concurrent, nano]
        return [*asked, *self._money(ask.account), lease, int(_LEASE_S * 1000)]

    def _money(self, account: Account) -> tuple[str, int, int]:
        """Who has spent, how much (nano-dollars), and for how many milliseconds that matters."""
        spending, now = account.spending, self._clock()
        if spending is None:
            return self._process, 0, 0
        kept_s = spending.period(now).ends_at - now + _SPENT_KEPT_S
        return f"{self._process}:{spending.serial}", spending.own_nano(now), int(kept_s * 1000)

    def _refusal(self, ask: Ask, why: bytes, wait_s: float, windows: WindowStates) -> ClientFault:
        token, spending = ask.account.token, ask.account.spending
        if why == MONEY and token.budget is not None and spending is not None:
            now = self._clock()
            return money_spent(token, token.budget, spending.period(now).ends_at - now)
        if why == PLACE:
            return no_place(token, windows)
        what = why.decode()
        return rate_reached(token, what, ask.tokens if what == "tokens" else 1, wait_s, windows)

    # -- leases ------------------------------------------------------------------------------------------------------
    def _hold(self, lease: str, key: str) -> None:
        self._open[lease] = key
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.get_running_loop().create_task(self._renew())

    async def _renew(self) -> None:
        """For as long as requests are open."""
        while self._open:
            await asyncio.sleep(_RENEW_EVERY_S)
            by_key: dict[str, list[str]] = {}
            for lease, key in self._open.items():
                by_key.setdefault(key, []).append(lease)
            for key, leases in by_key.items():
                await self._guarded(partial(self._write_leases, key, leases))

    async def _write_leases(self, key: str, leases: Sequence[str]) -> None:
        await self._keep_open(keys=[key], args=[int(_LEASE_S * 1000), *leases])
        ended = [lease for lease in leases if lease not in self._open]  # while that was on its way
        if ended:
            await self._redis.zrem(key, *ended)

    # -- a Redis that is away ----------------------------------------------------------------------------------------
    async def _guarded(self, work: Callable[[], Awaitable[T]]) -> T | None:
        if self._is_away:
            return None
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                return await work()
        except REDIS_FAULTS as fault:
            if not self._is_away:
                self._is_away = True
                told = f"{type(fault).__name__} {fault}".splitlines()[0].strip()
                logger.warning("server.state_url: %s; each process counts limits by itself", told)
                if not self._is_left:
                    recover = self._recover()
                    self._recovery = asyncio.get_running_loop().create_task(recover, name="proapi-state-recovery")
            return None

    async def _recover(self) -> None:
        """Until it does again what a request asks of it: an answer to a ping alone says little."""
        while True:
            await asyncio.sleep(_TRY_AGAIN_S)
            with suppress(*REDIS_FAULTS):
                async with asyncio.timeout(_ANSWERS_WITHIN_S):
                    await self._keep_open(keys=[f"{_PREFIX}trial"], args=[1, self._process])
                    break
        self._is_away = False
        logger.warning("server.state_url: it answers again, and limits are shared")

    def leave(self) -> None:
        """Nobody is admitted by it any more; what is open ends here. That it comes back is not awaited."""
        self._is_left = True
        if self._recovery is not None:
            self._recovery.cancel()

    async def close(self) -> None:
        self.leave()
        if self._renewal is not None:
            self._renewal.cancel()
        with suppress(*REDIS_FAULTS):
            await self._redis.aclose()
            await self._redis.connection_pool.disconnect()


_PARTS = ("requests", "requests:at", "tokens", "tokens:at", "open")


def _open_key(keys: Sequence[str]) -> str:
    return keys[_PARTS.index("open")]


def _windows(account: Account, numbers: Sequence[int]) -> Mapping[str, WindowState]:
    limits = account.token.limits
    requests_used, requests_ms, tokens_used, tokens_ms, _ = numbers
    both = {
        "requests": WindowState(limits.rpm, requests_used, requests_ms / 1000),
        "tokens": WindowState(limits.tpm, tokens_used, tokens_ms / 1000),
    }
    return {what: window for what, window in both.items() if window.limit}
