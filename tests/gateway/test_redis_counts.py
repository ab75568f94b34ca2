"""Limits that several processes share through a Redis: two `RedisCounts` are two processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proapi_gateway.clients import key_digest
from proapi_gateway.limits import Limiter, Permit
from proapi_gateway.redis_clients import open_redis
from proapi_gateway.redis_counts import Place, RedisCounts
from proapi_gateway.settings import Budget, Limits, Secret, TokenSettings
from proapi_gateway.spending import NANO
from proapi_translate import ClientFault

NOON = 1_795_608_000.0  # 2026-11-25
_names = count()


def token(budget: Budget | None = None, **limits: int) -> TokenSettings:
    """One whose counts nobody has begun."""
    name = f"team-{next(_names)}"
    return TokenSettings(0, Secret(f"sk-of-{name}"), ("all",), name=name, limits=Limits(**limits), budget=budget)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy may be slow to answer."""
    monkeypatch.setattr("proapi_gateway.redis_counts._ANSWERS_WITHIN_S", 30.0)


class Process:
    """What one process has of it: its own counts, and the way to those of all."""

    def __init__(self, url: str, *tokens: TokenSettings, local: bool = False) -> None:
        self.now_s = 1000.0
        self.limiter = Limiter(lambda: self.now_s, lambda: NOON - 1000.0 + self.now_s)
        self.limiter.use(tokens)
        self.counts = None if local else RedisCounts(url, f"process-{next(_names)}", self.limiter.clock)

    async def admit(self, token: TokenSettings, tokens: int = 0) -> Permit:
        ask = self.limiter.ask(token, lambda: tokens)
        assert ask is not None
        if self.counts is None:
            return self.limiter.take(ask)
        place = await self.counts.admit(ask)
        assert place is not None, "the Redis did not answer"
        return self.limiter.take(ask, place)

    async def refuse(self, token: TokenSettings, tokens: int = 0) -> ClientFault:
        with pytest.raises(ClientFault) as caught:
            await self.admit(token, tokens)
        return caught.value


async def end(permit: Permit, tokens: int | None = 0, nano: int = 0) -> None:
    permit.end(tokens)
    permit.spend(nano)
    if (told := permit.tell_others()) is not None:
        await told


def key_of(token: TokenSettings, part: str) -> str:
    return f"proapi:limits:{{{key_digest(token.api_key.reveal()).hex()}}}:{part}"


def let_pass(url: str, token: TokenSettings, seconds: int) -> None:
    """As if all that stands there of this token had come that much earlier. Whole seconds."""
    client = open_redis(url, 5.0)
    for name in ("requests", "tokens", "open"):
        window = key_of(token, name)
        times = window if name == "open" else f"{window}:at"
        for member, at in client.zrange(times, 0, -1, withscores=True):
            moved = member if name == "open" else str(int(member) - seconds * 10)
            client.zrem(times, member)
            client.zadd(times, {moved: at - seconds * 1000})
            if name != "open":
                client.hset(window, moved, client.hget(window, member))
                client.hdel(window, member)
    client.close()


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(**arguments: Any) -> None:
        async def within() -> None:
            async with asyncio.timeout(60):
                await test(**arguments)

        asyncio.run(within())

    return run


@in_loop
async def test_requests_a_minute(redis_url: str) -> None:
    two = token(rpm=2)
    first, second = Process(redis_url, two), Process(redis_url, two)
    await end(await first.admit(two))
    let_pass(redis_url, two, 20)
    permit = await second.admit(two)
    assert permit.headers()["x-ratelimit-remaining-requests"] == "0"
    assert permit.headers()["x-ratelimit-reset-requests"] == "1m0s"
    fault = await second.refuse(two)
    assert (fault.status, fault.type, fault.code) == (429, "requests", "rate_limit_exceeded")
    assert 30 < (fault.retry_after_s or 0) <= 40
    assert f"reached for {two.label} on requests per min (RPM): Limit 2, Used 2, Requested 1." in fault.message
    assert fault.headers["x-ratelimit-remaining-requests"] == "0"
    let_pass(redis_url, two, 40)
    assert (await first.admit(two)).headers()["x-ratelimit-remaining-requests"] == "0"
    await second.refuse(two)


