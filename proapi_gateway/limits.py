"""The limits of each token: requests and tokens a minute, requests at once, and money a day or month.

    ask = limiter.ask(client.token, lambda: estimate_tokens(body))          # raises a ClientFault, 429
    permit = limiter.take(ask)
    permit.headers()                                                        # OpenAI's x-ratelimit-…
    permit.end(tokens=usage.total_tokens)                                   # once; again is harmless

What an answer will cost in tokens is not known before its end: until then the estimate counts. A request that is
refused counts for nothing. For one event loop, of one process; `shared_limits.py` asks the others too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from proapi_translate import ClientFault

from .faults import budget_spent, rate_limited, too_many_at_once
from .settings import Budget, Secret, TokenSettings
from .sliding_window import Entry, SlidingWindow, WindowState
from .spending import NANO, Period, Spending

_CONCURRENT_RETRY_S = 1.0  # nobody knows when one of the open requests will end

# By what is limited: "requests", "tokens".
WindowStates = Mapping[str, WindowState]


@dataclass(frozen=True, slots=True)
class LimitState:
    """One token's, as the admin and the metrics show it: what is used of the last minute, and of the period."""

    token: str
    requests: int
    tokens: int
    open_requests: int
    spent_nano: int


class Account:
    """One token's counts. They outlive a reload, and its limits may change under them. `serials` tells its sums of
    money apart from all others of this process."""

    def __init__(self, token: TokenSettings, serials: Iterator[int]) -> None:
        self.token = token
        self._serials = serials
        self.open = 0
        self.requests: SlidingWindow | None = None
        self.tokens: SlidingWindow | None = None
        self.spending: Spending | None = None
        self.adopt(token)

    def adopt(self, token: TokenSettings) -> None:
        self.token = token
        self.requests = _resized(self.requests, token.limits.rpm)
        self.tokens = _resized(self.tokens, token.limits.tpm)
        if token.budget is None:
            self.spending = None
        elif self.spending is None or self.spending.per != token.budget.per:
            self.spending = Spending(token.budget.per, next(self._serials))

    def windows(self, now_s: float) -> WindowStates:
        both = {"requests": self.requests, "tokens": self.tokens}
        return {what: window.state(now_s) for what, window in both.items() if window is not None}


def _resized(window: SlidingWindow | None, limit: int) -> SlidingWindow | None:
    if not limit:
        return None
    if window is None:
        return SlidingWindow(limit)
    window.limit = limit
    return window


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that its token's limits let through: about how many tokens it will take."""

    account: Account
    tokens: int


class SharedPlace(Protocol):
    """What a request has of the counts that several processes share."""

    @property
    def windows(self) -> WindowStates:
        """As they were when it was admitted."""

    async def end(self, tokens: int | None) -> None:
        """See `Permit.end`. It never raises."""


class Limiter:
    """All tokens' counts. `now_s()`: seconds of a clock that never goes back; `clock()`: Unix seconds."""

    def __init__(self, now_s: Callable[[], float], clock: Callable[[], float]) -> None:
        self.now_s = now_s
        self.clock = clock
        self._accounts: dict[Secret, Account] = {}
        self._serials = count()

    def use(self, tokens: Iterable[TokenSettings]) -> None:
        """The tokens in force. The counts of those that stay go on, those of others are forgotten."""
        before, self._accounts = self._accounts, {}
        for token in tokens:
            if _is_bounded(token):
                account = before.get(token.api_key) or Account(token, self._serials)
                account.adopt(token)
                self._accounts[token.api_key] = account

    def ask(self, token: TokenSettings, estimate: Callable[[], int]) -> Ask | None:
        """May this token have one more request? None: it has no limits. Raises ClientFault (429), with the time after
        which to come again. `estimate()`: about how many tokens it will take, asked for only where they are limited."""
        account = self._accounts.get(token.api_key)
        if account is None:
            return None
        self._check_money(account)
        now_s, tokens = self.now_s(), 0
        if account.token.limits.concurrent and account.open >= account.token.limits.concurrent:
            raise no_place(account.token, account.windows(now_s))
        if account.tokens is not None:
            tokens = min(estimate(), account.tokens.limit)  # what is more than all of a minute may still have a minute
        for what, window, asked in (("requests", account.requests, 1), ("tokens", account.tokens, tokens)):
            if window is not None and (wait_s := window.wait_s(asked, now_s)):
                raise rate_reached(account.token, what, asked, wait_s, account.windows(now_s))
        return Ask(account, tokens)

    def take(self, ask: Ask, place: SharedPlace | None = None) -> Permit:
        """It is counted from now on. `place`: the same in the counts of all processes."""
        account, now_s = ask.account, self.now_s()
        if account.requests is not None:
            account.requests.take(1, now_s)
        entry = account.tokens.take(ask.tokens, now_s) if account.tokens is not None else None
        account.open += 1
        return Permit(self, ask, entry, place)

    def _check_money(self, account: Account) -> None:
        budget, spending = account.token.budget, account.spending
        if budget is not None and spending is not None:
            now = self.clock()
            if spending.spent_nano(now) >= budget.usd * NANO:
                raise money_spent(account.token, budget, spending.period(now).ends_at - now)

    def periods(self) -> dict[Secret, tuple[str, Period]]:
        """Of the tokens with a budget, by key: under which name the log knows it, and the period that runs."""
        now = self.clock()
        return {
            key: (account.token.label, account.spending.period(now))
            for key, account in self._accounts.items()
            if account.spending is not None
        }

    def raise_spent(self, key: Secret, nano: int, period: Period) -> None:
        """See `Spending.raise_to`. A token that has gone meanwhile is nobody's."""
        account = self._accounts.get(key)
        if account is not None and account.spending is not None:
            account.spending.raise_to(nano, period, self.clock())

    def accounts(self) -> tuple[Account, ...]:
        return tuple(self._accounts.values())

    def states(self) -> tuple[LimitState, ...]:
        """In the order of `accounts`."""
        now_s, now = self.now_s(), self.clock()
        return tuple(
            LimitState(
                token=account.token.label,
                requests=account.requests.used(now_s) if account.requests else 0,
                tokens=account.tokens.used(now_s) if account.tokens else 0,
                open_requests=account.open,
                spent_nano=account.spending.spent_nano(now) if account.spending else 0,
            )
            for account in self._accounts.values()
        )


