"""Requests through the running proxy: whose key goes where, and every way that a body may come."""

import contextlib
import gzip
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.configs import AUTHORIZATION, BACKEND_KEY, TOKEN, chat_body, chat_reply, one_backend
from tests.end_to_end.paced_backend import PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend(answer=lambda request: Reply.json(chat_reply(), ("x-ratelimit-limit-requests", "9"))) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(backend: PacedBackend) -> Iterator[RunningProxy]:
    with RunningProxy(one_backend(backend.url, extra='headers: { x-extra: "1" }')) as running:
        yield running


@pytest.fixture(params=["http1", "http2"])
def client(request: pytest.FixtureRequest, proxy: RunningProxy) -> Iterator[httpx.Client]:
    http2 = request.param == "http2"
    versions = {"http1": not http2, "http2": http2}
    with httpx.Client(base_url=proxy.base_url, headers=AUTHORIZATION, timeout=30, **versions) as opened:
        yield opened


def last(backend: PacedBackend) -> ReceivedRequest:
    return backend.requests[-1]


def test_nothing_of_the_clients_headers_reaches_the_backend(client: httpx.Client, backend: PacedBackend) -> None:
    own = {
        "x-api-key": "client-x",
        "openai-organization": "org-1",
        "cookie": "a=b",
        "x-stainless-lang": "python",
        "x-forwarded-for": "10.0.0.8",
        "proxy-authorization": "Basic eDp5",
    }
    reply = client.post("/chat/completions", json=chat_body(), headers=own)
    assert reply.status_code == 200
    seen = last(backend).headers
    assert not set(own) & set(seen)
    assert seen["authorization"] == f"Bearer {BACKEND_KEY}"
    assert seen["x-extra"] == "1"
    assert TOKEN not in str(last(backend))


def test_headers_of_the_reply(client: httpx.Client) -> None:
    headers = client.post("/chat/completions", json=chat_body()).headers
    assert headers["x-proapi-provider"] == "openai/b0"
    assert headers["x-proapi-model"] == "upstream-model"
    assert headers["x-proapi-attempts"] == "1"
    assert headers["x-ratelimit-limit-requests"] == "9"
    assert int(headers["openai-processing-ms"]) >= 0
    assert BACKEND_KEY not in str(headers)


def test_a_key_in_api_key_is_a_key(proxy: RunningProxy) -> None:
    reply = httpx.post(f"{proxy.base_url}/chat/completions", json=chat_body(), headers={"api-key": TOKEN})
    assert reply.status_code == 200


def test_the_clients_own_key_goes_on_where_the_file_says_so(backend: PacedBackend) -> None:
    config = one_backend(backend.url, extra="api_key: passthrough")
    with RunningProxy(config) as proxy:
        httpx.post(f"{proxy.base_url}/chat/completions", json=chat_body(), headers=AUTHORIZATION)
    assert last(backend).headers["authorization"] == f"Bearer {TOKEN}"


def test_the_log_holds_no_key(proxy: RunningProxy) -> None:
    for key in (TOKEN, "sk-wrong-key-of-somebody", BACKEND_KEY):
        headers = {"authorization": f"Bearer {key}"}
        httpx.post(f"{proxy.base_url}/chat/completions?k={key}", content=b"{", headers=headers)
        assert key not in proxy.output


# -- bodies ----------------------------------------------------------------------------------------------------------
def test_every_field_reaches_the_backend_in_order(client: httpx.Client, backend: PacedBackend) -> None:
    body = chat_body(seed=1, unknown={"b": 1, "a": [2.50, None]}, temperature=0.1)
    client.post("/chat/completions", json=body)
    assert list(last(backend).json()) == list(body)
    assert last(backend).json() == {**body, "model": "upstream-model"}


def test_C062_a_chunked_body_goes_on_with_its_length(client: httpx.Client, backend: PacedBackend) -> None:
    data = json.dumps(chat_body()).encode()
    client.post("/chat/completions", content=iter([data[:5], data[5:9], data[9:]]))
    assert last(backend).json()["model"] == "upstream-model"
    framing = [name for name in last(backend).header_names if name in ("content-length", "transfer-encoding")]
    assert framing == ["content-length"]


def test_a_compressed_body_is_read(client: httpx.Client, backend: PacedBackend) -> None:
    data = gzip.compress(json.dumps(chat_body()).encode())
    reply = client.post("/chat/completions", content=data, headers={"content-encoding": "gzip"})
    assert reply.status_code == 200
    assert "content-encoding" not in last(backend).headers


