"""What an addon may do with a flow's Attempt besides failover: own answers, uploads; and the options that meddle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from mitmproxy import http

from addons.attempt import Verdict, attach_attempt, attempt_of
from tests.addons.fake_backends import Exchange, FakeBackend, Script, cut_before_head, refused_port, reply
from tests.addons.in_process_proxy import in_loop, until
from tests.addons.steering import Steering, answer, steered

CLIENTS = pytest.mark.parametrize("h2", [False, True], ids=["h1-client", "h2-client"])


def test_attaching_an_attempt_undoes_what_an_option_streamed() -> None:
    flow = http.HTTPFlow.__new__(http.HTTPFlow)
    flow.request = http.Request.make("POST", "http://x/")
    flow.request.stream = True
    assert attempt_of(flow) is None
    attempt = attach_attempt(flow)
    assert attempt_of(flow) is attempt
    assert flow.request.stream is False


# ---- Answers of our own.


class AnswerAtOnce:
    def __init__(self, hook: str, stream: AsyncIterator[bytes] | None = None) -> None:
        setattr(self, hook, self._answer)
        self._stream = stream

    def _answer(self, flow: http.HTTPFlow) -> None:
        attempt = attempt_of(flow)
        assert attempt
        answer(attempt, 401, "who are you?")
        attempt.answer_stream, self._stream = self._stream, None
        if attempt.answer_stream and attempt.answer:
            del attempt.answer.headers["content-length"]


@CLIENTS
@pytest.mark.parametrize("hook", ["requestheaders", "request"])
@in_loop
async def test_an_answer_before_the_first_attempt_asks_no_backend(hook: str, h2: bool) -> None:
    async with (
        FakeBackend(reply(200)) as backend,
        steered(backend.port) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        proxy.master.addons.add(AnswerAtOnce(hook))
        for method in ("POST", "HEAD", "OPTIONS"):
            answered = await client.request(method, "/v1/chat")
            assert answered.status_code == 401
            assert answered.content == (b"" if method == "HEAD" else b'"who are you?"')
    assert backend.connections == 0
    assert steering.log == ["request", "response 401"] * 3


@CLIENTS
@in_loop
async def test_a_streamed_answer_comes_piece_by_piece(h2: bool) -> None:
    seen = asyncio.Event()

    async def words() -> AsyncIterator[bytes]:
        yield b"one"
        await seen.wait()
        yield b"two"

    async with steered(refused_port()) as (_, proxy), proxy.client(h2) as client:
        proxy.master.addons.add(AnswerAtOnce("request", words()))
        async with client.stream("POST", "/v1/chat") as streamed:
            pieces = streamed.aiter_raw()
            assert await anext(pieces) == b"one"
            seen.set()
            assert b"".join([piece async for piece in pieces]) == b"two"


@CLIENTS
@in_loop
async def test_a_client_that_leaves_a_streamed_answer_ends_it(h2: bool) -> None:
    go_on, asked = asyncio.Event(), asyncio.Event()

    async def words() -> AsyncIterator[bytes]:
        yield b"one"
        asked.set()
        await go_on.wait()
        yield b"two"
        raise AssertionError("nobody is there any more")

    async with steered(refused_port()) as (steering, proxy):
        proxy.master.addons.add(AnswerAtOnce("request", words()))
        if h2:
            client = await proxy.raw_h2()
            stream_id = client.post()
            await asked.wait()
            client.reset(stream_id)
            client.post()
            await until(lambda: len(steering.flows) == 2)
        else:
            _, writer = await proxy.raw(b"POST /v1/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
            await asked.wait()
            writer.close()
            await until(lambda: not steering.flows[0].client_conn.connected)
        go_on.set()
        await until(lambda: any(entry.startswith("error") for entry in steering.log))
        if h2:
            client.close()


# ---- Uploads that are streamed.


class StreamUploads:
    """Routes in `requestheaders`, for `request` runs only when the upload has ended."""

    def __init__(self, steering: Steering) -> None:
        self._steering = steering

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        self._steering.route(flow)
        flow.request.stream = True


async def upload(last: asyncio.Event | None = None) -> AsyncIterator[bytes]:
    yield b"one"
    if last:
        await last.wait()
    yield b"two"


@CLIENTS
@in_loop
async def test_an_upload_is_streamed(h2: bool) -> None:
    async with (
        FakeBackend(reply(200, b"stored")) as backend,
        steered(backend.port) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        proxy.master.addons.add(StreamUploads(steering))
        assert (await client.post("/v1/files", content=upload())).content == b"stored"
    assert backend.requests[0].body == b"onetwo"
    assert b"content-length" not in backend.requests[0].headers
    assert steering.log == ["request", "attempt 1: 200", "responseheaders 200", "response 200"]


@in_loop
async def test_an_upload_with_a_length_keeps_it_alone() -> None:
    async with FakeBackend(reply(200)) as backend, steered(backend.port) as (steering, proxy):
        proxy.master.addons.add(StreamUploads(steering))
        reader, writer = await proxy.raw(b"POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
        assert b" 200 " in await reader.readline()
        writer.close()
    assert backend.requests[0].body == b"body"
    assert b"transfer-encoding" not in backend.requests[0].headers


@CLIENTS
@pytest.mark.parametrize("decides", ["retry", "nothing"])
@pytest.mark.parametrize("script", [None, cut_before_head], ids=["refused", "cut"])
@in_loop
async def test_a_failed_upload_is_answered_and_never_tried_again(script: Script | None, decides: str, h2: bool) -> None:
    def retry(flow: http.HTTPFlow, attempt: object) -> object:
        verdict = Verdict.RETRY if decides == "retry" else Verdict.ACCEPT
        attempt_of(flow).verdict = verdict  # type: ignore[union-attr]
        return "decided"

    async with (
        FakeBackend(script or reply(200)) as first,
        steered(first.port if script else refused_port(), decide=retry) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        proxy.master.addons.add(StreamUploads(steering))
        answered = await client.post("/v1/files", content=upload())
    assert answered.status_code == 502
    assert answered.json()["error"]["type"] == "upstream_error"
    assert len(first.requests) == (1 if script else 0)


@CLIENTS
@in_loop
async def test_an_answer_does_not_wait_for_the_upload_and_leaves_the_connection_good(h2: bool) -> None:
    ended = asyncio.Event()
    async with steered(refused_port()) as (steering, proxy):
        proxy.master.addons.add(StreamUploads(steering))
        if h2:
            raw_client = await proxy.raw_h2()
            stream_id = raw_client.post(end_stream=False)
            assert (await raw_client.answer(stream_id))[0] == b"503"
            raw_client.h2.send_data(stream_id, b"late", end_stream=True)
            assert (await raw_client.answer(raw_client.post()))[0] == b"503"
            raw_client.close()
        else:
            reader, writer = await proxy.raw(b"POST /v1/files HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n")
            assert b" 503 " in await reader.readline()
            writer.write(b"latePOST /v1/files HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
            assert b" 503 " in await reader.readuntil(b"503 Service Unavailable\r\n")
            writer.close()
        ended.set()
    assert [entry for entry in steering.log if entry.startswith("response")] == ["response 503"] * 2


@CLIENTS
@in_loop
async def test_a_backend_that_dies_during_an_upload(h2: bool) -> None:
    last = asyncio.Event()

    async def dying(exchange: Exchange) -> None:
        exchange.cut()

    async with (
        FakeBackend(dying, waits_for_body=False) as backend,
        steered(backend.port) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        proxy.master.addons.add(StreamUploads(steering))
        call = asyncio.create_task(client.post("/v1/files", content=upload(last)))
        await until(lambda: "response 503" in steering.log)
        last.set()
        assert (await call).status_code == 503


# ---- A WebSocket.


@in_loop
async def test_a_websocket_whose_first_backend_refused() -> None:
    """What it sends carries the second attempt's id."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
        frame = await reader.readexactly(8)  # 81 82, the mask's four bytes, two masked ones
        writer.write(b"\x81\x02" + bytes(byte ^ mask for byte, mask in zip(frame[6:], frame[2:6], strict=False)))

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    second = server.sockets[0].getsockname()[1]
    async with FakeBackend(reply(429)) as first, steered(first.port, second) as (steering, proxy):
        reader, writer = await proxy.raw(
            b"GET /v1/realtime HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        writer.write(b"\x81\x82\0\0\0\0hi")
        assert await reader.readexactly(4) == b"\x81\x02hi"
        writer.close()
    server.close()
    assert "attempt 2: 101" in steering.log


# ---- Options of mitmproxy's that would let an untranslated or foreign answer out.

LARGE = b"x" * 5000


@CLIENTS
@pytest.mark.parametrize("chunked", [False, True])
@in_loop
async def test_stream_large_bodies_streams_nothing_of_ours(chunked: bool, h2: bool) -> None:
    async with (
        FakeBackend(chunked_reply if chunked else reply(200, LARGE)) as backend,
        steered(backend.port, stream_large_bodies="1k") as (steering, proxy),
        proxy.client(h2) as client,
    ):
        answered = await client.post("/v1/chat", content=pieces(LARGE) if chunked else LARGE)
    assert answered.content == LARGE
    assert steering.bodies == [LARGE]
    assert [steering.flows[0].request.raw_content, backend.requests[0].body] == [LARGE, LARGE]


async def chunked_reply(exchange: Exchange) -> None:
    await exchange.head(200, {"transfer-encoding": "chunked"})
    async for piece in pieces(LARGE):
        await exchange.piece(piece)
    await exchange.end()


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]


