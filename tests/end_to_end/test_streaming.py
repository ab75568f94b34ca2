"""Streams through the running proxy: never held, ended properly, whatever the backend does to them."""

import asyncio
import json
import threading
import zlib
from collections.abc import Iterator

import httpx
import pytest

from tests.addons.test_content_decoders import zstd_frame
from tests.end_to_end.configs import AUTHORIZATION, BACKEND_KEY, TOKEN, chat_body, chat_chunk, chat_end, one_backend
from tests.end_to_end.paced_backend import CUT, PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(backend: PacedBackend) -> Iterator[RunningProxy]:
    with RunningProxy(one_backend(backend.url)) as running:
        yield running


CLIENTS = {"http1": {}, "http2": {"http1": False, "http2": True}}


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest, proxy: RunningProxy) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=proxy.base_url, headers=AUTHORIZATION, timeout=20, **CLIENTS[request.param]) as opened:
        yield opened


def stream_chat(client: httpx.Client, **changes: object):
    return client.stream("POST", "/chat/completions", json=chat_body(stream=True, **changes))


def read_events(text: str) -> list[dict]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]


def content_of(events: list[dict]) -> str:
    return "".join(event["choices"][0]["delta"].get("content") or "" for event in events if event.get("choices"))


def test_C056_each_piece_arrives_before_the_next_is_sent(client: httpx.Client, backend: PacedBackend) -> None:
    gates = [threading.Event() for _ in range(3)]
    backend.script(
        Reply.stream([chat_chunk("a"), gates[0], chat_chunk("b"), gates[1], chat_chunk("c"), gates[2], chat_end()])
    )
    with stream_chat(client) as reply:
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert reply.headers["cache-control"] == "no-cache"
        assert reply.headers["x-accel-buffering"] == "no"
        assert "content-length" not in reply.headers
        seen, pieces = "", reply.iter_text()
        for text, gate in zip("abc", gates, strict=True):
            while f'"content":"{text}"' not in seen.replace(": ", ":"):
                seen += next(pieces)
            gate.set()
        seen += "".join(pieces)
    assert seen.rstrip().endswith("data: [DONE]")
    assert {event["model"] for event in read_events(seen)} == {"m"}


def test_pieces_that_make_no_event_do_not_end_the_body(client: httpx.Client, backend: PacedBackend) -> None:
    event = chat_chunk("hello")
    backend.script(Reply.stream([*(event[i : i + 1] for i in range(len(event))), chat_end()]))
    with stream_chat(client) as reply:
        assert content_of(read_events(reply.read().decode())) == "hello"


@pytest.mark.parametrize("length", ["known", "close"])
def test_C056_a_backends_way_of_ending_is_its_own(client: httpx.Client, backend: PacedBackend, length: str) -> None:
    reply = Reply([chat_chunk("hello"), chat_end()], headers=[("content-type", "text/event-stream")], length=length)
    backend.script(reply, reply)
    for _ in range(2):
        with stream_chat(client) as answer:
            assert answer.read().decode().rstrip().endswith("data: [DONE]")


def compressed_pieces(encoding: str = "gzip") -> list[bytes]:
    """The first event, flushed; then the rest."""
    first, rest = chat_chunk("hel"), chat_chunk("lo") + chat_end()
    if encoding == "br":
        brotli = pytest.importorskip("brotli", reason="it comes with mitmproxy")
        packer = brotli.Compressor()
        return [packer.process(first) + packer.flush(), packer.process(rest) + packer.finish()]
    if encoding == "zstd":
        return [zstd_frame(first), zstd_frame(rest)]
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    return [packer.compress(first) + packer.flush(zlib.Z_SYNC_FLUSH), packer.compress(rest) + packer.flush()]


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_C055_a_compressed_stream_is_decoded_as_it_comes(
    client: httpx.Client, backend: PacedBackend, encoding: str
) -> None:
    gate, (first, rest) = threading.Event(), compressed_pieces(encoding)
    backend.script(Reply.stream([first, gate, rest], ("content-encoding", encoding)))
    with stream_chat(client) as reply:
        assert "content-encoding" not in reply.headers
        seen, pieces = "", reply.iter_text()
        while "hel" not in seen:
            seen += next(pieces)
        gate.set()
        seen += "".join(pieces)
    assert content_of(read_events(seen)) == "hello"
    assert backend.requests[-1].headers["accept-encoding"] == "identity"


