"""However an exchange ends, its token's place is free again and what it took in truth is counted, once."""

from __future__ import annotations

import asyncio
import contextlib
import json

import httpx
import pytest

from proapi_gateway.limits import LimitState
from tests.addons.exchanges import TOKEN, settings
from tests.addons.fake_backends import Exchange, FakeBackend, Script, cut_before_head, refused_port, reply, sse
from tests.addons.gateway_proxy import GatewayProxy, ask, blocks_at, chat_json, gateway_proxy
from tests.addons.in_process_proxy import in_loop, until
from tests.end_to_end.configs import AUTHORIZATION, chat_body, chat_chunk, chat_end

CLIENTS = pytest.mark.parametrize("h2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
LIMITS = "limits: { rpm: 100, tpm: 1000, concurrent: 3 }"
USAGE = {"prompt_tokens": 7, "completion_tokens": 9, "total_tokens": 16}
LONG = {"max_tokens": 500}
TOLD_16 = [chat_chunk("some"), chat_chunk(choices=[], usage=USAGE), chat_end()]


def limited(*ports: int, limits: str = LIMITS, server: str = "") -> str:
    config = blocks_at(*ports, server=server)
    marked = config.replace(f"  - api_key: {TOKEN}\n", f"  - api_key: {TOKEN}\n    name: team-a\n    {limits}\n")
    assert marked != config
    return marked


def paused(pieces: list[bytes], go_on: asyncio.Event) -> Script:
    """A stream that waits for the test, and then is cut. Without pieces: no reply before it."""

    async def script(exchange: Exchange) -> None:
        if pieces:
            await exchange.head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        for piece in pieces:
            await exchange.piece(piece)
        await go_on.wait()
        exchange.cut()

    return script


def state(proxy: GatewayProxy) -> LimitState:
    (told,) = proxy.configuration.gateway().snapshot.limiter.states()
    return told


ENDS = {
    # name: (script of the backend, what is asked, status, tokens that count in the end; None: the estimate)
    "whole": (reply(200, chat_json(), **{"content-type": "application/json"}), {}, 200, 2),
    "stream": (sse(TOLD_16), {"stream": True}, 200, 16),
    "a stream without usage": (sse([chat_chunk("some"), chat_end()]), {"stream": True}, 200, None),
    "a stream that is cut": (sse([chat_chunk("some")], cut=True), {"stream": True}, 200, None),
    "an error": (reply(400, b'{"error": {"message": "no"}}'), {}, 400, 0),
    "garbage": (reply(200, b"<html>"), {}, 502, 0),
    "no reply": (cut_before_head, {}, 502, 0),
}


@CLIENTS
@pytest.mark.parametrize("how", ENDS)
@in_loop
async def test_every_end(how: str, h2: bool) -> None:
    script, asked, status, tokens = ENDS[how]
    async with (
        FakeBackend(script) as backend,
        gateway_proxy(limited(backend.port)) as proxy,
        proxy.client(h2=h2) as client,
    ):
        answered = await ask(client, **asked, **LONG)
        assert answered.status_code == status
        await until(lambda: proxy.exchanges)
        told = state(proxy)
        assert (told.open_requests, told.requests) == (0, 1)
        assert 500 < told.tokens < 600 if tokens is None else told.tokens == tokens
        assert answered.headers["x-ratelimit-limit-requests"] == "100"
        assert answered.headers["x-ratelimit-remaining-requests"] == "99"
        assert answered.headers["x-ratelimit-limit-tokens"] == "1000"


@in_loop
async def test_nobody_is_there() -> None:
    async with gateway_proxy(limited(refused_port(), refused_port())) as proxy, proxy.client() as client:
        assert (await ask(client, **LONG)).status_code == 502
        await until(lambda: proxy.exchanges)
        assert (state(proxy).open_requests, state(proxy).requests, state(proxy).tokens) == (0, 1, 0)


@CLIENTS
@pytest.mark.parametrize("drain", ["on_disconnect: cancel", "on_disconnect: drain"])
@pytest.mark.parametrize("begun", [True, False], ids=["in its stream", "before its reply"])
@in_loop
async def test_the_client_leaves(begun: bool, drain: str, h2: bool) -> None:
    go_on = asyncio.Event()
    async with (
        FakeBackend(paused([chat_chunk("some")] if begun else [], go_on)) as backend,
        gateway_proxy(limited(backend.port, server=drain)) as proxy,
    ):
        client = proxy.client(h2=h2)
        body = chat_body(stream=True, **LONG)
        if begun:
            async with client.stream("POST", "/v1/chat/completions", json=body, headers=AUTHORIZATION) as answered:
                await anext(answered.aiter_bytes())
                assert state(proxy).open_requests == 1
        else:
            asking = asyncio.create_task(client.post("/v1/chat/completions", json=body, headers=AUTHORIZATION))
            await until(lambda: backend.requests)
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asking
        await client.aclose()
        if "drain" in drain:
            assert state(proxy).open_requests == 1  # its backend is still at work for it
            go_on.set()
        await until(lambda: not state(proxy).open_requests)
        failed = "drain" in drain and not begun  # nobody is there to hear of it
        assert state(proxy).tokens == 0 if failed else 500 < state(proxy).tokens < 600


@in_loop
async def test_the_backends_own_limits_give_way_and_those_that_the_token_lacks_stay() -> None:
    theirs = {"x-ratelimit-limit-requests": "9", "x-ratelimit-limit-tokens": "8", "content-type": "application/json"}
    async with (
        FakeBackend(reply(200, chat_json(), **theirs)) as backend,
        gateway_proxy(limited(backend.port, limits="limits: { rpm: 5 }")) as proxy,
        proxy.client() as client,
    ):
        answered = await ask(client)
    assert answered.headers.get_list("x-ratelimit-limit-requests") == ["5"]
    assert answered.headers["x-ratelimit-limit-tokens"] == "8"


@in_loop
async def test_a_reload_while_it_runs_gives_its_place_back() -> None:
    gate = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        await gate.wait()
        await reply(200, chat_json(), **{"content-type": "application/json"})(exchange)

    async with (
        FakeBackend(script) as backend,
        gateway_proxy(limited(backend.port, limits="limits: { concurrent: 1 }")) as proxy,
        proxy.client() as client,
    ):
        asking = asyncio.create_task(ask(client))
        await until(lambda: backend.requests)
        proxy.configuration.use(settings(limited(backend.port, limits="limits: { concurrent: 1, rpm: 9 }")))
        refused = await ask(client)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert len(backend.requests) == 1
        gate.set()
        assert (await asking).status_code == 200
        assert (await ask(client)).status_code == 200


@in_loop
async def test_what_is_refused_or_answered_here_counts_for_nothing() -> None:
    async with (
        FakeBackend(reply(200, chat_json(), **{"content-type": "application/json"})) as backend,
        gateway_proxy(limited(backend.port, limits="limits: { rpm: 1 }")) as proxy,
        proxy.client() as client,
    ):
        for content in (b"{", b'{"model": ""}'):
            assert (await client.post("/v1/chat/completions", content=content, headers=AUTHORIZATION)).is_client_error
        assert (await client.get("/v1/models", headers=AUTHORIZATION)).status_code == 200
        assert state(proxy).requests == 0
        assert (await ask(client)).status_code == 200
        assert (await ask(client)).status_code == 429
        assert state(proxy).requests == 1


@in_loop
async def test_paths_that_are_passed_through_count_as_requests() -> None:
    async with (
        FakeBackend(reply(200, b"{}", **{"content-type": "application/json"})) as backend,
        gateway_proxy(limited(backend.port, limits="limits: { rpm: 2 }", server="passthrough_provider: b0")) as proxy,
        proxy.client() as client,
    ):
        speech = {"model": "m", "input": "hi", "voice": "v"}
        spoken = await client.post("/v1/audio/speech", json=speech, headers=AUTHORIZATION)
        listed = await client.get("/v1/files", headers=AUTHORIZATION)
        refused = await client.post("/v1/files", content=b"x" * 100_000, headers=AUTHORIZATION)
    remaining = "x-ratelimit-remaining-requests"
    assert [each.headers[remaining] for each in (spoken, listed, refused)] == ["1", "0", "0"]
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert len(backend.requests) == 2


@CLIENTS
@in_loop
async def test_money_is_counted_before_the_client_can_ask_again(h2: bool) -> None:
    prices = "prices: { upstream-model: { input: 1000, output: 100000 } }"  # 0.007 + 0.9 dollars a stream
    async with (
        FakeBackend(sse(TOLD_16)) as backend,
        gateway_proxy(limited(backend.port, limits="budget: { usd: 1.5, per: month }", server=prices)) as proxy,
        proxy.client(h2=h2) as client,
    ):
        told = [await ask(client, stream=True) for _ in range(3)]
        spent = state(proxy).spent_nano
    assert [each.status_code for each in told] == [200, 200, 429]
    assert spent == 2 * (7 * 1_000_000 + 9 * 100_000_000)
    assert told[2].json()["error"]["code"] == "insufficient_quota"
    assert told[2].headers["x-should-retry"] == "false"
    assert int(told[2].headers["retry-after"]) <= 31 * 86_400


@in_loop
async def test_many_at_once_never_more_than_the_limit_and_all_places_come_back() -> None:
    gate, most, open_now = asyncio.Event(), 0, 0

    async def script(exchange: Exchange) -> None:
        nonlocal most, open_now
        open_now += 1
        most = max(most, open_now)
        await gate.wait()
        open_now -= 1
        await reply(200, chat_json(), **{"content-type": "application/json"})(exchange)

    async with (
        FakeBackend(script) as backend,
        gateway_proxy(limited(backend.port, limits="limits: { concurrent: 5 }")) as proxy,
        proxy.client() as client,
    ):
        client.timeout = httpx.Timeout(30)
        asking = [asyncio.create_task(ask(client)) for _ in range(20)]
        await until(lambda: sum(task.done() for task in asking) == 15 and open_now == 5)
        gate.set()
        statuses = [(await task).status_code for task in asking]
        assert (statuses.count(200), statuses.count(429), most) == (5, 15, 5)
        await until(lambda: not state(proxy).open_requests)
        assert json.loads((await ask(client)).content)["model"] == "m"
