"""A gateway that shares the limits of its tokens with other processes, through a Redis, and goes on without it."""

from __future__ import annotations

import asyncio
import time

import pytest

from proapi_gateway.limits import Ask, Limiter, Permit
from proapi_gateway.redis_clients import open_redis
from proapi_gateway.redis_counts import Place, RedisCounts
from proapi_gateway.shared_limits import SharedLimits
from proapi_translate import ClientFault
from tests.addons.exchanges import settings
from tests.addons.fake_backends import Exchange, FakeBackend, reply, sse
from tests.addons.gateway_proxy import ask, chat_json, gateway_proxy
from tests.addons.in_process_proxy import in_loop, until
from tests.addons.test_token_limits import TOLD_16, limited
from tests.redis_server import running_redis, why_not

CLIENTS = pytest.mark.parametrize("h2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
WHOLE = reply(200, chat_json(), **{"content-type": "application/json"})
PRICES = "prices: { upstream-model: { input: 1000, output: 100000 } }"  # 0.907 dollars a stream


class OtherProcess:
    """What another process with this api.yaml does for the token."""

    def __init__(self, config: str) -> None:
        self.limits = SharedLimits(Limiter(time.monotonic, time.time), "another")
        self._settings = settings(config)
        self.limits.use(self._settings)

    async def admit(self) -> Permit:
        permit = await self.limits.admit(self._settings.tokens[0], lambda: 10)
        assert permit is not None
        return permit

    async def end(self, permit: Permit, tokens: int, nano: int = 0) -> None:
        permit.end(tokens)
        permit.spend(nano)
        told = permit.tell_others()
        assert told is not None
        await told

    async def refuse(self) -> ClientFault:
        with pytest.raises(ClientFault) as caught:
            await self.admit()
        return caught.value


@pytest.fixture
def empty_redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("proapi_gateway.redis_counts._ANSWERS_WITHIN_S", 30.0)  # a machine that is busy may be slow
    open_redis(redis_url, 5.0).flushall()
    return redis_url


def shared(url: str, port: int, limits: str, server: str = "") -> str:
    return limited(port, limits=limits, server=f"state_url: {url}\n{server}")


@CLIENTS
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@in_loop
async def test_requests_and_tokens(empty_redis: str, stream: bool, h2: bool) -> None:
    async with FakeBackend(sse(TOLD_16) if stream else WHOLE) as backend:
        config = shared(empty_redis, backend.port, "limits: { rpm: 3, tpm: 1000 }")
        other = OtherProcess(config)
        async with gateway_proxy(config) as proxy, proxy.client(h2=h2) as client:
            first = await ask(client, stream=stream, max_tokens=10)
            await other.end(await other.admit(), 30)
            second, third = [await ask(client, stream=stream, max_tokens=10) for _ in range(2)]
            assert "on requests per min (RPM): Limit 3, Used 3" in (await other.refuse()).message
            for limits in (proxy.configuration.gateway().snapshot.shared_limits, other.limits):
                (state,) = await limits.states()
                assert (state.requests, state.tokens) == (3, 30 + 2 * (16 if stream else 2))
        await other.limits.close()
    assert [each.status_code for each in (first, second, third)] == [200, 200, 429]
    told = [each.headers["x-ratelimit-remaining-requests"] for each in (first, second, third)]
    assert told == ["2", "0", "0"]
    assert third.headers["x-ratelimit-remaining-tokens"] == str(1000 - 30 - 2 * (16 if stream else 2))
    assert third.json()["error"]["code"] == "rate_limit_exceeded"
    assert 0 < int(third.headers["retry-after"]) <= 60
    assert len(backend.requests) == 2


@CLIENTS
@in_loop
async def test_a_place_is_free_for_all_as_soon_as_its_client_has_its_reply(empty_redis: str, h2: bool) -> None:
    async with FakeBackend(sse(TOLD_16)) as backend:
        config = shared(empty_redis, backend.port, "limits: { concurrent: 1 }")
        other = OtherProcess(config)
        async with gateway_proxy(config) as proxy, proxy.client(h2=h2) as client:
            for _ in range(5):
                assert (await ask(client, stream=True)).status_code == 200
                permit = await other.admit()
                refused = await ask(client)
                assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
                await other.end(permit, 0)
        await other.limits.close()


@in_loop
async def test_a_client_that_leaves_gives_its_place_to_all(empty_redis: str) -> None:
    gate = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        await gate.wait()

    async with FakeBackend(script) as backend:
        config = shared(empty_redis, backend.port, "limits: { concurrent: 1 }")
        other = OtherProcess(config)
        async with gateway_proxy(config) as proxy:
            client = proxy.client()
            asking = asyncio.create_task(ask(client))
            await until(lambda: backend.requests)
            await other.refuse()
            (state,) = await other.limits.states()
            assert state.open_requests == 1
            asking.cancel()
            await client.aclose()
            await until(lambda: proxy.exchanges)
            await other.admit()
            gate.set()
        await other.limits.close()


@CLIENTS
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/files"])
@in_loop
async def test_a_client_that_leaves_while_it_is_asked_leaves_no_place_taken(
    empty_redis: str, monkeypatch: pytest.MonkeyPatch, h2: bool, path: str
) -> None:
    asked, answer, admit = asyncio.Event(), asyncio.Event(), RedisCounts.admit

    async def admit_late(self: RedisCounts, ask: Ask) -> Place | None:
        asked.set()
        await answer.wait()
        return await admit(self, ask)

    monkeypatch.setattr(RedisCounts, "admit", admit_late)
    async with FakeBackend(WHOLE) as backend:
        config = shared(empty_redis, backend.port, "limits: { concurrent: 1 }", "passthrough_provider: b0")
        async with gateway_proxy(config) as proxy:
            client = proxy.client(h2=h2)
            asking = asyncio.create_task(ask(client, path=path))
            await asked.wait()
            asking.cancel()
            await client.aclose()
            answer.set()
            await until(lambda: proxy.exchanges)
            (state,) = await proxy.configuration.gateway().snapshot.shared_limits.states()
            assert (state.open_requests, proxy.exchanges[0].permit is not None) == (0, True)


@CLIENTS
@in_loop
async def test_a_budget(empty_redis: str, h2: bool) -> None:
    async with FakeBackend(sse(TOLD_16)) as backend:
        config = shared(empty_redis, backend.port, "budget: { usd: 1.5, per: month }", PRICES)
        other = OtherProcess(config)
        async with gateway_proxy(config) as proxy, proxy.client(h2=h2) as client:
            await other.end(await other.admit(), 0, nano=600_000_000)
            told = [await ask(client, stream=True) for _ in range(2)]
            assert (await other.refuse()).code == "insufficient_quota"
            (state,) = await other.limits.states()
            assert state.spent_nano == 1_507_000_000
        await other.limits.close()
    assert [each.status_code for each in told] == [200, 429]
    assert told[1].json()["error"]["code"] == "insufficient_quota"
    assert told[1].headers["x-should-retry"] == "false"


@in_loop
async def test_without_it_requests_go_on_and_are_counted_here(caplog: pytest.LogCaptureFixture) -> None:
    if reason := why_not():
        pytest.skip(reason)
    with running_redis() as url:
        async with FakeBackend(WHOLE) as backend:
            config = shared(url, backend.port, "limits: { rpm: 3, concurrent: 1 }")
            async with gateway_proxy(config) as proxy, proxy.client() as client:
                assert (await ask(client)).status_code == 200
                open_redis(url, 5.0).shutdown(nosave=True)
                told = [(await ask(client)).status_code for _ in range(4)]
                (state,) = await proxy.configuration.gateway().snapshot.shared_limits.states()
                assert (state.requests, state.open_requests) == (3, 0)
                assert "proapi-state-recovery" in {task.get_name() for task in asyncio.all_tasks()}
                proxy.configuration.use(settings(limited(backend.port, limits="limits: { rpm: 3 }")))
                await until(lambda: "proapi-state-recovery" not in {task.get_name() for task in asyncio.all_tasks()})
    assert told == [200, 200, 429, 429]
    assert caplog.text.count("each process counts limits by itself") == 1


@in_loop
async def test_a_reload_turns_it_on_and_off(empty_redis: str) -> None:
    async with FakeBackend(WHOLE) as backend:
        limits = "limits: { rpm: 2 }"
        config = shared(empty_redis, backend.port, limits)
        other = OtherProcess(config)
        async with gateway_proxy(limited(backend.port, limits=limits)) as proxy, proxy.client() as client:
            for _ in range(2):
                await other.end(await other.admit(), 0)
            assert (await ask(client)).status_code == 200
            proxy.configuration.use(settings(config))
            assert (await ask(client)).status_code == 429
            proxy.configuration.use(settings(limited(backend.port, limits=limits)))
            assert (await ask(client)).status_code == 200
        await other.limits.close()