class Permit:
    """A request that was admitted: it has one of its token's places, and its estimated tokens, until `end`."""

    __slots__ = ("_account", "_ended", "_entry", "_limiter", "_place", "_taken", "_tokens", "_window")

    def __init__(self, limiter: Limiter, ask: Ask, entry: Entry | None, place: SharedPlace | None) -> None:
        self._limiter = limiter
        self._account = ask.account
        self._window = ask.account.tokens
        self._entry = entry
        self._taken = ask.tokens
        self._place = place
        self._tokens: int | None = None
        self._ended = False

    @property
    def is_billed(self) -> bool:
        """Does its token have a budget?"""
        return self._account.spending is not None

    def headers(self) -> dict[str, str]:
        here = self._account.windows(self._limiter.now_s())
        return rate_headers(self._place.windows if self._place is not None else here)

    def end(self, tokens: int | None) -> bool:
        """The request is over. `tokens`: what it took in truth; None: nobody knows, and the estimate stays. False: it
        was over before."""
        if self._ended:
            return False
        self._ended = True
        self._tokens = tokens
        self._account.open -= 1
        if self._window is not None and self._entry is not None and tokens is not None:
            self._window.settle(self._entry, self._taken, tokens, self._limiter.now_s())
        return True

    def spend(self, nano: int) -> None:
        if self._account.spending is not None:
            self._account.spending.add(nano, self._limiter.clock())

    def tell_others(self) -> Awaitable[None] | None:
        """After `end` and `spend`. None: nobody else counts it."""
        return self._place.end(self._tokens) if self._place is not None else None


def _is_bounded(token: TokenSettings) -> bool:
    limits = token.limits
    return bool(limits.rpm or limits.tpm or limits.concurrent or token.budget is not None)


def money_spent(token: TokenSettings, budget: Budget, left_s: float) -> ClientFault:
    """`left_s`: of the day or month."""
    return budget_spent(token.label, budget.usd, budget.per, left_s)


def no_place(token: TokenSettings, windows: WindowStates) -> ClientFault:
    return too_many_at_once(token.label, token.limits.concurrent, _CONCURRENT_RETRY_S, rate_headers(windows))


def rate_reached(token: TokenSettings, what: str, asked: int, wait_s: float, windows: WindowStates) -> ClientFault:
    told = f"Limit {windows[what].limit}, Used {windows[what].used}, Requested {asked}"
    return rate_limited(token.label, what, told, wait_s, rate_headers(windows))


def rate_headers(windows: WindowStates) -> dict[str, str]:
    """OpenAI's headers, of the limits that there are: {"x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1m0s"}; `reset`: until all of it is free.

    Source: https://platform.openai.com/docs/guides/rate-limits, "Rate limits in headers", read 2026-11-25.
    """
    headers = {}
    for what, window in windows.items():
        headers[f"x-ratelimit-limit-{what}"] = str(window.limit)
        headers[f"x-ratelimit-remaining-{what}"] = str(window.remaining)
        headers[f"x-ratelimit-reset-{what}"] = write_duration(window.reset_s)
    return headers


def write_duration(seconds: float) -> str:
    """As OpenAI writes it: 0.017 → "17ms", 1.5 → "1.5s", 60 → "1m0s", 0 → "0s"."""
    ms = round(seconds * 1000)
    if 0 < ms < 1000:
        return f"{ms}ms"
    minutes, ms = divmod(ms, 60_000)
    rest = f"{ms / 1000:g}s"
    return f"{minutes}m{rest}" if minutes else rest
