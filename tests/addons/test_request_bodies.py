"""A client's body: read as it was meant, and refused as soon as it is too large, however it comes."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable

import httpx
import pytest
from mitmproxy import http

from addons.request_bodies import read_body
from proapi_translate import ClientFault
from tests.addons.exchanges import flow
from tests.addons.fake_backends import FakeBackend, reply
from tests.addons.gateway_proxy import blocks_at, chat_json, gateway_proxy
from tests.addons.in_process_proxy import in_loop, until
from tests.end_to_end.configs import AUTHORIZATION, chat_body

GOOD = reply(200, chat_json(), **{"content-type": "application/json"})
LIMIT = 10_000
SERVER = f"max_body_bytes: {LIMIT}\npassthrough_provider: b0"
CHAT, SPEECH, FILES = "/v1/chat/completions", "/v1/audio/speech", "/v1/files"


def sent(body: bytes, encoding: str = "") -> http.HTTPFlow:
    made = flow()
    made.request.headers.clear()
    if encoding:
        made.request.headers["content-encoding"] = encoding
    made.request.raw_content = body
    return made


def test_plain_and_compressed_bodies() -> None:
    assert read_body(sent(b"abc"), 0) == b"abc"
    assert read_body(sent(gzip.compress(b"abc"), "gzip"), 0) == b"abc"


@pytest.mark.parametrize(
    ("body", "encoding", "limit", "status"),
    [
        (b"rubbish", "gzip", 0, 400),
        (b"x", "sdch", 0, 400),
        (gzip.compress(b"0" * 100_000), "gzip", 1000, 413),
        (gzip.compress(gzip.compress(b"0" * 100_000)), "gzip, gzip", 0, 200),
        (gzip.compress(gzip.compress(b"0" * 300_000_000, 1)), "gzip, gzip", 0, 413),
    ],
    ids=["garbage", "unknown", "a bomb", "a small body that packs well", "a bomb without a limit"],
)
def test_what_cannot_be_read(body: bytes, encoding: str, limit: int, status: int) -> None:
    try:
        read_body(sent(body, encoding), limit)
        told = 200
    except ClientFault as fault:
        told = fault.status
    assert told == status


def padded(size: int) -> bytes:
    body = json.dumps(chat_body(input="i", voice="v")).encode()
    return body[:-1] + b" " * (size - len(body)) + b"}"


async def pieces(data: bytes):  # type: ignore[no-untyped-def]
    for start in range(0, len(data), 3000):
        yield data[start : start + 3000]


CONTENTS: dict[str, tuple[Callable[[bytes], object], dict[str, str]]] = {
    "announced": (lambda data: data, {}),
    "without a length": (pieces, {}),
    "gzip": (gzip.compress, {"content-encoding": "gzip"}),
    "deflate, without a length": (lambda data: pieces(zlib.compress(data)), {"content-encoding": "deflate"}),
}


@pytest.mark.parametrize("h2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
@pytest.mark.parametrize("path", [CHAT, SPEECH])
@pytest.mark.parametrize("content", CONTENTS)
@in_loop
async def test_a_byte_more_than_the_limit(content: str, path: str, h2: bool) -> None:
    make, headers = CONTENTS[content]
    async with (
        FakeBackend(GOOD) as backend,
        gateway_proxy(blocks_at(backend.port, server=SERVER)) as proxy,
        proxy.client(h2=h2) as client,
    ):
        for size, status in ((LIMIT, 200), (LIMIT + 1, 413), (100 * LIMIT, 413), (LIMIT, 200)):
            answered = await client.post(path, content=make(padded(size)), headers=AUTHORIZATION | headers)
            assert answered.status_code == status
            if status == 413:
                error = answered.json()["error"]
                assert (error["type"], error["code"]) == ("invalid_request_error", "request_too_large")
                assert answered.headers["x-request-id"].startswith("req_")
    assert len(backend.requests) == 2


def endless(path: str) -> bytes:
    """The beginning of an upload in chunks."""
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {AUTHORIZATION['authorization']}\r\n"
    return head.encode() + b"transfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("path", [CHAT, SPEECH])
@in_loop
async def test_an_upload_without_end_is_answered_and_no_more_of_it_is_kept(path: str) -> None:
    async with FakeBackend(GOOD) as backend, gateway_proxy(blocks_at(backend.port, server=SERVER)) as proxy:
        reader, writer = await proxy.raw(endless(path))
        chunk = b"3e8\r\n" + b"x" * 1000 + b"\r\n"
        writer.write(chunk * 11)
        async with asyncio.timeout(10):
            head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 413")
        await until(lambda: proxy.exchanges)
        for _ in range(50):
            writer.write(chunk * 100)
            await writer.drain()
        kept = [len(stream.request_body_buf) for layer in proxy.http_layers() for stream in layer.streams.values()]
        assert sum(kept) == 0
        writer.close()
    assert backend.requests == []


@in_loop
async def test_an_upload_without_end_on_http2() -> None:
    async with FakeBackend(GOOD) as backend, gateway_proxy(blocks_at(backend.port, server=SERVER)) as proxy:
        client = await proxy.raw_h2()
        stream_id = client.post(CHAT, end_stream=False, **AUTHORIZATION)
        client.h2.send_data(stream_id, b"x" * 11_000)
        client.flush()
        async with asyncio.timeout(10):
            status, body = await client.answer(stream_id)
        assert (status, json.loads(body)["error"]["code"]) == (b"413", "request_too_large")
        client.close()
    assert backend.requests == []


@in_loop
async def test_what_streams_on_has_no_such_limit() -> None:
    async with (
        FakeBackend(GOOD) as backend,
        gateway_proxy(blocks_at(backend.port, server=SERVER)) as proxy,
        proxy.client() as client,
    ):
        for content in (b"x" * 50_000, pieces(b"x" * 50_000)):
            answered: httpx.Response = await client.post(FILES, content=content, headers=AUTHORIZATION)
            assert answered.status_code == 200
    assert [len(request.body) for request in backend.requests] == [50_000, 50_000]
