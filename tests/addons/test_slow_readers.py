"""A client that takes its reply slowly: its backend is read no further, and goes on when there is room again."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator

import h2.events
import pytest

from tests.addons.fake_backends import Exchange, FakeBackend
from tests.addons.gateway_proxy import blocks_at, gateway_proxy
from tests.addons.in_process_proxy import RawH2Client, in_loop
from tests.end_to_end.configs import AUTHORIZATION, chat_body, chat_chunk, chat_end
from tests.end_to_end.connect_proxy import ConnectProxy

PIECES, PIECE = 2000, 60_000  # far more than the system's own buffers grow to
BODY = json.dumps(chat_body(stream=True)).encode()
HEAD = "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nauthorization: {}\r\ncontent-length: {}\r\n\r\n"
POST = HEAD.format(AUTHORIZATION["authorization"], len(BODY)).encode()
IDLE_S = 0.5


class Endless:
    """A stream that goes on until it is `enough`, or all pieces are sent."""

    def __init__(self) -> None:
        self.sent_bytes, self.enough = 0, False

    async def script(self, exchange: Exchange) -> None:
        await exchange.head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        for _ in range(PIECES):
            if self.enough:
                break
            await exchange.piece(chat_chunk("x" * PIECE))
            self.sent_bytes += PIECE
        await exchange.piece(chat_end())
        await exchange.end()

    async def until_read_no_further(self) -> None:
        """… for longer than the backend's silence may be."""
        last = -1
        while last != self.sent_bytes or not self.sent_bytes:
            last = self.sent_bytes
            await asyncio.sleep(2 * IDLE_S)
        assert self.sent_bytes < PIECES * PIECE / 2
        self.enough = True

    def assert_whole(self, body: bytes | bytearray) -> None:
        assert len(body) > self.sent_bytes
        assert body.endswith(b"data: [DONE]\n\n"), bytes(body[-300:])
        assert b'"error"' not in body


@contextlib.contextmanager
def config(port: int, tunnelled: bool) -> Iterator[str]:
    """`tunnelled`: the backend is reached through an HTTP proxy."""
    with ConnectProxy() as proxy:
        lines = [f"timeout: {{ idle: {IDLE_S} }}", *[f"proxy: http://{proxy.address}"] * tunnelled]
        yield blocks_at(port, extra="\n".join(lines))
        assert bool(proxy.heads) is tunnelled


@pytest.mark.parametrize("tunnelled", [False, True], ids=["directly", "through a proxy"])
@pytest.mark.parametrize("goes_on", [True, False], ids=["goes on", "leaves"])
@in_loop
async def test_a_shut_window_stops_the_backend(goes_on: bool, tunnelled: bool) -> None:
    endless = Endless()
    async with FakeBackend(endless.script) as backend:
        with config(backend.port, tunnelled) as text:
            async with gateway_proxy(text) as proxy:
                with contextlib.closing(await proxy.raw_h2()) as client:
                    stream_id = client.post("/v1/chat/completions", end_stream=False, **AUTHORIZATION)
                    client.h2.send_data(stream_id, BODY, end_stream=True)
                    client.flush()
                    await endless.until_read_no_further()
                    if goes_on:
                        endless.assert_whole(await _read_h2(client, stream_id))


@pytest.mark.parametrize("tunnelled", [False, True], ids=["directly", "through a proxy"])
@in_loop
async def test_a_full_socket_stops_the_backend(tunnelled: bool) -> None:
    endless = Endless()
    async with FakeBackend(endless.script) as backend:
        with config(backend.port, tunnelled) as text:
            async with gateway_proxy(text) as proxy:
                reader, writer = await proxy.raw(POST + BODY)
                with contextlib.closing(writer):
                    await endless.until_read_no_further()
                    reply = bytearray()
                    while not reply.endswith(b"\r\n0\r\n\r\n"):
                        data = await reader.read(65536)
                        assert data, bytes(reply[-300:])
                        reply += data
                    endless.assert_whole(reply.removesuffix(b"\r\n0\r\n\r\n"))


async def _read_h2(client: RawH2Client, stream_id: int) -> bytes:
    received = bytearray()
    while True:
        for event in client.h2.receive_data(await client._reader.read(65536)):
            if isinstance(event, h2.events.DataReceived):
                client.h2.acknowledge_received_data(event.flow_controlled_length, stream_id)
                received += event.data
            elif isinstance(event, h2.events.StreamEnded):
                return bytes(received)
        client.flush()
