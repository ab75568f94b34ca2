"""The public bug reports about transport, each value that they ask for, on the whole gateway in one process."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.version import VERSION

from tests.addons.fake_backends import Exchange, FakeBackend, Request, Script, reply
from tests.addons.gateway_proxy import ask, blocks_at, chat_json, gateway_proxy
from tests.addons.in_process_proxy import authorities, in_loop
from tests.end_to_end.configs import AUTHORIZATION, TOKEN, chat_body, chat_chunk, chat_end
from tests.translate.recorded import case_input, needs_cases

JSON = {"content-type": "application/json"}
MB = 1024 * 1024


def claude_at(port: int) -> str:
    block = f"{{provider: anthropic, base_url: 'http://127.0.0.1:{port}', api_key: k, model: [ {{claude-x: m}} ]}}"
    return f"providers: [ {block} ]\ntokens: [ {{api_key: {TOKEN}, model: [ all ]}} ]\nserver: {{}}\n"


def content_of(stream: str) -> str:
    events = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: {")]
    return "".join(event["choices"][0]["delta"].get("content") or "" for event in events if event["choices"])


# -- C055: compressed replies ----------------------------------------------------------------------------------------
@needs_cases
@in_loop
async def test_C055_a_stream_that_is_compressed_unasked() -> None:
    case = case_input("C055")
    first, second, rest = (bytes.fromhex(digits) for digits in case["a_stream_gzip_chunks_hex"])
    seen = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        await exchange.head(200, {**case["a_headers"], "transfer-encoding": "chunked"})
        await exchange.piece(first + second)
        await seen.wait()
        await exchange.piece(rest)
        await exchange.end()

    async with (
        FakeBackend(script) as backend,
        gateway_proxy(blocks_at(backend.port)) as proxy,
        proxy.client() as client,
    ):
        body, headers = chat_body(stream=True), {**AUTHORIZATION, **case["client_headers"]}
        async with client.stream("POST", "/v1/chat/completions", json=body, headers=headers) as answer:
            pieces = answer.aiter_text()
            text = await anext(pieces)  # before the second compressed piece has come
            seen.set()
            text += "".join([piece async for piece in pieces])
        assert not {"content-encoding", "content-length"} & set(answer.headers)
        assert backend.requests[0].headers[b"accept-encoding"] == b"identity"
    assert content_of(text) == "zip"
    assert text.rstrip().endswith("data: [DONE]")


@needs_cases
@pytest.mark.parametrize(("name", "encoding"), [("b_json_brotli_base64", "br"), ("c_json_zstd_base64", "zstd")])
@in_loop
async def test_C055_a_whole_reply_that_is_compressed_unasked(name: str, encoding: str) -> None:
    body = base64.b64decode(case_input("C055")[name])
    answer = await _asked_claude(reply(200, body, **JSON, **{"content-encoding": encoding}))
    assert answer.json()["choices"][0]["message"]["content"] == "br ok"
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-length"] == str(len(answer.content))


@in_loop
async def test_C055_an_error_that_is_compressed() -> None:
    told = {"type": "error", "error": {"type": "invalid_request_error", "message": "max_tokens: too many"}}
    packed = gzip.compress(json.dumps(told).encode())
    answer = await _asked_claude(reply(400, packed, **JSON, **{"content-encoding": "gzip"}))
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "max_tokens: too many")
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("stream", [False, True])
@in_loop
async def test_C055_an_encoding_that_nobody_knows(stream: bool) -> None:
    kind = {"content-type": "text/event-stream"} if stream else JSON
    answer = await _asked_claude(reply(200, b"\x01\x02", **kind, **{"content-encoding": "sdch"}), stream=stream)
    assert answer.status_code == 502
    assert "sdch" in answer.json()["error"]["message"]


async def _asked_claude(script: Script, **changes: object) -> Any:
    async with (
        FakeBackend(script) as backend,
        gateway_proxy(claude_at(backend.port)) as proxy,
        proxy.client() as client,
    ):
        return await ask(client, **changes)


# -- C056: nothing is held -------------------------------------------------------------------------------------------
# What a user may have set of mitmproxy's own; its versions before 12 do not know the second.
OPTIONS = [{"stream_large_bodies": "1m"}, *([{"store_streamed_bodies": True}] if VERSION >= "12" else [])]


@pytest.mark.parametrize(
    ("h2", "length", "options"),
    [(h2, length, {}) for h2 in (False, True) for length in (True, False)] + [(True, False, told) for told in OPTIONS],
    ids=str,
)
@in_loop
async def test_C056_each_piece_comes_before_the_next_is_sent(
    h2: bool, length: bool, options: dict[str, object]
) -> None:
    seen = [asyncio.Event(), asyncio.Event()]
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    pieces = [chat_chunk("one"), chat_chunk("two"), chat_end().replace(b"data: [DONE]\n\n", b"")]
    pieces[-1] += chat_chunk(choices=[], usage=usage)  # and no end mark: ours must come all the same
    size = {"content-length": str(sum(map(len, pieces)))} if length else {"transfer-encoding": "chunked"}
    foreign = {"set-cookie": "a=b", "alt-svc": 'h3=":443"', "keep-alive": "timeout=5"}

    async def script(exchange: Exchange) -> None:
        await exchange.head(200, {"content-type": "text/event-stream; charset=utf-8", **size, **foreign})
        for piece, gate in zip(pieces, [*seen, None], strict=True):
            await exchange.piece(piece)
            if gate is not None:
                await gate.wait()
        await exchange.end()

    body = chat_body(stream=True, stream_options={"include_usage": True})
    async with (
        FakeBackend(script) as backend,
        gateway_proxy(blocks_at(backend.port), **options) as proxy,
        proxy.client(h2=h2) as client,
        client.stream("POST", "/v1/chat/completions", json=body, headers=AUTHORIZATION) as answer,
    ):
        text, incoming = "", answer.aiter_text()
        for word, gate in zip(("one", "two"), seen, strict=True):
            while word not in text:
                text += await anext(incoming)
            gate.set()
        text += "".join([piece async for piece in incoming])
    headers = answer.headers
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["cache-control"] == "no-cache"
    assert not {"content-length", "content-encoding", *foreign} & set(headers)
    assert headers.get("transfer-encoding") == (None if h2 else "chunked")
    last, end = text.rstrip().split("\n\n")[-2:]
    assert (json.loads(last[6:])["choices"], json.loads(last[6:])["usage"]) == ([], usage)
    assert end == "data: [DONE]"


# -- C058: the host that is asked for is never contacted -------------------------------------------------------------
class Connections:
    """Sees whom the proxy connects to."""

    def __init__(self) -> None:
        self.asked_for: list[tuple[str, int] | None] = []

    def server_connect(self, data: ServerConnectionHookData) -> None:
        self.asked_for.append(data.server.address)


@in_loop
async def test_C058_the_original_host_is_never_contacted() -> None:
    connections = Connections()
    script = reply(200, chat_json(), **JSON)
    async with (
        FakeBackend(script) as backend,
        # the strategy is what our own addon makes of mitmproxy's default
        gateway_proxy(blocks_at(backend.port), mode="regular", connection_strategy="eager") as proxy,
    ):
        proxy.master.addons.add(connections)
        async with proxy.client(through_connect=True) as client:
            answer = await client.post(
                "https://api.openai.com/v1/chat/completions", json=chat_body(), headers=AUTHORIZATION
            )
        certificate = await _certificate_shown(proxy.port, "api.openai.com")
    assert (answer.status_code, answer.json()["model"]) == (200, "m")
    assert connections.asked_for == [("127.0.0.1", backend.port)]
    assert ("DNS", "api.openai.com") in certificate["subjectAltName"]


async def _certificate_shown(port: int, host: str) -> dict[str, Any]:
    """Of the tunnel to `host`, checked against mitmproxy's CA, by the name that the client asks for."""
    trust = ssl.create_default_context(cafile=str(authorities().confdir / "mitmproxy-ca-cert.pem"))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"CONNECT 192.0.2.10:443 HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    await writer.start_tls(trust, server_hostname=host)
    certificate: dict[str, Any] = writer.get_extra_info("ssl_object").getpeercert()
    writer.close()
    return certificate


