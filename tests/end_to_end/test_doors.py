"""The base_url door and the explicit door of the running proxy: what is opened, what is tunnelled, and loops."""

import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.configs import AUTHORIZATION, chat_body, chat_reply, one_backend
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.throwaway_ca import ThrowawayCa
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend(answer=lambda request: Reply.json(chat_reply())) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(backend: PacedBackend) -> Iterator[RunningProxy]:
    with RunningProxy(one_backend(backend.url)) as running:
        yield running


@pytest.fixture(scope="module")
def origin_ca(tmp_path_factory: pytest.TempPathFactory) -> ThrowawayCa:
    return ThrowawayCa(tmp_path_factory.mktemp("origin"))


@pytest.fixture(scope="module")
def origin(origin_ca: ThrowawayCa) -> Iterator[PacedBackend]:
    """Another host that has nothing to do with us, with TLS and a certificate of its own."""
    context = origin_ca.server_context("localhost")
    with PacedBackend(answer=lambda request: Reply.json({"path": request.path}), tls=context) as there:
        yield there


def trust(path: str | Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(path))


@pytest.mark.parametrize("http2", [False, True])
def test_C058_an_unmodified_client_is_served_through_the_explicit_door(proxy: RunningProxy, http2: bool) -> None:
    with httpx.Client(proxy=proxy.proxy_url, verify=trust(proxy.ca_path), http1=not http2, http2=http2) as client:
        for _ in range(2):
            reply = client.post("https://api.openai.com/v1/chat/completions", json=chat_body(), headers=AUTHORIZATION)
            assert (reply.status_code, reply.json()["model"]) == (200, "m")
            assert reply.http_version == ("HTTP/2" if http2 else "HTTP/1.1")


def test_plain_http_to_an_llm_host_is_served_too(proxy: RunningProxy) -> None:
    with httpx.Client(proxy=proxy.proxy_url) as client:
        reply = client.post("http://API.openai.com/v1/chat/completions", json=chat_body(), headers=AUTHORIZATION)
    assert reply.json()["model"] == "m"


def test_the_base_url_door_speaks_tls_and_http2(proxy: RunningProxy) -> None:
    context = trust(proxy.ca_path)
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="api.openai.com") as connection,
    ):
        assert connection.selected_alpn_protocol() == "h2"
        assert ("DNS", "api.openai.com") in connection.getpeercert()["subjectAltName"]


def test_http2_needs_no_tls(proxy: RunningProxy) -> None:
    with httpx.Client(http1=False, http2=True) as client:
        reply = client.get(f"{proxy.base_url}/models/m", headers=AUTHORIZATION)
    assert (reply.http_version, reply.json()["id"]) == ("HTTP/2", "m")


def test_C058_another_host_is_tunnelled_with_its_own_certificate(
    proxy: RunningProxy, origin: PacedBackend, origin_ca: ThrowawayCa
) -> None:
    with httpx.Client(proxy=proxy.proxy_url, verify=trust(origin_ca.path)) as client:
        assert client.get(f"{origin.url}/x").json() == {"path": "/x"}
    assert "x-proapi-hop" not in origin.requests[-1].headers


def test_what_is_no_tls_is_tunnelled_byte_for_byte(proxy: RunningProxy) -> None:
    sent, answer = b"\x00\x01 no protocol at all\r\n\r\n" * 3, b"\xff" * 100
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            received.append(connection.recv(65536))
            connection.sendall(answer)
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        with _tunnel(proxy, listener.getsockname()[1]) as connection:
            connection.sendall(sent)
            assert connection.recv(65536) == answer
        thread.join(10)
    assert received == [sent]


def test_plain_http_inside_a_tunnel_is_not_touched(proxy: RunningProxy) -> None:
    request = b"GET /x HTTP/1.1\r\nhost:  Example.ORG\r\nX-oDD:  kept \r\n\r\n"
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            received.append(connection.recv(65536))
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        with _tunnel(proxy, listener.getsockname()[1]) as connection:
            connection.sendall(request)
            connection.recv(65536)
        thread.join(10)
    assert received == [request]


def test_plain_http_to_another_host_is_neither_changed_nor_held(proxy: RunningProxy) -> None:
    gate = threading.Event()
    with PacedBackend() as other:
        other.script(Reply([b"one", gate, b"two"], headers=[("set-cookie", "a=b")]))
        with (
            httpx.Client(proxy=proxy.proxy_url) as client,
            client.stream("POST", f"{other.url}/y", content=b"body", headers={"authorization": "Bearer own"}) as reply,
        ):
            pieces = reply.iter_raw()
            assert next(pieces) == b"one"
            gate.set()
            assert next(pieces) == b"two"
            assert reply.headers["set-cookie"] == "a=b"
        assert other.requests[0].headers["authorization"] == "Bearer own"
        assert other.requests[0].body == b"body"


def test_our_own_base_url_may_be_asked_for_through_the_explicit_door(proxy: RunningProxy) -> None:
    with httpx.Client(proxy=proxy.proxy_url) as client:
        reply = client.post(f"{proxy.base_url}/chat/completions", json=chat_body(), headers=AUTHORIZATION)
    assert reply.json()["model"] == "m"


def test_the_explicit_door_is_no_base_url(proxy: RunningProxy) -> None:
    reply = httpx.post(f"{proxy.proxy_url}/v1/chat/completions", json=chat_body(), headers=AUTHORIZATION)
    assert reply.status_code == 508
    assert "loop" in reply.json()["error"]["message"]


def test_C059_a_backend_that_is_our_own_door_is_a_loop() -> None:
    from tests.end_to_end.running_proxy import free_port

    port = free_port()
    with RunningProxy(one_backend(f"http://localhost:{port}"), environment={"PROAPI_PORT": str(port)}) as own:
        reply = httpx.post(f"http://127.0.0.1:{port}/v1/chat/completions", json=chat_body(), headers=AUTHORIZATION)
        assert reply.status_code == 508, own.output
        assert "loop" in reply.json()["error"]["message"]


def test_C059_two_gateways_that_point_at_each_other_stop_after_two_passes() -> None:
    from tests.end_to_end.configs import TOKEN
    from tests.end_to_end.running_proxy import free_port

    first, second = free_port(), free_port()

    def gateway(own: int, other: int) -> RunningProxy:
        config = one_backend(f"http://127.0.0.1:{other}", extra=f"api_key: {TOKEN}", model="m")
        return RunningProxy(config, environment={"PROAPI_PORT": str(own)})

    with gateway(first, second) as one, gateway(second, first) as two:
        at_rest = [open_files(one), open_files(two)]
        reply = httpx.post(f"http://127.0.0.1:{first}/v1/chat/completions", json=chat_body(), headers=AUTHORIZATION)
        assert reply.status_code == 508
        assert "loop" in reply.json()["error"]["message"]
        wait_until(lambda: [open_files(one), open_files(two)], lambda left: left == at_rest)
        assert [running.output.count(" chat m -> ") for running in (one, two)] == [1, 1]


def open_files(proxy: RunningProxy) -> int:
    return len(list(Path(f"/proc/{proxy.process.pid}/fd").iterdir())) if sys.platform == "linux" else 0


def _tunnel(proxy: RunningProxy, port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", proxy.proxy_port), timeout=10)
    connection.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n".encode())
    assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    return connection
