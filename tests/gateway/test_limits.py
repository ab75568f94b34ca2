"""Who is admitted, what a refusal says, and that every place comes back: on clocks that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_gateway.limits import Limiter, Permit, write_duration
from proapi_gateway.settings import Budget, Limits, Secret, TokenSettings
from proapi_gateway.spending import NANO
from proapi_translate import ClientFault

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()


def token(name: str = "team-a", budget: Budget | None = None, **limits: int) -> TokenSettings:
    return TokenSettings(0, Secret(f"sk-of-{name}"), ("all",), name=name, limits=Limits(**limits), budget=budget)


class Run:
    """A limiter whose clocks stand until a test moves them."""

    def __init__(self, *tokens: TokenSettings) -> None:
        self.now_s = 1000.0
        self.limiter = Limiter(lambda: self.now_s, lambda: NOON - 1000.0 + self.now_s)
        self.limiter.use(tokens)

    def admit(self, token: TokenSettings, tokens: int = 0) -> Permit:
        ask = self.limiter.ask(token, lambda: tokens)
        assert ask is not None
        return self.limiter.take(ask)

    def ask(self, token: TokenSettings, tokens: int) -> Permit | None:
        """None: refused, with a time that is true for any limit a minute."""
        try:
            return self.admit(token, tokens)
        except ClientFault as fault:
            return None if 0 < (fault.retry_after_s or 0) <= 60 else pytest.fail(str(fault))

    def refuse(self, token: TokenSettings, tokens: int = 0) -> ClientFault:
        with pytest.raises(ClientFault) as caught:
            self.limiter.ask(token, lambda: tokens)
        assert caught.value.status == 429
        return caught.value


def test_without_limits_there_is_nothing_to_count() -> None:
    free = token()
    assert Run(free).limiter.ask(free, lambda: 1 // 0) is None


def test_requests_a_minute() -> None:
    two = token(rpm=2)
    run = Run(two)
    for _ in range(2):
        run.admit(two).end(0)
    run.now_s += 20
    fault = run.refuse(two)
    assert (fault.type, fault.code, fault.retry_after_s) == ("requests", "rate_limit_exceeded", 40.0)
    assert fault.message == (
        "Rate limit reached for team-a on requests per min (RPM): Limit 2, Used 2, Requested 1. "
        "Please try again in 40.000s."
    )
    assert fault.headers == {
        "x-ratelimit-limit-requests": "2",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "40s",
    }
    run.now_s += 40
    assert run.admit(two).headers()["x-ratelimit-remaining-requests"] == "1"


def test_tokens_a_minute_by_the_estimate_and_then_by_the_truth() -> None:
    some = token(tpm=1000)
    run = Run(some)
    first = run.admit(some, 600)
    assert first.headers() == {
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "400",
        "x-ratelimit-reset-tokens": "1m0s",
    }
    run.now_s += 1
    fault = run.refuse(some, 500)
    assert (fault.type, fault.code, fault.retry_after_s) == ("tokens", "rate_limit_exceeded", 59.0)
    assert "on tokens per min (TPM): Limit 1000, Used 600, Requested 500." in fault.message
    first.end(100)
    second = run.admit(some, 500)
    second.end(None)  # nobody knows: the estimate stays
    assert second.headers()["x-ratelimit-remaining-tokens"] == "400"


def test_a_request_larger_than_a_minute_gets_a_minute_of_its_own() -> None:
    some = token(tpm=1000)
    run = Run(some)
    run.admit(some, 5000).end(5000)
    assert run.refuse(some, 1).retry_after_s == 60.0
    run.now_s += 60
    run.admit(some, 5000)


def test_requests_at_once_and_each_place_comes_back_once() -> None:
    two = token(concurrent=2)
    run = Run(two)
    first, second = run.admit(two), run.admit(two)
    fault = run.refuse(two)
    assert (fault.type, fault.code, fault.retry_after_s) == ("requests", "rate_limit_exceeded", 1.0)
    assert (first.end(0), first.end(0)) == (True, False)  # some flows end by two hooks
    run.admit(two)
    run.refuse(two)
    second.end(None)
    run.admit(two)


def test_one_limit_that_is_reached_takes_nothing_of_the_others() -> None:
    both = token(rpm=10, tpm=100, concurrent=5)
    run = Run(both)
    run.admit(both, 80)
    for _ in range(20):
        run.refuse(both, 50)
    (state,) = run.limiter.states()
    assert (state.requests, state.tokens, state.open_requests) == (1, 80, 1)


def test_a_budget_ends_with_its_money_and_comes_back_with_its_period() -> None:
    poor = token(budget=Budget(2.5, "day"))
    run = Run(poor)
    permit = run.admit(poor)
    assert permit.is_billed
    permit.spend(2 * NANO)
    run.admit(poor).spend(NANO // 2)
    fault = run.refuse(poor)
    assert (fault.type, fault.code, fault.retry_after_s) == ("insufficient_quota", "insufficient_quota", 12 * 3600.0)
    assert fault.message == "You exceeded your current quota: team-a has spent its budget of $2.5 per day."
    assert fault.headers["x-should-retry"] == "false"
    run.now_s += 12 * 3600
    run.admit(poor)


def test_what_the_log_knows_counts_too() -> None:
    poor, free = token(budget=Budget(1, "month")), token("free")
    run = Run(poor, free)
    ((key, (name, period)),) = run.limiter.periods().items()
    assert (key, name, period.first_day) == (poor.api_key, "team-a", 20261101)
    run.limiter.raise_spent(Secret("sk-gone"), NANO, period)
    run.admit(poor)
    run.limiter.raise_spent(key, NANO, period)
    run.refuse(poor)


def test_a_reload_keeps_the_counts_of_those_that_stay() -> None:
    stays, goes = token(rpm=2, concurrent=1, budget=Budget(1, "day")), token("team-b", rpm=1)
    run = Run(stays, goes)
    permit = run.admit(stays)
    permit.spend(NANO // 2)
    leaver = run.admit(goes)
    run.limiter.use([stays])
    assert leaver.end(0)  # of a token that is gone
    assert run.limiter.ask(goes, lambda: 0) is None
    run.refuse(stays)
    permit.end(0)
    more = token(rpm=3, concurrent=1, budget=Budget(0.5, "day"))
    run.limiter.use([more])
    (state,) = run.limiter.states()
    assert (state.requests, state.spent_nano, state.open_requests) == (1, NANO // 2, 0)
    assert run.refuse(more).code == "insufficient_quota"
    run.limiter.use([token(rpm=3)])
    assert run.admit(more).headers()["x-ratelimit-remaining-requests"] == "1"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0.0, "0s"), (0.0171, "17ms"), (0.9996, "1s"), (1.5, "1.5s")),
        *((59.999, "59.999s"), (60.0, "1m0s"), (361.2, "6m1.2s")),
    ],
)
def test_durations_as_openai_writes_them(seconds: float, text: str) -> None:
    assert write_duration(seconds) == text


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["ask", "end", "wait", "reload"]),
            st.integers(0, 200),
            st.one_of(st.none(), st.integers(0, 200)),
        ),
        max_size=80,
    )
)
def test_whatever_happens_all_comes_back(steps: list[tuple[str, int, int | None]]) -> None:
    limited = token(rpm=5, tpm=300, concurrent=3, budget=Budget(10, "day"))
    run, open_now = Run(limited), list[Permit]()
    for what, number, truth in steps:
        if what == "ask":
            permit = run.ask(limited, number)
            open_now += [permit] if permit is not None else []
        elif what == "end" and open_now:
            permit = open_now.pop(number % len(open_now))
            assert permit.end(truth)
            assert not permit.end(truth)
        elif what == "wait":
            run.now_s += number / 4
        elif what == "reload":
            run.limiter.use([limited])
        (state,) = run.limiter.states()
        assert state.open_requests == len(open_now) <= 3
        assert state.requests <= 5
    for permit in open_now:
        permit.end(0)
    run.now_s += 60
    (state,) = run.limiter.states()
    assert (state.requests, state.tokens, state.open_requests) == (0, 0, 0)
