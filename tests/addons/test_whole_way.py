"""Failover, health and deadlines on the whole way: a client, the gateway on an api.yaml, backends that fail."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import httpx
import pytest

from proapi_gateway.failover import ATTEMPT_BUDGET
from tests.addons.exchanges import settings
from tests.addons.fake_backends import (
    Exchange,
    FakeBackend,
    Script,
    cut_before_head,
    refused_port,
    reply,
    reset_before_head,
    sse,
    stall,
)
from tests.addons.gateway_proxy import GatewayProxy, ask, blocks_at, chat_json, gateway_proxy
from tests.addons.in_process_proxy import in_loop
from tests.end_to_end.configs import AUTHORIZATION, chat_chunk, chat_end

CLIENTS = pytest.mark.parametrize("h2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
GOOD = reply(200, chat_json())
LIMITED = reply(429, b'{"error": {"message": "slow down"}}', **{"retry-after": "30"})
FAILING = reply(503, b'{"error": {"message": "busy"}}')
BIG = b" " * (300 * 1024)  # more than is held until a reply stands


def stalls_after(*pieces: bytes, of: int = 10_000_000) -> Script:
    """A whole reply that stops in its middle."""

    async def script(exchange: Exchange) -> None:
        await exchange.head(200, {"content-length": str(of)})
        for piece in pieces:
            await exchange.piece(piece)
        await exchange.gone.wait()

    return script


def told(proxy: GatewayProxy, request: int = -1) -> list[tuple[str, int | None]]:
    return [(record.provider, record.status) for record in proxy.exchanges[request].history]


def open_requests(proxy: GatewayProxy) -> int:
    return sum(state.open_requests for state in proxy.configuration.gateway().snapshot.health.states())


# ---- Deadlines.


@pytest.mark.parametrize("pieces", [(), (b'{"id": ',), (BIG,)], ids=["no body", "a little", "more than is held"])
@in_loop
async def test_a_whole_reply_that_stalls_runs_into_idle(pieces: tuple[bytes, ...]) -> None:
    async with (
        FakeBackend(stalls_after(*pieces)) as backend,
        gateway_proxy(blocks_at(backend.port, extra="timeout: { idle: 0.3, first_byte: 20 }")) as proxy,
        proxy.client() as client,
    ):
        answer = await ask(client)
        await backend.closed.wait()
    assert answer.status_code == 504
    assert "timeout: idle" in answer.json()["error"]["message"]


@pytest.mark.parametrize("pieces", [(), (BIG,)], ids=["no body", "more than is held"])
@in_loop
async def test_one_that_stalls_is_replaced(pieces: tuple[bytes, ...]) -> None:
    async with (
        FakeBackend(stalls_after(*pieces)) as first,
        FakeBackend(GOOD) as second,
        gateway_proxy(blocks_at(first.port, second.port, extra="timeout: { idle: 0.3 }")) as proxy,
        proxy.client() as client,
    ):
        answer = await ask(client)
    assert (answer.status_code, answer.headers["x-proapi-attempts"]) == (200, "2")
    assert answer.json()["choices"][0]["message"]["content"] == "hello"


@in_loop
async def test_a_whole_reply_that_trickles_is_waited_for() -> None:
    async def trickles(exchange: Exchange) -> None:
        body = chat_json()
        await exchange.head(200, {"content-length": str(len(body))})
        for start in range(0, len(body), 20):
            await exchange.piece(body[start : start + 20])
            await asyncio.sleep(0.05)
        await exchange.end()

    async with (
        FakeBackend(trickles) as backend,
        gateway_proxy(blocks_at(backend.port, extra="timeout: { idle: 0.4 }")) as proxy,
        proxy.client() as client,
    ):
        assert (await ask(client)).status_code == 200


# ---- Streams.


@CLIENTS
@pytest.mark.parametrize("first", [FAILING, stall, cut_before_head, sse([b'data: {"error": {"message": "no"}}\n\n'])])
@in_loop
async def test_the_second_backends_tokens_come_as_they_are_made(first: Script, h2: bool) -> None:
    go_on = asyncio.Event()
    async with (
        FakeBackend(first) as bad,
        FakeBackend(sse([chat_chunk("one"), chat_chunk("two") + chat_end()], before_last=go_on)) as good,
        gateway_proxy(blocks_at(bad.port, good.port, extra="timeout: { first_byte: 0.5 }")) as proxy,
        proxy.client(h2=h2) as client,
    ):
        asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
        url = "/v1/chat/completions"
        async with client.stream("POST", url, json=asked, headers=AUTHORIZATION) as answer:
            pieces = answer.aiter_text()
            text = await anext(pieces)
            while "one" not in text:
                text += await anext(pieces)
            assert "two" not in text
            go_on.set()
            text += "".join([piece async for piece in pieces])
    assert text.count("data: [DONE]") == 1
    assert '"error"' not in text
    assert [provider for provider, _ in told(proxy)] == ["openai/b0", "openai/b1"]


@CLIENTS
@in_loop
async def test_a_stream_that_dies_ends_with_an_error_event_and_is_recorded_as_failed(h2: bool) -> None:
    async with (
        FakeBackend(sse([chat_chunk("one"), chat_chunk("two")], cut=True)) as first,
        FakeBackend(GOOD) as second,
        gateway_proxy(blocks_at(first.port, second.port)) as proxy,
        proxy.client(h2=h2) as client,
    ):
        answer = await ask(client, stream=True)  # a body without a proper end would be an exception here
        assert open_requests(proxy) == 0
    assert second.requests == []
    events = [event for event in answer.text.split("\n\n") if event]
    assert "two" in answer.text
    assert '"finish_reason":"stop"' not in answer.text.replace(" ", "")
    assert any('"error"' in event for event in events[-2:])
    (made,) = proxy.exchanges
    assert made.sent.reply.failure is not None
    assert [(record.status, bool(record.fault)) for record in made.history] == [(200, True)]
    assert made.snapshot.health.states()[0].failures == 1


@CLIENTS
@in_loop
async def test_a_body_that_is_not_translated_shows_its_cut(h2: bool) -> None:
    async with (
        FakeBackend(sse([b"data: 1\n\n", b"data: 2\n\n"], cut=True)) as backend,
        gateway_proxy(blocks_at(backend.port)) as proxy,
        proxy.client(h2=h2) as client,
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/v1/audio/speech", json={"model": "m", "input": "hi"}, headers=AUTHORIZATION)
        assert open_requests(proxy) == 0
    assert proxy.exchanges[0].history[0].fault
    assert proxy.exchanges[0].snapshot.health.states()[0].failures == 1


# ---- Doubt.


async def images(first: Script, extra: str = "") -> tuple[httpx.Response, int]:
    """(the answer, how many requests the second backend had)"""
    async with (
        FakeBackend(first) as bad,
        FakeBackend(reply(200, b'{"data": []}')) as good,
        gateway_proxy(blocks_at(bad.port, good.port, extra=extra)) as proxy,
        proxy.client() as client,
    ):
        body = {"model": "m", "prompt": "a cat"}
        answer = await client.post("/v1/images/generations", json=body, headers=AUTHORIZATION)
        return answer, len(good.requests)


@pytest.mark.parametrize("first", [cut_before_head, reset_before_head, stall, reply(500), reply(502), reply(504)])
@in_loop
async def test_a_picture_is_not_made_twice(first: Script) -> None:
    answer, asked = await images(first, "timeout: { first_byte: 0.3 }")
    assert answer.status_code >= 500
    assert asked == 0


@pytest.mark.parametrize("first", [LIMITED, FAILING, reply(401)])
@in_loop
async def test_a_picture_that_was_surely_not_made_is_made_elsewhere(first: Script) -> None:
    answer, asked = await images(first)
    assert (answer.status_code, asked) == (200, 1)


@pytest.mark.parametrize(("first", "asked"), [(cut_before_head, 0), (reply(200, b"<html>"), 0), (FAILING, 1)])
@in_loop
async def test_a_block_may_forbid_to_try_again_in_doubt(first: Script, asked: int) -> None:
    async with (
        FakeBackend(first) as bad,
        FakeBackend(GOOD) as good,
        gateway_proxy(blocks_at(bad.port, good.port, extra="retry_in_doubt: false")) as proxy,
        proxy.client() as client,
    ):
        answer = await ask(client)
    assert len(good.requests) == asked
    assert answer.status_code == (200 if asked else 502)


# ---- Health.


@in_loop
async def test_a_dead_backend_is_met_once_and_a_reload_does_not_forget_it() -> None:
    async with FakeBackend(GOOD) as good:
        config = blocks_at(refused_port(), good.port)
        async with gateway_proxy(config) as proxy, proxy.client() as client:
            for _ in range(4):
                assert (await ask(client)).status_code == 200
            proxy.configuration.use(settings(config + "\n  fallback: { m: [ m ] }"))
            for _ in range(4):
                assert (await ask(client)).status_code == 200
            assert open_requests(proxy) == 0
    assert sum(len(made.history) for made in proxy.exchanges) == 9


@in_loop
async def test_a_limited_key_is_left_alone() -> None:
    async def by_key(exchange: Exchange) -> None:
        await (LIMITED if exchange.request.headers[b"authorization"].endswith(b"one") else GOOD)(exchange)

    async with (
        FakeBackend(by_key) as backend,
        gateway_proxy(blocks_at(backend.port, extra="api_key: [ sk-number-one, sk-number-two ]")) as proxy,
        proxy.client() as client,
    ):
        answers = [await ask(client) for _ in range(6)]
    assert {answer.status_code for answer in answers} == {200}
    keys = [request.headers[b"authorization"] for request in backend.requests]
    assert keys.count(b"Bearer sk-number-one") == 1


@in_loop
async def test_where_every_key_is_limited_one_is_asked_and_says_for_how_long() -> None:
    async with (
        FakeBackend(LIMITED) as backend,
        gateway_proxy(blocks_at(backend.port, extra="api_key: [ sk-number-one, sk-number-two ]")) as proxy,
        proxy.client() as client,
    ):
        first, second = await ask(client), await ask(client)
    assert (first.headers["x-proapi-attempts"], second.headers["x-proapi-attempts"]) == ("2", "1")
    assert (second.status_code, second.headers["retry-after"]) == (429, "30")


@in_loop
async def test_a_backend_that_has_recovered_is_used_though_it_should_cool() -> None:
    async with (
        FakeBackend(FAILING, FAILING, FAILING, GOOD) as backend,
        gateway_proxy(blocks_at(backend.port)) as proxy,
        proxy.client() as client,
    ):
        assert [(await ask(client)).status_code for _ in range(5)] == [503, 503, 503, 200, 200]
        (state,) = proxy.configuration.gateway().snapshot.health.states()
    assert state.state == "healthy"


# ---- Everything at once.

FAULTS: tuple[Callable[[], Script], ...] = (
    lambda: GOOD,
    lambda: GOOD,
    lambda: FAILING,
    lambda: LIMITED,
    lambda: reply(401),
    lambda: reply(400, b'{"error": {"message": "no"}}'),
    lambda: reply(429, **{"retry-after-ms": "20"}),
    lambda: cut_before_head,
    lambda: reset_before_head,
    lambda: reply(200, b"<html>"),
    lambda: sse([chat_chunk("a"), chat_chunk("b")], cut=True),
    lambda: stall,
)


def flapping(seed: int) -> Script:
    chance = random.Random(seed)

    async def script(exchange: Exchange) -> None:
        await chance.choice(FAULTS)()(exchange)

    return script


@pytest.mark.parametrize("seed", range(3))
@CLIENTS
@in_loop
async def test_no_storm_of_faults_breaks_the_rules(seed: int, h2: bool) -> None:
    chance = random.Random(seed)
    extra = "api_key: [ sk-number-one, sk-number-two ]\ntimeout: { first_byte: 0.2, idle: 0.2 }"
    async with FakeBackend(flapping(seed)) as one, FakeBackend(flapping(seed + 100)) as two:
        config = blocks_at(one.port, refused_port(), two.port, extra=extra)
        async with gateway_proxy(config) as proxy, proxy.client(h2=h2) as client:

            async def leave_early(stream: bool) -> None:
                # what is cancelled may break all streams of httpx's connection; one that was being made is never closed
                async with proxy.client(h2=h2) as leaving:
                    await ask(leaving)
                    asking = asyncio.ensure_future(ask(leaving, stream=stream))
                    await asyncio.sleep(chance.random() / 10)
                    asking.cancel()
                    await asyncio.gather(asking, return_exceptions=True)

            async def one_request(number: int) -> None:
                if number % 7 == 0:
                    await leave_early(bool(number % 2))
                    return
                try:
                    answer = await ask(client, stream=bool(number % 2))
                except httpx.TransportError:  # a stream that was cut
                    return
                assert answer.status_code in (200, 400, 401, 429, 502, 503, 504), answer.text
                if number == 10:
                    proxy.configuration.use(settings(config))

            for start in range(0, 40, 10):
                await asyncio.gather(*(one_request(number) for number in range(start, start + 10)))
        assert open_requests(proxy) == 0
    for made in proxy.exchanges:
        assert len(made.history) == made.attempts <= ATTEMPT_BUDGET
        tried = [(record.provider, record.key_position, record.model) for record in made.history]
        again = [who for number, who in enumerate(tried) if who in tried[:number]]
        assert len(again) <= 1
        assert not again or again == tried[-1:]
