"""Clients that mean harm: smuggled requests, injected headers, odd targets and Hosts, deep JSON, slowness."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from proapi_gateway.config import ConfigFaults, load_settings
from tests.end_to_end.configs import AUTHORIZATION, TOKEN, chat_body, chat_reply, one_backend
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy

BODY = json.dumps(chat_body()).encode()
SMUGGLED = b"POST /v1/chat/completions HTTP/1.1\r\nhost: smuggled\r\n\r\n"
PATH = b"POST /v1/chat/completions HTTP/1.1\r\n"
KEY = b"host: x\r\nauthorization: Bearer " + TOKEN.encode() + b"\r\n"
LENGTH = b"content-length: %d\r\n" % len(BODY)
CHUNKED = b"transfer-encoding: chunked\r\n"


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend(answer=lambda request: Reply.json(chat_reply())) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(backend: PacedBackend) -> Iterator[RunningProxy]:
    extra = "headers: { x-extra: a }"
    with RunningProxy(one_backend(backend.url, extra=extra, server='proxy_auth: "user:door-word"')) as running:
        yield running


def say(port: int, data: bytes) -> bytes:
    """All that comes back until the gateway hangs up, or has been silent for a second after an answer began."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        connection.sendall(data)
        pieces: list[bytes] = []
        while not pieces or pieces[-1]:
            try:
                pieces.append(connection.recv(65536))
            except ConnectionResetError:
                break
            except TimeoutError:
                assert pieces, "no answer"
                break
            connection.settimeout(1)
        return b"".join(pieces)


# -- smuggling -------------------------------------------------------------------------------------------------------
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
SMUGGLING = {
    "a length and chunks": LENGTH + CHUNKED + b"\r\n" + CHUNKS,
    "chunks and a length": CHUNKED + b"content-length: 4\r\n\r\n" + CHUNKS,
    "two lengths": LENGTH + b"content-length: 0\r\n\r\n" + BODY,
    "two lengths in one": b"content-length: %d, %d\r\n\r\n" % (len(BODY), len(BODY) + 1) + BODY,
    "a signed length": b"content-length: +%d\r\n\r\n" % len(BODY) + BODY,
    "a negative length": b"content-length: -1\r\n\r\n" + BODY,
    "a hex length": b"content-length: 0x10\r\n\r\n" + BODY,
    "chunks of another name": b"transfer-encoding: xchunked\r\n\r\n" + CHUNKS,
    "chunks twice": CHUNKED + CHUNKED + b"\r\n" + CHUNKS,
    "chunks and identity": b"transfer-encoding: chunked, identity\r\n\r\n" + CHUNKS,
    "a space before the colon": b"transfer-encoding : chunked\r\n" + LENGTH + b"\r\n" + BODY,
    "a folded line": b"transfer-encoding:\r\n chunked\r\n" + LENGTH + b"\r\n" + BODY,
}


@pytest.mark.parametrize("case", SMUGGLING)
def test_a_body_of_two_lengths_is_refused_and_nothing_after_it_is_read(
    proxy: RunningProxy, backend: PacedBackend, case: str
) -> None:
    before = len(backend.requests)
    answer = say(proxy.port, PATH + KEY + SMUGGLING[case] + SMUGGLED)
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b'"invalid_request_error"' in answer
    assert len(backend.requests) == before


def test_broken_chunks_end_the_connection(proxy: RunningProxy, backend: PacedBackend) -> None:
    before = len(backend.requests)
    assert b" 200 " not in say(proxy.port, PATH + KEY + CHUNKED + b"\r\n-1\r\n" + BODY + SMUGGLED)
    assert len(backend.requests) == before


def test_a_request_in_a_body_stays_a_body(proxy: RunningProxy, backend: PacedBackend) -> None:
    before = len(backend.requests)
    body = json.dumps(chat_body(messages=[{"role": "user", "content": SMUGGLED.decode()}])).encode()
    answer = say(proxy.port, PATH + KEY + b"content-length: %d\r\n\r\n" % len(body) + body)
    assert answer.count(b"HTTP/1.1 200") == 1
    assert len(backend.requests) == before + 1
    assert backend.requests[-1].headers["host"] != "smuggled"


