"""mitmproxy's own errors as OpenAI's JSON object."""

from __future__ import annotations

import contextlib
import json

import httpx
import pytest

from addons.client_errors import json_error
from tests.addons.fake_backends import Exchange, FakeBackend, refused_port, reply, stall
from tests.addons.in_process_proxy import InProcessProxy, in_loop
from tests.addons.steering import steered

CLIENTS = pytest.mark.parametrize("h2", [False, True], ids=["h1-client", "h2-client"])


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "invalid_request_error"), (413, "invalid_request_error"), (502, "upstream_error")]
)
def test_the_object(status: int, kind: str) -> None:
    reply_to_client = json_error(status, 'a "<word>"')
    assert json.loads(reply_to_client.content or b"") == {
        "error": {"message": 'a "<word>"', "type": kind, "param": None, "code": None}
    }
    assert reply_to_client.headers["content-type"] == "application/json"


async def say(proxy: InProcessProxy, data: bytes) -> tuple[int, httpx.Headers, bytes]:
    """Everything that comes back until the connection ends."""
    reader, writer = await proxy.raw(data)
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    first, *lines = head.split(b"\r\n")
    headers = httpx.Headers([tuple(line.split(b": ", 1)) for line in lines])  # type: ignore[misc]
    return int(first.split(b" ")[1]), headers, body


BAD_REQUESTS = {
    "no-request-line": (b"NONSENSE\r\n\r\n", "NONSENSE"),
    "bad-version": (b"GET / HTTP/one\r\nhost: x\r\n\r\n", "HTTP/one"),
    "bad-header": (b"GET / HTTP/1.1\r\nhost: x\r\nbad header: 1\r\n\r\n", "bad header"),
    "markup": (b"<script>&amp;\r\n\r\n", "<script>&amp;"),
    "bad-length": (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n", "many"),
    "two-lengths": (
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        "content-length",
    ),
    "connect-to-a-server": (b"CONNECT x:443 HTTP/1.1\r\n\r\n", "CONNECT"),
}


@pytest.mark.parametrize("case", BAD_REQUESTS)
@in_loop
async def test_a_request_that_cannot_be_read_is_a_400(case: str) -> None:
    data, words = BAD_REQUESTS[case]
    async with FakeBackend(reply(200)) as backend, steered(backend.port) as (_, proxy):
        status, headers, body = await say(proxy, data)
    assert status == 400
    assert headers["content-type"] == "application/json"
    assert headers["connection"] == "close"
    assert int(headers["content-length"]) == len(body)
    error = json.loads(body)["error"]
    assert words in error["message"]
    assert error["type"] == "invalid_request_error"
    assert backend.requests == []


HEAD = b"GET / HTTP/1.1\r\nhost: x\r\n"
TOO_LONG = {
    "one header": HEAD + b"a: " + b"b" * 70_000,
    "one name": HEAD + b"a" * 70_000,
    "many headers": HEAD + b"a: b\r\n" * 600,
    "whole": HEAD + b"a: b\r\n" * 600 + b"\r\n",
    "a request line": b"GET /" + b"a" * 70_000,
}


@pytest.mark.parametrize("case", TOO_LONG)
@in_loop
async def test_a_head_that_is_too_long_is_not_waited_for(case: str) -> None:
    async with FakeBackend(reply(200)) as backend, steered(backend.port) as (_, proxy):
        status, headers, body = await say(proxy, TOO_LONG[case])
    assert (status, headers["connection"]) == (431, "close")
    assert json.loads(body)["error"]["type"] == "invalid_request_error"
    assert backend.requests == []


@in_loop
async def test_a_long_body_is_no_long_head() -> None:
    body = b"x\n" * 40_000
    data = HEAD.replace(b"GET", b"POST") + b"content-length: %d\r\n\r\n%s" % (len(body), body)
    async with FakeBackend(reply(200, b"fine")) as backend, steered(backend.port) as (_, proxy):
        reader, writer = await proxy.raw(data + data)  # the second one waits for the first one's answer
        for _ in range(2):
            assert (await reader.readuntil(b"fine")).startswith(b"HTTP/1.1 200")
        writer.close()
    assert [request.body for request in backend.requests] == [body, body]


@in_loop
async def test_what_a_client_sends_ahead_is_kept_within_a_bound() -> None:
    async with FakeBackend(stall) as backend, steered(backend.port) as (steering, proxy):
        reader, writer = await proxy.raw(HEAD + b"\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(64):
                writer.write(b"x" * 65536)
                await writer.drain()
            assert await reader.read() == b""
        await backend.closed.wait()
        writer.close()
    assert "disconnected" in steering.log[-1]


@in_loop
async def test_a_backends_head_that_does_not_end() -> None:
    async def endless(exchange: Exchange) -> None:
        exchange.raw(b"HTTP/1.1 200 OK\r\n" + (b"x-more: " + b"a" * 1000 + b"\r\n") * 100)
        await exchange.gone.wait()

    async with (
        FakeBackend(endless) as backend,
        steered(backend.port) as (steering, proxy),
        proxy.client() as client,
    ):
        answered = await client.get("/")
        await backend.closed.wait()
    assert answered.status_code == 503
    assert "a head of more than 65536 bytes" in steering.log[1]


@in_loop
async def test_without_the_layer_it_is_a_page() -> None:
    async with steered(refused_port(), installed=False) as (_, proxy):
        status, headers, _ = await say(proxy, b"NONSENSE\r\n\r\n")
    assert (status, headers["content-type"]) == (400, "text/html")


@in_loop
async def test_a_second_request_that_cannot_be_read() -> None:
    """It comes with the end of the first one, in one piece."""
    async with FakeBackend(reply(200, b"fine")) as backend, steered(backend.port) as (_, proxy):
        _, _, rest = await say(proxy, b"GET / HTTP/1.1\r\nhost: x\r\n\r\nNONSENSE\r\n\r\n")
    assert rest.startswith(b"fineHTTP/1.1 400 ")
    assert rest.endswith(b"}}")


@in_loop
async def test_a_proxy_request_without_a_host() -> None:
    async with steered(refused_port(), mode="regular") as (_, proxy):
        status, _, body = await say(proxy, b"GET / HTTP/1.1\r\n\r\n")
    assert status == 400
    assert "host header" in json.loads(body)["error"]["message"]


@in_loop
async def test_head_gets_no_body() -> None:
    async with steered(refused_port(), decide=lambda flow, attempt: "nothing") as (_, proxy):
        status, headers, body = await say(proxy, b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert (status, body) == (502, b"")
    assert headers["content-type"] == "application/json"


@CLIENTS
@in_loop
async def test_a_reply_above_the_limit_of_a_flow_that_is_not_ours(h2: bool) -> None:
    async with (
        FakeBackend(reply(200, b"x" * 5000)) as backend,
        steered(backend.port, body_size_limit="2k") as (steering, proxy),
        proxy.client(h2) as client,
    ):
        steering.attaches = False
        answered = await client.get("/")
    assert answered.status_code == 502
    assert "body_size_limit" in answered.json()["error"]["message"]
