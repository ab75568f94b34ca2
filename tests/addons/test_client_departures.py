"""A client leaves in the middle of a reply: its backend is hung up on at once, or heard to its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from addons import client_departures
from tests.addons.fake_backends import Exchange, FakeBackend, Script
from tests.addons.gateway_proxy import GatewayProxy, blocks_at, chat_json, gateway_proxy
from tests.addons.in_process_proxy import in_loop, until
from tests.end_to_end.configs import AUTHORIZATION, chat_body, chat_chunk, chat_end

USAGE = {"prompt_tokens": 7, "completion_tokens": 9, "total_tokens": 16}
CLIENTS = pytest.mark.parametrize("h2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
DRAIN, CANCEL = "on_disconnect: drain", "on_disconnect: cancel"


def paced(first: list[bytes], go_on: asyncio.Event, rest: list[bytes]) -> Script:
    """A stream whose second half waits for the test."""

    async def script(exchange: Exchange) -> None:
        await exchange.head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        for piece in first:
            await exchange.piece(piece)
        await go_on.wait()
        for piece in rest:
            await exchange.piece(piece)
        await exchange.end()

    return script


def whole(go_on: asyncio.Event) -> Script:
    async def script(exchange: Exchange) -> None:
        await go_on.wait()
        body = chat_json()
        await exchange.head(200, {"content-length": str(len(body))})
        await exchange.piece(body)
        await exchange.end()

    return script


END = [chat_chunk("more"), chat_chunk(choices=[], usage=USAGE), chat_end()]


@contextlib.asynccontextmanager
async def left_alone(
    script: Script, server: str, h2: bool, *, blocks: int = 1, **asked: object
) -> AsyncIterator[Left]:
    """A gateway whose one client asked, read what was there, and left."""
    async with (
        FakeBackend(script) as backend,
        gateway_proxy(blocks_at(*[backend.port] * blocks, server=server)) as proxy,
    ):
        client, began_s = proxy.client(h2=h2), asyncio.get_running_loop().time()
        body = chat_body(**asked)
        if not asked.get("stream"):
            asking = asyncio.create_task(client.post("/v1/chat/completions", json=body, headers=AUTHORIZATION))
            await until(lambda: backend.requests)
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asking
        else:
            async with client.stream("POST", "/v1/chat/completions", json=body, headers=AUTHORIZATION) as reply:
                assert "some" in await anext(reply.aiter_text())
        await client.aclose()
        yield Left(backend, proxy, began_s)


class Left:
    def __init__(self, backend: FakeBackend, proxy: GatewayProxy, began_s: float) -> None:
        self.backend, self.proxy = backend, proxy
        self._began_s = began_s

    async def ended(self) -> None:
        await until(lambda: self.proxy.exchanges)

    def since_s(self) -> float:
        return asyncio.get_running_loop().time() - self._began_s

    @property
    def open_requests(self) -> int:
        (state,) = self.proxy.configuration.gateway().snapshot.health.states()
        return state.open_requests


@CLIENTS
@in_loop
async def test_cancel_closes_the_backends_connection_at_once(h2: bool) -> None:
    script = paced([chat_chunk("some")], asyncio.Event(), END)
    async with left_alone(script, CANCEL, h2, stream=True) as left:
        await left.backend.closed.wait()
        assert left.since_s() < client_departures.DRAIN_LIMIT_S / 4
        await left.ended()
        assert left.open_requests == 0
    (made,) = left.proxy.exchanges
    assert made.history[0].fault
    assert made.snapshot.health.states()[0].state == "healthy"


@CLIENTS
@in_loop
async def test_drain_hears_a_stream_to_its_end_for_its_usage(h2: bool) -> None:
    go_on = asyncio.Event()
    async with left_alone(paced([chat_chunk("some")], go_on, END), DRAIN, h2, stream=True) as left:
        await asyncio.sleep(0.05)
        assert left.open_requests == 1
        assert not left.backend.closed.is_set()
        go_on.set()
        await left.ended()
        assert left.open_requests == 0
    (made,) = left.proxy.exchanges
    assert made.sent.reply.usage.completion_tokens == 9
    assert made.history[0].fault


@CLIENTS
@in_loop
async def test_drain_waits_for_a_whole_reply_too(h2: bool) -> None:
    go_on = asyncio.Event()
    async with left_alone(whole(go_on), DRAIN, h2) as left:
        await asyncio.sleep(0.05)
        go_on.set()
        await left.ended()
    (made,) = left.proxy.exchanges
    assert made.sent.reply.usage.completion_tokens == 1


@in_loop
async def test_nobody_else_is_tried_for_a_client_that_left() -> None:
    go_on = asyncio.Event()

    async def fails(exchange: Exchange) -> None:
        await go_on.wait()
        await exchange.head(503, {"content-length": "0"})
        await exchange.end()

    async with left_alone(fails, DRAIN, False, blocks=2) as left:
        await asyncio.sleep(0.05)
        go_on.set()
        await left.ended()
    assert len(left.backend.requests) == 1


@in_loop
async def test_a_drain_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_departures, "DRAIN_LIMIT_BYTES", 2000)
    go_on, never = asyncio.Event(), asyncio.Event()

    async def endless(exchange: Exchange) -> None:
        await exchange.head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        await exchange.piece(chat_chunk("some"))
        await go_on.wait()
        await exchange.piece(chat_chunk("x" * 3000))
        await never.wait()

    async with left_alone(endless, DRAIN, False, stream=True) as left:
        await asyncio.sleep(0.05)
        go_on.set()
        await left.backend.closed.wait()
        await left.ended()
        assert left.open_requests == 0


@in_loop
async def test_a_drain_is_bounded_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_departures, "DRAIN_LIMIT_S", 0.1)
    async with left_alone(paced([chat_chunk("some")], asyncio.Event(), END), DRAIN, False, stream=True) as left:
        await left.backend.closed.wait()
        await left.ended()
        assert left.since_s() > 0.09  # no clock is finer