def test_compressed_bytes_that_are_none_are_a_backends_error(client: httpx.Client, backend: PacedBackend) -> None:
    backend.script(Reply.stream([b"rubbish" * 10], ("content-encoding", "gzip")))
    with stream_chat(client) as reply:
        assert reply.status_code == 502
        assert "error" in json.loads(reply.read())


def test_compressed_bytes_that_break_later_are_an_error_event(client: httpx.Client, backend: PacedBackend) -> None:
    backend.script(Reply.stream([compressed_pieces()[0], b"rubbish" * 10], ("content-encoding", "gzip")))
    with stream_chat(client) as reply:
        events = read_events(reply.read().decode())
    assert content_of(events[:-1]) == "hel"
    assert "error" in events[-1]


def test_a_backend_that_dies_is_an_error_event_and_no_stop(client: httpx.Client, backend: PacedBackend) -> None:
    gate = threading.Event()
    backend.script(Reply.stream([chat_chunk("hel"), gate, CUT]))
    with stream_chat(client) as reply:
        pieces = reply.iter_text()
        seen = next(pieces)
        gate.set()
        seen += "".join(pieces)
    events = read_events(seen)
    assert set(events[-1]["error"]) >= {"message", "type", "param", "code"}
    assert not any(choice.get("finish_reason") for event in events for choice in event.get("choices", []))


def test_an_error_within_a_stream_repeats_no_key(client: httpx.Client, backend: PacedBackend) -> None:
    error = {"error": {"message": f"{BACKEND_KEY} is over its limit, {TOKEN} too", "type": "t", "code": "c"}}
    gate = threading.Event()
    backend.script(Reply.stream([chat_chunk("hel"), gate, b"data: %s\n\n" % json.dumps(error).encode()]))
    with stream_chat(client) as reply:
        pieces = reply.iter_text()
        seen = next(pieces)
        gate.set()
        seen += "".join(pieces)
    assert read_events(seen)[-1]["error"]["message"] == "[key] is over its limit, [key] too"
    assert BACKEND_KEY not in seen


def test_a_client_that_leaves_ends_the_backends_work(proxy: RunningProxy, backend: PacedBackend) -> None:
    backend.closed_by_peer.clear()
    flood = [chat_chunk("x" * 1000)] * 20_000
    backend.script(Reply.stream(flood))
    with httpx.Client(base_url=proxy.base_url, headers=AUTHORIZATION) as client, stream_chat(client) as reply:
        next(reply.iter_text())
    assert backend.closed_by_peer.wait(30)


def test_many_streams_of_one_http2_client_run_side_by_side(proxy: RunningProxy, backend: PacedBackend) -> None:
    """mitmproxy allows five upstream connections for each client connection: the sixth would wait for the first."""
    gate, count = threading.Event(), 12
    backend.requests.clear()
    backend.script(*[Reply.stream([chat_chunk("a"), gate, chat_end()])] * count)

    async def run() -> list[str]:
        # one thread: httpx's HTTP/2 loses requests that several threads send at once
        async with httpx.AsyncClient(http1=False, http2=True, timeout=20, headers=AUTHORIZATION) as client:
            url = f"{proxy.base_url}/chat/completions"
            asked = [asyncio.ensure_future(client.post(url, json=chat_body(stream=True))) for _ in range(count)]
            await asyncio.to_thread(backend.wait_for_requests, count)
            gate.set()
            return [reply.text for reply in await asyncio.gather(*asked)]

    assert [text.rstrip().endswith("[DONE]") for text in asyncio.run(run())] == [True] * count


def test_an_old_client_gets_no_chunks(proxy: RunningProxy, backend: PacedBackend) -> None:
    import socket

    backend.script(Reply.stream([chat_chunk("a"), chat_end()]))
    body = json.dumps(chat_body(stream=True)).encode()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
        head = f"POST /v1/chat/completions HTTP/1.0\r\nauthorization: {AUTHORIZATION['authorization']}\r\n"
        connection.sendall(f"{head}host: x\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, text = received.partition(b"\r\n\r\n")
    assert b"chunked" not in head.lower()
    assert text.startswith(b"data: ")
    assert text.endswith(b"data: [DONE]\n\n")
