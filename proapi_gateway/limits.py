"""The limits of each token: requests and tokens a minute, requests at once, and money a day or month.

    permit = limiter.admit(client.token, lambda: estimate_tokens(body))     # raises a ClientFault, 429
    permit.headers()                                                        # OpenAI's x-ratelimit-… of this moment
    permit.end(tokens=usage.total_tokens)                                   # once; again is harmless

What an answer will cost in tokens is not known before its end: until then the estimate counts. A request that is
refused counts for nothing. For one event loop, of one process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .faults import budget_spent, rate_limited, too_many_at_once
from .settings import Secret, TokenSettings
from .sliding_window import Entry, SlidingWindow
from .spending import NANO, Period, Spending

_CONCURRENT_RETRY_S = 1.0  # nobody knows when one of the open requests will end


@dataclass(frozen=True, slots=True)
class LimitState:
    """One token's, as the admin and the metrics show it: what is used of the last minute, and of the period."""

    token: str
    requests: int
    tokens: int
    open_requests: int
    spent_nano: int


class _Account:
    """One token's counts. They outlive a reload, and its limits may change under them."""

    def __init__(self, token: TokenSettings) -> None:
        self.token = token
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
            self.spending = Spending(token.budget.per)


def _resized(window: SlidingWindow | None, limit: int) -> SlidingWindow | None:
    if not limit:
        return None
    if window is None:
        return SlidingWindow(limit)
    window.limit = limit
    return window


class Limiter:
    """All tokens' counts. `now_s()`: seconds of a clock that never goes back; `clock()`: Unix seconds."""

    def __init__(self, now_s: Callable[[], float], clock: Callable[[], float]) -> None:
        self.now_s = now_s
        self.clock = clock
        self._accounts: dict[Secret, _Account] = {}

    def use(self, tokens: Iterable[TokenSettings]) -> None:
        """The tokens in force. The counts of those that stay go on, those of others are forgotten."""
        before, self._accounts = self._accounts, {}
        for token in tokens:
            if _is_bounded(token):
                account = before.get(token.api_key) or _Account(token)
                account.adopt(token)
                self._accounts[token.api_key] = account

    def admit(self, token: TokenSettings, estimate: Callable[[], int]) -> Permit | None:
        """One more request of this token's; None: it has no limits. Raises ClientFault (429), with the time after which
        to come again. `estimate()`: about how many tokens it will take, asked for only where they are limited."""
        account = self._accounts.get(token.api_key)
        if account is None:
            return None
        self._check_money(account)
        self._check_place(account)
        now_s, tokens = self.now_s(), 0
        if account.tokens is not None:
            tokens = min(estimate(), account.tokens.limit)  # what is more than all of a minute may still have a minute
        self._check_rates(account, tokens, now_s)
        if account.requests is not None:
            account.requests.take(1, now_s)
        entry = account.tokens.take(tokens, now_s) if account.tokens is not None else None
        account.open += 1
        return Permit(self, account, account.tokens, entry, tokens)

    def _check_money(self, account: _Account) -> None:
        budget, spending = account.token.budget, account.spending
        if budget is not None and spending is not None:
            now = self.clock()
            if spending.spent_nano(now) >= budget.usd * NANO:
                left_s = spending.period(now).ends_at - now
                raise budget_spent(account.token.label, budget.usd, budget.per, left_s)

    def _check_place(self, account: _Account) -> None:
        concurrent = account.token.limits.concurrent
        if concurrent and account.open >= concurrent:
            headers = rate_headers(account, self.now_s())
            raise too_many_at_once(account.token.label, concurrent, _CONCURRENT_RETRY_S, headers)

    def _check_rates(self, account: _Account, tokens: int, now_s: float) -> None:
        for what, window, asked in (("requests", account.requests, 1), ("tokens", account.tokens, tokens)):
            if window is not None and (wait_s := window.wait_s(asked, now_s)):
                used, headers = window.used(now_s), rate_headers(account, now_s)
                told = f"Limit {window.limit}, Used {used}, Requested {asked}"
                raise rate_limited(account.token.label, what, told, wait_s, headers)

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

    def states(self) -> tuple[LimitState, ...]:
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

    __slots__ = ("_account", "_ended", "_entry", "_limiter", "_taken", "_window")

    def __init__(
        self, limiter: Limiter, account: _Account, window: SlidingWindow | None, entry: Entry | None, taken: int
    ) -> None:
        self._limiter = limiter
        self._account = account
        self._window = window
        self._entry = entry
        self._taken = taken
        self._ended = False

    @property
    def is_billed(self) -> bool:
        """Does its token have a budget?"""
        return self._account.spending is not None

    def headers(self) -> dict[str, str]:
        return rate_headers(self._account, self._limiter.now_s())

    def end(self, tokens: int | None) -> bool:
        """The request is over. `tokens`: what it took in truth; None: nobody knows, and the estimate stays. False: it
        was over before."""
        if self._ended:
            return False
        self._ended = True
        self._account.open -= 1
        if self._window is not None and self._entry is not None and tokens is not None:
            self._window.settle(self._entry, self._taken, tokens, self._limiter.now_s())
        return True

    def spend(self, nano: int) -> None:
        if self._account.spending is not None:
            self._account.spending.add(nano, self._limiter.clock())


def _is_bounded(token: TokenSettings) -> bool:
    limits = token.limits
    return bool(limits.rpm or limits.tpm or limits.concurrent or token.budget is not None)


def rate_headers(account: _Account, now_s: float) -> dict[str, str]:
    """OpenAI's headers, of the limits that there are: {"x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1m0s"}; `reset`: until all of it is free.

    Source: https://platform.openai.com/docs/guides/rate-limits, "Rate limits in headers", read 2026-11-25.
    """
    headers = {}
    for what, window in (("requests", account.requests), ("tokens", account.tokens)):
        if window is not None:
            headers[f"x-ratelimit-limit-{what}"] = str(window.limit)
            headers[f"x-ratelimit-remaining-{what}"] = str(window.remaining(now_s))
            headers[f"x-ratelimit-reset-{what}"] = write_duration(window.reset_s(now_s))
    return headers


def write_duration(seconds: float) -> str:
    """As OpenAI writes it: 0.017 → "17ms", 1.5 → "1.5s", 60 → "1m0s", 0 → "0s"."""
    ms = round(seconds * 1000)
    if 0 < ms < 1000:
        return f"{ms}ms"
    minutes, ms = divmod(ms, 60_000)
    rest = f"{ms / 1000:g}s"
    return f"{minutes}m{rest}" if minutes else rest