# -- C062: large bodies ----------------------------------------------------------------------------------------------
async def _in_pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), MB):
        yield data[start : start + MB]


@in_loop
async def test_C062_no_byte_of_a_large_chunked_body_goes_out_untranslated() -> None:
    body = json.dumps(chat_body(messages=[{"role": "user", "content": "x" * 5 * MB}])).encode()
    answered = {"content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn", "usage": {}}
    script = reply(200, json.dumps(answered).encode(), **JSON)
    async with (
        FakeBackend(script) as backend,
        gateway_proxy(claude_at(backend.port), stream_large_bodies="1m") as proxy,
        proxy.client() as client,
    ):
        answer = await client.post("/v1/chat/completions", content=_in_pieces(body), headers=AUTHORIZATION)
        [request] = backend.requests
    assert (answer.status_code, answer.json()["model"]) == (200, "m")
    _assert_translated(request)


def _assert_translated(request: Request) -> None:
    sent = json.loads(request.body)
    assert (request.path, sent["model"]) == (b"/v1/messages", "claude-x")
    assert len(sent["messages"][0]["content"]) in (1, 5 * MB)  # one text block, or the text
    framing = {b"content-length", b"transfer-encoding"} & set(request.headers)
    assert framing == {b"content-length"}
    assert request.headers[b"content-length"] == str(len(request.body)).encode()


@in_loop
async def test_C062_a_large_chunked_reply_is_translated() -> None:
    values = [{"values": [0.123456789] * 3072} for _ in range(100)]
    told = json.dumps({"embeddings": values}).encode()
    assert len(told) > 3 * MB

    async def script(exchange: Exchange) -> None:
        await exchange.head(200, {**JSON, "transfer-encoding": "chunked"})
        async for piece in _in_pieces(told):
            await exchange.piece(piece)
        await exchange.end()

    async with FakeBackend(script) as backend:
        address = f"http://127.0.0.1:{backend.port}/v1beta"
        block = f"{{provider: gemini, base_url: '{address}', api_key: k, model: [ {{gemini-embedding-001: m}} ]}}"
        config = f"providers: [ {block} ]\ntokens: [ {{api_key: {TOKEN}, model: [ all ]}} ]\nserver: {{}}\n"
        async with gateway_proxy(config, stream_large_bodies="1m") as proxy, proxy.client() as client:
            body = {"model": "m", "input": ["a"] * 100}
            answer = await client.post("/v1/embeddings", json=body, headers=AUTHORIZATION)
    told_back = answer.json()
    assert (answer.status_code, told_back["object"], told_back["model"]) == (200, "list", "m")
    assert [item["index"] for item in told_back["data"]] == list(range(100))
