"""Through the failover layer, but without an Attempt: as mitmproxy does it. Each case runs with it and without."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from mitmproxy import http

from addons.failover_layer import FailoverInstaller
from tests.addons.fake_backends import Exchange, FakeBackend, refused_port, reply, sse
from tests.addons.in_process_proxy import InProcessProxy, in_loop

BOTH = pytest.mark.parametrize("installed", [True, False], ids=["with-layer", "plain-mitmproxy"])
CLIENTS = pytest.mark.parametrize("h2", [False, True], ids=["h1-client", "h2-client"])


class Route:
    """Sends everything to one port, and keeps the hooks' names."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.log: list[str] = []

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        flow.request.scheme, flow.request.host, flow.request.port = "http", "127.0.0.1", self._port

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        self.log.append("responseheaders")

    def response(self, flow: http.HTTPFlow) -> None:
        self.log.append("response")

    def error(self, flow: http.HTTPFlow) -> None:
        self.log.append("error")

    def proapi_attempt(self, flow: http.HTTPFlow) -> None:
        raise AssertionError("nobody attached an attempt")

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        assert flow.websocket
        self.log.append(f"message {flow.websocket.messages[-1].text}")


def through(port: int, installed: bool, **settings: object) -> tuple[Route, InProcessProxy]:
    route = Route(port)
    layer = [FailoverInstaller()] if installed else []
    return route, InProcessProxy(*layer, route, **settings)  # type: ignore[arg-type]


@BOTH
@CLIENTS
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT"])
@in_loop
async def test_requests_and_error_replies(method: str, h2: bool, installed: bool) -> None:
    body = b"" if method == "HEAD" else b"its own words"
    async with FakeBackend(reply(429, body), reply(200, body)) as backend:
        route, running = through(backend.port, installed)
        async with running as proxy, proxy.client(h2) as client:
            answers = [await client.request(method, "/anything") for _ in range(2)]
    assert [(answered.status_code, answered.content) for answered in answers] == [(429, body), (200, body)]
    assert route.log == ["responseheaders", "response"] * 2


@BOTH
@in_loop
async def test_100_continue(installed: bool) -> None:
    async with FakeBackend(reply(200, b"stored")) as backend:
        _, running = through(backend.port, installed)
        async with running as proxy:
            reader, writer = await proxy.raw(
                b"POST /x HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n"
            )
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
            writer.write(b"body")
            assert b" 200 " in await reader.readline()
            writer.close()
    assert backend.requests[0].body == b"body"


@BOTH
@CLIENTS
@in_loop
async def test_large_bodies_are_streamed_if_the_user_wants_it(h2: bool, installed: bool) -> None:
    body = b"x" * 5000
    async with FakeBackend(reply(200, body)) as backend:
        route, running = through(backend.port, installed, stream_large_bodies="1k")
        async with running as proxy, proxy.client(h2) as client:
            assert (await client.post("/x", content=body)).content == body
    assert backend.requests[0].body == body
    assert route.log == ["responseheaders", "response"]


@BOTH
@CLIENTS
@in_loop
async def test_a_broken_stream_is_cut(h2: bool, installed: bool) -> None:
    class StreamIt:
        def responseheaders(self, flow: http.HTTPFlow) -> None:
            assert flow.response
            flow.response.stream = lambda data: data or []

    async with FakeBackend(sse([b"one", b"two"], cut=True)) as backend:
        route, running = through(backend.port, installed)
        async with running as proxy, proxy.client(h2) as client:
            proxy.master.addons.add(StreamIt())
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/x")
    assert route.log == ["responseheaders", "error"]


@BOTH
@in_loop
async def test_a_backend_that_cannot_be_reached_is_an_error(installed: bool) -> None:
    route, running = through(refused_port(), installed)
    async with running as proxy, proxy.client() as client:
        answered = await client.get("/x")
    assert answered.status_code == 502
    assert answered.headers["content-type"] == ("application/json" if installed else "text/html")
    assert route.log == ["error"]


@BOTH
@in_loop
async def test_websockets(installed: bool) -> None:
    async def echo(exchange: Exchange) -> None:
        exchange.raw(WEBSOCKET_ACCEPTED)
        exchange.raw(b"\x81\x02hi")
        await exchange.gone.wait()

    async with FakeBackend(echo) as backend:
        route, running = through(backend.port, installed)
        async with running as proxy:
            reader, writer = await proxy.raw(WEBSOCKET_HANDSHAKE)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            assert await reader.readexactly(4) == b"\x81\x02hi"
            writer.close()
    assert route.log == ["responseheaders", "response", "message hi"]


WEBSOCKET_HANDSHAKE = (
    b"GET /realtime HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
WEBSOCKET_ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


@BOTH
@CLIENTS
@in_loop
async def test_connect(h2: bool, installed: bool) -> None:
    async with FakeBackend(reply(200, b"inside")) as backend:
        _, running = through(backend.port, installed, mode="regular")
        async with running as proxy, proxy.client(h2, through_connect=True) as client:
            for _ in range(3):
                assert (await client.get("https://api.invalid/x")).content == b"inside"


@BOTH
@in_loop
async def test_a_tunnel_that_is_not_opened(installed: bool) -> None:
    """CONNECT to something that is no HTTP: bytes there and back, and an end."""

    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(5)).upper())
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    _, running = through(port, installed, mode="regular", tcp_hosts=[".*"])
    async with running as proxy:
        reader, writer = await proxy.raw(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % port)
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(b"hello")
        assert await reader.read() == b"HELLO"
        writer.close()
    server.close()
