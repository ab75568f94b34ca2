"""Paths that nobody translates: files, images, audio …, to the backend that speaks OpenAI's API."""

import socket
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.end_to_end.configs import AUTHORIZATION, BACKEND_KEY, TOKEN, one_backend
from tests.end_to_end.paced_backend import CUT, PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy

Start = Callable[..., RunningProxy]


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(backend: PacedBackend) -> Iterator[RunningProxy]:
    with RunningProxy(one_backend(backend.url)) as running:
        yield running


@pytest.fixture(params=["http1", "http2"])
def client(request: pytest.FixtureRequest, proxy: RunningProxy) -> Iterator[httpx.Client]:
    versions = {"http1": request.param == "http1", "http2": request.param == "http2"}
    with httpx.Client(base_url=proxy.base_url, headers=AUTHORIZATION, timeout=20, **versions) as opened:
        yield opened


def test_a_path_goes_on_with_its_query_and_its_reply_as_it_is(client: httpx.Client, backend: PacedBackend) -> None:
    body = b'{"object": "list",  "data": []}'
    headers = [("content-type", "application/json"), ("set-cookie", "a=b"), ("openai-version", "1")]
    backend.script(Reply([body], headers=headers, length="known"))
    reply = client.get("/files?purpose=batch&limit=2", headers={"openai-beta": "x", "cookie": "c=d"})
    assert (reply.status_code, reply.content) == (200, body)
    assert reply.headers["openai-version"] == "1"
    assert "set-cookie" not in reply.headers
    seen = backend.requests[-1]
    assert (seen.method, seen.path, seen.body) == ("GET", "/v1/files?purpose=batch&limit=2", b"")
    assert seen.headers["authorization"] == f"Bearer {BACKEND_KEY}"
    assert seen.headers["openai-beta"] == "x"
    assert "cookie" not in seen.headers
    assert TOKEN not in str(seen)


def test_an_upload_is_not_held(client: httpx.Client, backend: PacedBackend) -> None:
    """The backend has the first half before the client sends the second."""
    backend.script(Reply.json({"id": "file-1"}))
    reached = threading.Event()
    before = backend.connections

    def upload() -> Iterator[bytes]:
        yield b"a" * 100_000
        for _ in range(500):
            if backend.connections > before:
                reached.set()
                break
            threading.Event().wait(0.01)
        yield b"b" * 100_000

    reply = client.post("/files", content=upload(), headers={"content-type": "application/octet-stream"})
    assert reply.json() == {"id": "file-1"}
    assert reached.is_set()
    assert backend.requests[-1].body == b"a" * 100_000 + b"b" * 100_000


def test_an_upload_that_waits_to_be_asked_for_is_asked_for(proxy: RunningProxy, backend: PacedBackend) -> None:
    backend.script(Reply.json({"id": "file-1"}))
    lines = "POST /v1/files HTTP/1.1", "host: h", "content-length: 5", "expect: 100-Continue"
    head = "\r\n".join([*lines, f"authorization: {AUTHORIZATION['authorization']}", "", ""])
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as client:
        client.sendall(head.encode())
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
    seen = backend.requests[-1]
    assert (seen.body, seen.headers.get("expect")) == (b"hello", None)


def test_binary_content_comes_back_as_it_is(client: httpx.Client, backend: PacedBackend) -> None:
    gate, audio = threading.Event(), bytes(range(256)) * 50
    backend.script(Reply([audio, gate, audio], headers=[("content-type", "audio/mpeg")]))
    with client.stream("POST", "/audio/speech", json={"model": "m", "input": "hi"}) as reply:
        pieces, got = reply.iter_raw(), b""
        while len(got) < len(audio):
            got += next(pieces)
        gate.set()
        got += b"".join(pieces)
        assert reply.headers["content-type"] == "audio/mpeg"
    assert got == audio * 2
    assert backend.requests[-1].json() == {"model": "upstream-model", "input": "hi"}


def test_the_model_of_a_form_is_renamed(client: httpx.Client, backend: PacedBackend) -> None:
    backend.script(Reply.json({"text": "hello"}))
    files = {"file": ("a.wav", b"RIFF" * 100)}
    reply = client.post("/audio/transcriptions", data={"model": "m", "language": "de"}, files=files)
    assert reply.json() == {"text": "hello"}
    body = backend.requests[-1].body
    assert b"upstream-model" in body
    assert b"RIFF" * 100 in body


REALTIME_BODIES = {
    "sessions": ({"model": "m", "voice": "ash"}, {"model": "upstream-model", "voice": "ash"}),
    "client_secrets": ({"session": {"model": "m", "a": 1}}, {"session": {"model": "upstream-model", "a": 1}}),
    "transcription_sessions": ({"input_audio_format": "pcm16"}, {"input_audio_format": "pcm16"}),
}


@pytest.mark.parametrize("path", REALTIME_BODIES)
def test_the_model_of_a_realtime_session_is_renamed(client: httpx.Client, backend: PacedBackend, path: str) -> None:
    asked, sent = REALTIME_BODIES[path]
    backend.script(Reply.json({"object": "realtime.session", "client_secret": {"value": "ek_1"}}))
    assert client.post(f"/realtime/{path}", json=asked).json()["client_secret"] == {"value": "ek_1"}
    assert (backend.requests[-1].path, backend.requests[-1].json()) == (f"/v1/realtime/{path}", sent)


@pytest.mark.parametrize("status", [404, 429, 500])
def test_errors_keep_their_words(client: httpx.Client, backend: PacedBackend, status: int) -> None:
    said = {"error": {"message": "m", "type": "t", "param": None, "code": "c"}}
    backend.script(Reply.json(said, ("retry-after", "2"), status=status))
    reply = client.get("/files/none")
    assert (reply.status_code, reply.json(), reply.headers["retry-after"]) == (status, said, "2")


@pytest.mark.parametrize("body", [b"", b"x" * 1000])
def test_a_backend_that_dies_is_an_error_object(client: httpx.Client, backend: PacedBackend, body: bytes) -> None:
    backend.script(Reply(before_headers=[CUT]))
    reply = client.request("POST" if body else "GET", "/files", content=body)
    assert (reply.status_code, reply.headers["content-type"]) == (502, "application/json")
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}


def test_a_backend_that_is_down_is_an_error_object_for_an_upload_too(start_proxy: Start) -> None:
    proxy = start_proxy(one_backend("http://127.0.0.1:9"))
    reply = httpx.post(f"{proxy.base_url}/files", content=b"x" * 100_000, headers=AUTHORIZATION)
    assert (reply.status_code, reply.headers["content-type"]) == (502, "application/json")


def test_without_a_backend_for_it_the_path_is_not_found(start_proxy: Start) -> None:
    config = one_backend("http://127.0.0.1:9").replace("provider: openai", "provider: anthropic")
    reply = httpx.get(f"{start_proxy(config).base_url}/files", headers=AUTHORIZATION)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "no_passthrough_provider")