@CLIENTS
@pytest.mark.parametrize("script", [reply(200, LARGE), chunked_reply], ids=["announced", "chunked"])
@in_loop
async def test_a_reply_above_body_size_limit_is_a_failed_attempt(script: Script, h2: bool) -> None:
    async with (
        FakeBackend(script) as first,
        FakeBackend(reply(200, b"small")) as second,
        steered(first.port, second.port, body_size_limit="2k") as (steering, proxy),
        proxy.client(h2) as client,
    ):
        assert (await client.post("/v1/chat")).content == b"small"
    assert "attempt 1: error Response body exceeds mitmproxy's body_size_limit." in steering.log
    assert steering.log.count("responseheaders 200") == (2 if script is chunked_reply else 1)
    assert steering.log[-1] == "response 200"


@CLIENTS
@pytest.mark.parametrize("chunked", [False, True])
@in_loop
async def test_a_request_above_body_size_limit_is_a_413_in_json(chunked: bool, h2: bool) -> None:
    async with (
        FakeBackend(reply(200)) as backend,
        steered(backend.port, body_size_limit="2k", stream_large_bodies="1k") as (_, proxy),
        proxy.client(h2) as client,
    ):
        answered: httpx.Response = await client.post("/v1/chat", content=pieces(LARGE) if chunked else LARGE)
    assert answered.status_code == 413
    assert answered.json()["error"]["type"] == "invalid_request_error"
    assert backend.requests == []