@in_loop
async def test_tokens_a_minute_by_the_estimate_and_then_by_the_truth(redis_url: str) -> None:
    some = token(tpm=1000)
    first, second = Process(redis_url, some), Process(redis_url, some)
    permit = await first.admit(some, 600)
    fault = await second.refuse(some, 500)
    assert (fault.type, fault.code) == ("tokens", "rate_limit_exceeded")
    assert "on tokens per min (TPM): Limit 1000, Used 600, Requested 500." in fault.message
    await end(permit, 100)
    permit = await second.admit(some, 500)
    assert permit.headers()["x-ratelimit-remaining-tokens"] == "400"
    await end(permit, None)  # nobody knows: the estimate stays
    permit = await first.admit(some, 100)
    await end(permit, 350)
    assert (await first.refuse(some, 100)).message.count("Used 950,") == 1
    let_pass(redis_url, some, 60)
    first.now_s += 60
    await first.admit(some, 5000)  # more than a minute has, in a minute of its own


@in_loop
async def test_what_was_given_back_as_a_whole_is_forgotten_with_its_minute(redis_url: str) -> None:
    some = token(tpm=1000)
    first, second = Process(redis_url, some), Process(redis_url, some)
    await end(await first.admit(some, 600), 0)  # a reply of our cache: its tenth of a second holds 0 tokens
    let_pass(redis_url, some, 60)
    assert (await second.admit(some, 100)).headers()["x-ratelimit-remaining-tokens"] == "900"


@in_loop
async def test_a_url_may_say_how_the_redis_is_used(redis_url: str) -> None:
    two = token(rpm=2, concurrent=2)
    process = Process(f"{redis_url}?decode_responses=true&client_name=limits&protocol=2", two)
    for _ in range(2):
        await end(await process.admit(two))
    assert (await process.refuse(two)).type == "requests"


@in_loop
async def test_requests_at_once(redis_url: str) -> None:
    two = token(concurrent=2)
    first, second = Process(redis_url, two), Process(redis_url, two)
    permit, other = await first.admit(two), await second.admit(two)
    fault = await second.refuse(two)
    assert (fault.status, fault.retry_after_s) == (429, 1.0)
    await end(permit)
    permit = await second.admit(two)
    await first.refuse(two)
    await end(permit)
    await end(other)
    await first.admit(two)


@in_loop
async def test_a_process_that_died_gives_its_places_back(redis_url: str) -> None:
    one = token(concurrent=1)
    dead, alive = Process(redis_url, one), Process(redis_url, one)
    await dead.admit(one)
    assert dead.counts is not None
    await dead.counts.close()
    await alive.refuse(one)
    let_pass(redis_url, one, 31)
    await alive.admit(one)


