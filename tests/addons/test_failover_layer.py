"""The failover layer on real sockets: every kind of failed attempt, every pairing of protocols, and its connections."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import AsyncIterator

import httpx
import pytest
from mitmproxy import http
from mitmproxy.connection import Server

from addons.attempt import attempt_of
from addons.failover_stream import FailoverStream
from tests.addons.fake_backends import (
    Exchange,
    FakeBackend,
    Script,
    black_hole,
    cut_before_head,
    raw,
    refused_port,
    refusing,
    reply,
    reset_before_head,
    speaking,
    sse,
    stall,
)
from tests.addons.in_process_proxy import InProcessProxy, authorities, in_loop, until
from tests.addons.steering import Target, steered

CLIENTS = pytest.mark.parametrize("h2", [False, True], ids=["h1-client", "h2-client"])
TOO_SLOW_S = 0.1


def tls_context() -> ssl.SSLContext:
    return authorities().trusted.server_context("localhost")


# ---- An attempt that fails gives way to the next.

UPSTREAMS = {"h1": (False, False), "h1-tls": (True, False), "h2-tls": (True, True)}


async def lie_about_length(exchange: Exchange) -> None:
    await exchange.head(200, {"content-type": "application/json", "content-length": "100"})
    await exchange.piece(b'{"id":')
    exchange.cut()


async def cut_whole_chunked_reply(exchange: Exchange) -> None:
    await exchange.head(200, {"content-type": "application/json", "transfer-encoding": "chunked"})
    await exchange.piece(b'{"id":')
    exchange.cut(hard=True)


BAD_SCRIPTS: dict[str, tuple[Script, str]] = {
    "429": (reply(429, b"slow down"), "429"),
    "500": (reply(500), "500"),
    "503": (reply(503, b"<html>" * 999), "503"),
    "cut": (cut_before_head, "error"),
    "reset": (reset_before_head, "error"),
    "garbage": (raw(b"NONSENSE\r\n\r\n"), "error"),
    "silent": (stall, "error too slow"),
    "lying-length": (lie_about_length, "200"),
    "cut-whole-reply": (cut_whole_chunked_reply, "200"),
}


@CLIENTS
@pytest.mark.parametrize("upstream", UPSTREAMS)
@pytest.mark.parametrize("bad", BAD_SCRIPTS)
@in_loop
async def test_a_bad_reply_gives_way_to_the_next_backend(bad: str, upstream: str, h2: bool) -> None:
    tls, upstream_h2 = UPSTREAMS[upstream]
    script, outcome = BAD_SCRIPTS[bad]
    context = tls_context() if tls else None
    deadline_s = TOO_SLOW_S if bad == "silent" else None
    async with (
        FakeBackend(script, tls=context, h2=upstream_h2) as first,
        FakeBackend(reply(200, b"second")) as second,
        steered(Target(first.port, tls, upstream_h2, deadline_s), second.port) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        answered = await client.post("/v1/chat", content=b'{"model":"m"}')
    assert (answered.status_code, answered.content) == (200, b"second")
    assert first.requests[0].body == second.requests[0].body == b'{"model":"m"}'
    assert steering.log[:2] == ["request", steering.log[1]]
    assert steering.log[1].startswith(f"attempt 1: {outcome}")
    assert steering.log[-3:] == ["attempt 2: 200", "responseheaders 200", "response 200"]


@contextlib.asynccontextmanager
async def bad_certificate() -> AsyncIterator[int]:
    async with FakeBackend(stall, tls=authorities().untrusted.server_context("localhost")) as backend:
        yield backend.port


UNREACHABLE = {
    "refused": (refusing, False, None, "Connect call failed"),
    "black-hole": (black_hole, False, TOO_SLOW_S, "too slow"),
    "mute-tls": (lambda: speaking(b""), True, TOO_SLOW_S, "too slow"),
    "no-tls-there": (lambda: speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n"), True, None, "does not speak TLS"),
    "bad-certificate": (bad_certificate, True, None, "Certificate verify failed"),
}


@CLIENTS
@pytest.mark.parametrize("kind", UNREACHABLE)
@in_loop
async def test_an_unreachable_backend_gives_way_to_the_next(kind: str, h2: bool) -> None:
    where, tls, deadline_s, message = UNREACHABLE[kind]
    async with (
        where() as port,
        FakeBackend(reply(200, b"second")) as second,
        steered(Target(port, tls, deadline_s=deadline_s), second.port) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        assert (await client.post("/v1/chat")).content == b"second"
    assert steering.log[1].startswith("attempt 1: error")
    assert message in steering.log[1]
    assert steering.log[2:] == ["attempt 2: 200", "responseheaders 200", "response 200"]


@CLIENTS
@in_loop
async def test_without_the_layer_the_client_gets_the_failure(h2: bool) -> None:
    async with (
        FakeBackend(reply(429)) as first,
        steered(first.port, refused_port(), installed=False) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        assert (await client.post("/v1/chat")).status_code == 429
        steering.targets.pop(0)
        assert b"<html>" in (await client.post("/v1/chat")).content


@CLIENTS
@pytest.mark.parametrize(
    ("second", "status", "body"),
    [
        (reply(502, b"second"), 502, b"second"),
        (cut_before_head, 503, b'{"error": {"message": "server closed connection"}}'),
    ],
    ids=["error-reply", "failure"],
)
@in_loop
async def test_when_all_fail_there_is_one_answer(second: Script, status: int, body: bytes, h2: bool) -> None:
    async with (
        FakeBackend(reply(429, b"first")) as first,
        FakeBackend(second) as last,
        steered(first.port, last.port) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        answered = await client.post("/v1/chat")
    assert (answered.status_code, answered.content) == (status, body)
    assert steering.log[-1] == f"response {status}"
    assert sum(entry.startswith(("response ", "error ")) for entry in steering.log) == 1


@CLIENTS
@in_loop
async def test_the_first_token_of_the_second_backend_is_there_before_its_last(h2: bool) -> None:
    seen = asyncio.Event()
    async with (
        FakeBackend(reply(500)) as first,
        FakeBackend(sse([b"one", b"two"], before_last=seen)) as second,
        steered(first.port, second.port) as (_, proxy),
        proxy.client(h2) as client,
        client.stream("POST", "/v1/chat") as streamed,
    ):
        came = []
        async for piece in streamed.aiter_raw():
            came.append(piece)
            seen.set()
    assert came == [b"one", b"two"]


# ---- Connections.


@in_loop
async def test_after_a_failover_both_connections_are_used_again() -> None:
    async with (
        FakeBackend(reply(429, b"no")) as first,
        FakeBackend(reply(200, b"yes")) as second,
        steered(first.port, second.port) as (_, proxy),
        proxy.client() as client,
    ):
        for _ in range(5):
            assert (await client.post("/v1/chat")).content == b"yes"
        assert (first.connections, second.connections) == (1, 1)


@CLIENTS
@in_loop
async def test_the_same_http2_backend_is_asked_again_on_its_connection(h2: bool) -> None:
    async with (
        FakeBackend(reply(429), reply(500, b"x"), reply(200, b"yes"), tls=tls_context(), h2=True) as backend,
        steered(*[Target(backend.port, tls=True, h2=True)] * 3) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        assert (await client.post("/v1/chat")).content == b"yes"
    assert backend.connections == 1
    assert [entry for entry in steering.log if entry.startswith("attempt")] == [
        "attempt 1: 429",
        "attempt 2: 500",
        "attempt 3: 200",
    ]


@pytest.mark.parametrize("installed", [True, False])
@in_loop
async def test_twelve_parallel_streams_of_one_http2_client(installed: bool) -> None:
    all_there = asyncio.Event()
    arrived: list[Exchange] = []

    async def wait_for_all(exchange: Exchange) -> None:
        arrived.append(exchange)
        if len(arrived) == 12:
            all_there.set()
        await all_there.wait()
        await reply(200, b"done")(exchange)

    async with (
        FakeBackend(wait_for_all) as backend,
        steered(backend.port, installed=installed) as (_, proxy),
        proxy.client(h2=True) as client,
    ):
        calls = asyncio.gather(*(client.post("/v1/chat") for _ in range(12)))
        if not installed:  # mitmproxy's limit, the reason for ours
            await until(lambda: len(arrived) == 5)
            await asyncio.sleep(0.1)
            assert len(arrived) == 5
            all_there.set()
        assert [answered.content for answered in await calls] == [b"done"] * 12


@pytest.mark.parametrize("installed", [True, False])
@in_loop
async def test_a_backend_that_was_down_is_asked_again(installed: bool) -> None:
    async with FakeBackend(reply(200, b"up")) as backend:
        port = backend.port
    async with steered(port, installed=installed) as (_, proxy), proxy.client(h2=True) as client:
        assert (await client.post("/v1/chat")).status_code == (503 if installed else 502)
        async with FakeBackend(reply(200, b"up"), port=port):
            status = (await client.post("/v1/chat")).status_code
    assert status == (200 if installed else 502)  # mitmproxy keeps the error for the client connection's life


@pytest.mark.parametrize("installed", [True, False])
@CLIENTS
@in_loop
async def test_connections_do_not_pile_up(h2: bool, installed: bool) -> None:
    async with (
        FakeBackend(reply(429), tls=tls_context()) as first,
        FakeBackend(cut_before_head) as second,
        FakeBackend(reply(200, b"yes")) as third,
        steered(Target(first.port, tls=True), second.port, third.port, installed=installed) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        if not installed:
            steering.targets = steering.targets[2:]
        for _ in range(100):
            assert (await client.post("/v1/chat")).content == b"yes"
        await until(lambda: len(upstreams(proxy)) <= 2 or not installed)
        (layer,) = proxy.http_layers()
        if installed:
            assert len(layer.connections) <= 3
            assert len(layer.command_sources) == len(layer.waiting_for_establishment) == 0
        elif h2:
            assert len(layer.connections) > 100
        assert len(layer.streams) == 0


@in_loop
async def test_failed_connects_leave_nothing_behind() -> None:
    async with steered(*[refused_port()] * 10) as (_, proxy), proxy.client(h2=True) as client:
        for _ in range(2):
            assert (await client.post("/v1/chat")).status_code == 503
        (handler,) = proxy.proxyserver.connections.values()
        assert list(handler.transports) == [handler.client]
        assert upstreams(proxy) == []


@in_loop
async def test_a_request_that_waits_for_a_free_stream_is_told_when_the_connection_ends() -> None:
    go_on = asyncio.Event()

    async def die(exchange: Exchange) -> None:
        await go_on.wait()
        exchange.close()

    async with (
        FakeBackend(die, tls=tls_context(), h2=True, max_streams=1) as first,
        FakeBackend(reply(200, b"second")) as second,
        steered(Target(first.port, tls=True), second.port) as (steering, proxy),
        proxy.client(h2=True) as client,
    ):
        running = asyncio.create_task(client.post("/v1/chat"))
        await until(lambda: first.requests)
        waiting = asyncio.create_task(client.post("/v1/chat"))
        await until(lambda: steering.log.count("request") == 2)
        go_on.set()
        assert [(await call).content for call in (running, waiting)] == [b"second", b"second"]
    assert (len(first.requests), first.connections) == (1, 1)


def upstreams(proxy: InProcessProxy) -> list[Server]:
    (layer,) = proxy.http_layers()
    return [connection for connection in layer.connections if isinstance(connection, Server)]


@CLIENTS
@in_loop
async def test_forty_requests_at_once_over_backends_that_fail_in_every_way(h2: bool) -> None:
    scripts = [*(script for script, _ in BAD_SCRIPTS.values()), reply(200, b"yes"), sse([b"yes", b"!"], cut=True)]
    async with (
        FakeBackend(*random.Random(7).choices(scripts, k=60)) as first,
        FakeBackend(*random.Random(8).choices(scripts, k=40), tls=tls_context(), h2=True) as second,
        FakeBackend(reply(200, b"yes")) as third,
        steered(
            Target(first.port, deadline_s=TOO_SLOW_S), Target(second.port, True, True, TOO_SLOW_S), third.port
        ) as (_, proxy),
        proxy.client(h2) as client,
    ):
        answers = await asyncio.gather(*(client.post("/v1/chat", content=b"%d" % number) for number in range(40)))
        assert {answered.text[:3] for answered in answers} == {"yes"}
        await until(lambda: not any(layer.streams for layer in proxy.http_layers()))
        assert not any(layer.waiting_for_establishment for layer in proxy.http_layers())
    assert len(third.requests) > 4


# ---- Through an HTTP proxy, and through CONNECT.


class FirstByProxy:
    """The first attempt goes through an HTTP proxy, the others directly."""

    def __init__(self, port: int) -> None:
        self._port = port

    def request(self, flow: http.HTTPFlow) -> None:
        flow.server_conn = Server(address=None, via=("http", ("127.0.0.1", self._port)))


@pytest.mark.parametrize("deadline_s", [None, TOO_SLOW_S], ids=["refused", "mute"])
@in_loop
async def test_the_next_attempt_does_not_inherit_the_http_proxy(deadline_s: float | None) -> None:
    async with (
        speaking(b"") as mute,
        FakeBackend(reply(200, b"direct")) as backend,
        steered(Target(backend.port, deadline_s=deadline_s), backend.port) as (steering, proxy),
        proxy.client() as client,
    ):
        proxy.master.addons.add(FirstByProxy(mute if deadline_s else refused_port()))
        assert (await client.post("/v1/chat")).content == b"direct"
        assert [type(connection) for connection in upstreams(proxy)] == [Server]
    assert steering.log[1].startswith("attempt 1: error")
    assert len(backend.requests) == 1


@CLIENTS
@in_loop
async def test_failover_inside_connect(h2: bool) -> None:
    async with (
        FakeBackend(reply(429)) as first,
        speaking(b"") as mute,
        FakeBackend(reply(200, b"third")) as third,
        steered(first.port, Target(mute, deadline_s=TOO_SLOW_S), third.port, mode="regular") as (steering, proxy),
        proxy.client(h2, through_connect=True) as client,
    ):
        for _ in range(5):
            assert (await client.post("https://api.invalid/v1/chat")).content == b"third"
        layers = proxy.http_layers()
        assert len(layers) == 2
        await until(lambda: all(len(layer.connections) <= 4 for layer in layers))
    assert steering.log[:3] == ["request", "attempt 1: 429", "attempt 2: error too slow"]


@in_loop
async def test_a_request_that_nobody_has_addressed_goes_nowhere() -> None:
    """A hook has failed, and mitmproxy only logged it: the client's own request would go on to its original host."""
    async with (
        FakeBackend(reply(200, b"a stranger's")) as backend,
        steered(backend.port) as (steering, proxy),
        proxy.client() as client,
    ):
        route = steering.route

        def fail(flow: http.HTTPFlow) -> None:
            route(flow)
            attempt = attempt_of(flow)
            assert attempt
            attempt.unaddressed = True

        steering.route = fail  # type: ignore[method-assign]
        answered = await client.post("/", content=b"a prompt")
    assert answered.status_code == 503
    assert "addressed to nobody" in answered.text
    assert (backend.requests, backend.connections) == ([], 0)


@CLIENTS
@in_loop(expect_error="the HTTP layer has crashed")
async def test_a_crash_hangs_up_on_the_client(h2: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(FailoverStream, "_fault_of", crash)
    async with FakeBackend(reply(200, b"hi")) as backend, steered(backend.port) as (_, proxy):
        async with proxy.client(h2) as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.post("/v1/chat")
        await until(lambda: not proxy.proxyserver.connections)