def test_C062_a_body_of_28_mb_takes_less_than_3_seconds(
    client: httpx.Client, proxy: RunningProxy, backend: PacedBackend
) -> None:
    text = "data:image/png;base64," + "iVBORw0K" * (LARGE_BYTES // 8)
    body = chat_body(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": text}}]}])
    before_bytes = forget_peak(proxy)
    started, worked_before_s = time.monotonic(), proxy.worked_s()
    with slowest_neighbour(proxy) as waits_s:
        assert client.post("/chat/completions", json=body).status_code == 200
    took_s = time.monotonic() - started
    assert proxy.worked_s() - worked_before_s < 3
    assert last(backend).json()["messages"] == body["messages"]
    assert max(waits_s) < max(1 * 3, took_s / 2)  # the test's own client and backend take their part, as others do
    assert memory(proxy, "VmHWM") - before_bytes < 6 * LARGE_BYTES


LARGE_BYTES = 28 * 1024 * 1024


def memory(proxy: RunningProxy, field: str) -> int:
    """Of the process, in bytes: VmRSS is what it has now, VmHWM the most that it had."""
    status = Path(f"/proc/{proxy.process.pid}/status")
    if not status.exists():
        return 0
    return int(re.search(rf"{field}:\s+(\d+) kB", status.read_text()).group(1)) * 1024


def forget_peak(proxy: RunningProxy) -> int:
    """Let the peak begin anew (proc_pid_clear_refs(5)); what it begins with."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{proxy.process.pid}/clear_refs").write_text("5")
    return memory(proxy, "VmHWM")


@contextlib.contextmanager
def slowest_neighbour(proxy: RunningProxy) -> Iterator[list[float]]:
    """How long somebody else waits for a small request, again and again, meanwhile."""
    waits_s: list[float] = []
    over = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=proxy.base_url, headers=AUTHORIZATION, timeout=30) as other:
            while not over.is_set():
                started = time.monotonic()
                other.get("/models/m")
                waits_s.append(time.monotonic() - started)
                over.wait(0.01)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield waits_s
    finally:
        over.set()
        thread.join()


def test_C061_a_client_that_waits_for_100_continue_gets_it_at_once(proxy: RunningProxy, backend: PacedBackend) -> None:
    body = json.dumps(chat_body()).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: api.openai.com\r\nexpect: 100-Continue\r\n"
        f"authorization: Bearer {TOKEN}\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(body)
        received = b"".join(iter(lambda: connection.recv(65536), b""))  # the connection is closed as asked
    assert received.count(b"HTTP/1.1 ") == 1
    assert received.startswith(b"HTTP/1.1 200")
    assert "expect" not in last(backend).headers


def test_a_connection_is_used_again(proxy: RunningProxy, backend: PacedBackend) -> None:
    before = backend.connections
    with httpx.Client(base_url=proxy.base_url, headers=AUTHORIZATION) as client:
        for _ in range(5):
            client.post("/chat/completions", json=chat_body())
    assert backend.connections == before + 1


@pytest.mark.parametrize("option", ["stream_large_bodies=1k", "body_size_limit=10m"])
def test_C062_mitmproxys_limits_let_nothing_out_untranslated(backend: PacedBackend, option: str) -> None:
    body = chat_body(messages=[{"role": "user", "content": "x" * 50_000}])
    with RunningProxy(one_backend(backend.url), arguments=["--set", option]) as proxy:
        reply = httpx.post(f"{proxy.base_url}/chat/completions", json=body, headers=AUTHORIZATION)
    assert (reply.status_code, reply.json()["model"]) == (200, "m")
    assert last(backend).json()["model"] == "upstream-model"


@pytest.mark.parametrize("chunked", [False, True])
def test_C062_a_body_over_the_limit_is_refused_as_json(backend: PacedBackend, chunked: bool) -> None:
    data = json.dumps(chat_body(messages=[{"role": "user", "content": "x" * 20_000}])).encode()
    with RunningProxy(one_backend(backend.url), arguments=["--set", "body_size_limit=10k"]) as proxy:
        content = iter([data]) if chunked else data
        reply = httpx.post(f"{proxy.base_url}/chat/completions", content=content, headers=AUTHORIZATION)
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "request_too_large")


# -- without a backend -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/v1/models", "/models", "/v1/models/m", "/", "/healthz"])
def test_get_and_head(client: httpx.Client, path: str) -> None:
    got = client.get(client.base_url.copy_with(raw_path=path.encode()))
    head = client.head(client.base_url.copy_with(raw_path=path.encode()))
    assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
    assert got.json()
    assert head.headers["content-length"] == str(len(got.content))


def test_a_browsers_page_may_call(client: httpx.Client) -> None:
    asked = {"origin": "https://app.example", "access-control-request-headers": "authorization,x-y"}
    preflight = httpx.options(f"{client.base_url}chat/completions", headers=asked)
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-headers"] == "authorization,x-y"
    reply = client.post("/chat/completions", json=chat_body(), headers={"origin": "https://app.example"})
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "x-proapi-provider" in reply.headers["access-control-expose-headers"]


def test_the_path_may_name_the_model(client: httpx.Client, backend: PacedBackend) -> None:
    url = str(client.base_url).replace("/v1/", "/openai/deployments/m/chat/completions?api-version=1")
    reply = client.post(url, json={"messages": []})
    assert (reply.status_code, reply.json()["model"]) == (200, "m")
    assert last(backend).json()["model"] == "upstream-model"