@in_loop
async def test_a_process_that_lives_keeps_them(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proapi_gateway.redis_counts._RENEW_EVERY_S", 0.01)
    one = token(concurrent=1)
    alive, other = Process(redis_url, one), Process(redis_url, one)
    permit = await alive.admit(one)
    client = open_redis(redis_url, 30.0)
    key = key_of(one, "open")
    client.delete(key)  # it has forgotten all
    while not client.exists(key):  # noqa: ASYNC110 - no event tells of it
        await asyncio.sleep(0.01)
    await other.refuse(one)
    await end(permit)
    await other.admit(one)


@in_loop
async def test_a_budget(redis_url: str) -> None:
    poor = token(Budget(2.5, "day"))
    first, second = Process(redis_url, poor), Process(redis_url, poor)
    await end(await first.admit(poor), nano=NANO)
    await end(await second.admit(poor), nano=NANO)
    permit = await first.admit(poor)
    await end(permit, nano=NANO // 2)
    for process in (first, second):
        fault = await process.refuse(poor)
        assert (fault.type, fault.code) == ("insufficient_quota", "insufficient_quota")
        assert fault.retry_after_s == 12 * 3600.0
        process.now_s += 12 * 3600
        await process.admit(poor)  # another day


@in_loop
async def test_money_is_told_again_and_counts_once(redis_url: str) -> None:
    """After an outage, or where a token left the file and came back."""
    poor = token(Budget(3, "month"))
    first, second = Process(redis_url, poor), Process(redis_url, poor)
    permit = await first.admit(poor)
    permit.end(0)
    permit.spend(NANO)  # but the Redis did not hear of it
    for _ in range(3):
        await end(await first.admit(poor))
    await end(await second.admit(poor), nano=NANO)
    first.limiter.use([])
    first.limiter.use([poor])
    await end(await first.admit(poor), nano=NANO)
    await second.refuse(poor)


@in_loop
async def test_no_key_of_a_token_stands_there(redis_url: str) -> None:
    known = token(Budget(2.5, "day"), rpm=5, tpm=500, concurrent=5)
    await Process(redis_url, known).admit(known, 5)
    client = open_redis(redis_url, 30.0)
    kept = client.keys(key_of(known, "*"))
    assert len(kept) == 5  # no money is spent yet
    assert known.api_key.reveal().encode() not in b"".join(kept)
    assert all(client.pttl(key) > 0 for key in kept)  # nothing stays for ever


@in_loop
async def test_of_many_at_once_no_more_than_the_limit(redis_url: str) -> None:
    limited = token(concurrent=7, rpm=30)
    processes = [Process(redis_url, limited), Process(redis_url, limited)]
    asked = [process.admit(limited) for process in processes for _ in range(60)]
    told = await asyncio.gather(*asked, return_exceptions=True)
    permits = [each for each in told if isinstance(each, Permit)]
    assert len(permits) == 7
    assert all(isinstance(each, (Permit, ClientFault)) for each in told)
    await asyncio.gather(*map(end, permits))
    await processes[0].admit(limited)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["ask", "ask", "end", "wait"]),
            st.integers(0, 200),
            st.one_of(st.none(), st.integers(0, 200)),
        ),
        max_size=25,
    )
)
@in_loop
async def test_it_counts_as_one_process_does(redis_url: str, steps: list[tuple[str, int, int | None]]) -> None:
    limited = token(Budget(10, "day"), rpm=5, tpm=300, concurrent=3)
    alone, both = Process("", limited, local=True), [Process(redis_url, limited) for _ in range(2)]
    open_now = list[tuple[Permit, Permit]]()
    for place, (what, number, truth) in enumerate(steps):
        if what == "ask":
            told = await asyncio.gather(
                alone.admit(limited, number), both[place % 2].admit(limited, number), return_exceptions=True
            )
            assert _verdict(told[0]) == _verdict(told[1])
            if isinstance(told[0], Permit) and isinstance(told[1], Permit):
                open_now.append((told[0], told[1]))
        elif what == "end" and open_now:
            for permit in open_now.pop(number % len(open_now)):
                await end(permit, truth, NANO * number // 100)
        elif what == "wait" and not open_now:  # nobody renews leases here
            let_pass(redis_url, limited, 10 + number % 10)
            for process in (alone, *both):
                process.now_s += 10 + number % 10


def _verdict(told: Permit | BaseException) -> object:
    if isinstance(told, ClientFault):
        return "refused"  # where several limits are reached, each may name another
    assert isinstance(told, Permit), told
    return {name: value for name, value in told.headers().items() if "reset" not in name}


# -- a Redis that is away --------------------------------------------------------------------------------------------
@in_loop
async def test_one_that_is_away_is_told_once_and_asked_again(
    redis_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proapi_gateway.redis_counts._TRY_AGAIN_S", 0.01)
    one = token(rpm=1)
    process = Process(redis_url, one)
    client = open_redis(redis_url, 30.0)
    client.config_set("maxclients", "1")  # this one
    ask = process.limiter.ask(one, lambda: 0)
    assert ask is not None
    assert process.counts is not None
    told = [await process.counts.admit(ask) for _ in range(20)]
    assert told == [None] * 20
    assert caplog.text.count("each process counts limits by itself") == 1
    client.config_set("maxclients", "1000")
    while not isinstance(place := await process.counts.admit(ask), Place):  # noqa: ASYNC110 - the same
        await asyncio.sleep(0.01)
    assert "limits are shared" in caplog.text
    await place.end(0)
    with pytest.raises(ClientFault):
        await process.counts.admit(ask)


async def _says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def _hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _is_no_redis(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await _says_nothing(reader, writer)


@pytest.mark.parametrize("server", [_says_nothing, _hangs_up, _is_no_redis])
@in_loop
async def test_whatever_is_there_nobody_waits_twice(
    server: Callable[..., Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proapi_gateway.redis_counts._ANSWERS_WITHIN_S", 0.1)
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    one = token(rpm=1)
    process = Process(f"redis://:pass-word-of-it@{host}:{port}/0", one)
    ask = process.limiter.ask(one, lambda: 0)
    assert ask is not None
    assert process.counts is not None
    assert [await process.counts.admit(ask) for _ in range(50)] == [None] * 50
    assert caplog.text.count("server.state_url: ") == 1
    assert "pass-word-of-it" not in caplog.text
    await process.counts.close()
    listening.close()