# -- headers ---------------------------------------------------------------------------------------------------------
def test_no_text_of_a_client_becomes_a_header(proxy: RunningProxy, backend: PacedBackend) -> None:
    evil = "a\r\nset-cookie: evil=1\r\n\r\n<html>"
    fields = chat_body(**{evil: 1, "user": evil, "metadata": {evil: evil}})
    for body in (fields, chat_body(model=evil), chat_body(stream=evil), {**chat_body(), "tools": [{"type": evil}]}):
        reply = httpx.post(f"{proxy.base_url}/chat/completions", json=body, headers=AUTHORIZATION)
        assert "set-cookie" not in reply.headers
        assert reply.headers["content-type"] == "application/json"
    for request in backend.requests:
        assert "set-cookie" not in request.headers


def test_a_model_in_the_url_becomes_no_header(proxy: RunningProxy, backend: PacedBackend) -> None:
    for path in ("/v1/models/a%0d%0aset-cookie:%20b", "/v1/a%0d%0ab", "/%0d%0a"):
        answer = say(proxy.port, f"GET {path} HTTP/1.1\r\n".encode() + KEY + b"\r\n")
        assert b"\r\nset-cookie" not in answer.lower()
        assert answer.count(b"HTTP/1.1 ") == 1
    assert not any("set-cookie" in request.headers for request in backend.requests)


@pytest.mark.parametrize("headers", ['{ x-extra: "a\\r\\nb: c" }', '{ "x\\r\\nb": c }'])
def test_a_line_break_in_api_yaml_is_a_fault_of_the_file(headers: str) -> None:
    with pytest.raises(ConfigFaults, match="headers"):
        load_settings(one_backend("http://x", extra=f"headers: {headers}"), file="api.yaml", environment={})


# -- targets and Hosts -----------------------------------------------------------------------------------------------
TARGETS = {
    "another host, absolute": (b"http://evil.test/v1/models", b"x", (200,)),
    "another host": (b"/v1/models", b"evil.test", (200,)),
    "our own admin": (b"/v1/../admin", b"x", (400, 404)),
    "a double slash": (b"//evil.test/v1/models", b"x", (400, 404)),
    "an asterisk": (b"*", b"x", (400, 404, 405)),
    "a user": (b"http://a:b@127.0.0.1/v1/models", b"x", (200, 400, 404)),
    "a file": (b"file:///etc/passwd", b"x", (400, 404)),
    "a broken port": (b"http://x:99999/v1/models", b"x", (400, 404)),
}


@pytest.mark.parametrize("case", TARGETS)
def test_an_odd_target_goes_to_nobody_else(proxy: RunningProxy, backend: PacedBackend, case: str) -> None:
    """The base_url door serves its own API whatever Host and target say, or refuses."""
    target, host, allowed = TARGETS[case]
    before = len(backend.requests)
    answer = say(proxy.port, b"GET " + target + b" HTTP/1.1\r\n" + KEY.replace(b"host: x", b"host: " + host) + b"\r\n")
    assert int(answer.split()[1]) in allowed, answer[:300]
    assert b"root:" not in answer
    assert len(backend.requests) == before


def test_the_proxy_door_asks_who_is_there(proxy: RunningProxy) -> None:
    for request in (b"CONNECT api.openai.com:443 HTTP/1.1\r\nhost: api.openai.com:443\r\n\r\n",
                    b"GET http://api.openai.com/v1/models HTTP/1.1\r\nhost: api.openai.com\r\n\r\n"):  # fmt: skip
        answer = say(proxy.proxy_port, request)
        assert answer.startswith(b"HTTP/1.1 407 "), answer[:200]
        assert b"door-word" not in answer


def test_doors_are_on_the_loopback_and_the_authoritys_key_is_its_owners(proxy: RunningProxy) -> None:
    listening = Path(f"/proc/{proxy.process.pid}/net/tcp").read_text().split("\n")
    ours = [line.split()[1] for line in listening[1:] if line and line.split()[3] == "0A"]
    for port in (proxy.port, proxy.proxy_port):
        assert [address for address in ours if address.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]
    for name in ("mitmproxy-ca.pem", "mitmproxy-ca.p12"):
        mode = stat.S_IMODE(os.stat(proxy.confdir / name).st_mode)
        assert mode == 0o600, f"{name}: {mode:o}"


# -- bodies ----------------------------------------------------------------------------------------------------------
DEEP = {
    "lists": b"[" * 100_000 + b"]" * 100_000,
    "objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "not closed": b"[" * 100_000,
}
PATHS = ("chat/completions", "responses", "completions", "embeddings", "images/generations", "moderations")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("shape", DEEP)
def test_deep_json_is_a_clear_400_in_every_api(proxy: RunningProxy, path: str, shape: str) -> None:
    names = b'"model": "m", "messages": [], "input": "x", "prompt": "x"'
    for body in (DEEP[shape], b"{" + names + b', "x": ' + DEEP[shape] + b"}"):
        headers = {**AUTHORIZATION, "content-type": "application/json"}
        reply = httpx.post(f"{proxy.base_url}/{path}", content=body, headers=headers, timeout=30)
        assert reply.status_code == 400, reply.text
        assert reply.json()["error"]["type"] == "invalid_request_error"
    assert "Traceback" not in proxy.output


def test_a_bomb_of_a_request_is_a_400(proxy: RunningProxy) -> None:
    bomb = gzip.compress(gzip.compress(b"0" * 100_000_000, 1))
    headers = {**AUTHORIZATION, "content-encoding": "gzip, gzip"}
    reply = httpx.post(f"{proxy.base_url}/chat/completions", content=bomb, headers=headers, timeout=30)
    assert reply.status_code in (400, 413)
    assert "limit" in reply.json()["error"]["message"] or "unpacks to more" in reply.json()["error"]["message"]


# -- slowness --------------------------------------------------------------------------------------------------------
def test_slow_clients_hold_up_nobody_else(proxy: RunningProxy) -> None:
    """A hundred that send a byte of a head or a body and no more."""
    heads = (b"P", PATH + KEY, PATH + KEY + b"content-length: 1000\r\n\r\n{")
    slow = [socket.create_connection(("127.0.0.1", proxy.port), timeout=10) for _ in range(100)]
    for number, connection in enumerate(slow):
        connection.sendall(heads[number % len(heads)])
    try:
        reply = httpx.post(f"{proxy.base_url}/chat/completions", json=chat_body(), headers=AUTHORIZATION, timeout=20)
        assert reply.status_code == 200
    finally:
        for connection in slow:
            connection.close()


def test_who_has_no_key_keeps_no_place_from_others(backend: PacedBackend) -> None:
    half = PATH + b"host: x\r\nauthorization: Bearer sk-nobody\r\ncontent-length: 1000\r\n\r\n{"
    with contextlib.ExitStack() as stack:
        proxy = stack.enter_context(RunningProxy(one_backend(backend.url, server="max_open_requests: 2")))
        for _ in range(3):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", proxy.port), timeout=10))
            connection.sendall(half)
        proxy.wait_for("refused: 401", times=3)
        reply = httpx.post(f"{proxy.base_url}/chat/completions", json=chat_body(), headers=AUTHORIZATION, timeout=20)
        assert reply.status_code == 200


def test_a_slow_reader_is_waited_for_and_not_remembered(backend: PacedBackend) -> None:
    """It takes nothing of a stream of 200 MB: what the gateway has read ahead is bounded."""
    sent = [0]
    stop = threading.Event()
    line = b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": "x" * 60_000}}]}).encode() + b"\n\n"

    class Counting(list[bytes]):
        def __iter__(self) -> Iterator[bytes]:
            while sent[0] < 200_000_000 and not stop.is_set():
                yield line
                sent[0] += len(line)

    body = json.dumps(chat_body(stream=True)).encode()
    with (
        PacedBackend(answer=lambda request: Reply.stream(Counting())) as endless,
        RunningProxy(one_backend(endless.url)) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection,
    ):
        connection.sendall(PATH + KEY + b"content-length: %d\r\n\r\n" % len(body) + body)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        last = -1
        while last != sent[0]:  # until nobody reads any more
            last = sent[0]
            threading.Event().wait(1.0)
        stop.set()
    assert sent[0] < 40_000_000, f"{sent[0]} bytes were read"
