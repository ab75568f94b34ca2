"""config_url: a real HTTP server on loopback, and everything that it may do to us."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from proapi_gateway.remote_config import Document, RemoteConfig, RemoteFault, fetch_over_http
from proapi_gateway.settings import NO_SECRET, Secret

Answer = Callable[[BaseHTTPRequestHandler], None]


class ConfigServer(ThreadingHTTPServer):
    """`answers`: what each path does; `asked`: the paths, with the etag that came."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str | None]] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, ConfigServer)
        path = self.path.partition("?")[0]
        self.server.asked.append((path, self.headers.get("if-none-match")))
        self.server.answers[path](self)

    def log_message(self, format: str, *args: object) -> None:
        pass


def body(text: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("content-length", str(len(text)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(text)

    return answer


@pytest.fixture
def server() -> Iterator[ConfigServer]:
    with ConfigServer() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_what_stands_there_is_read(server: ConfigServer) -> None:
    server.answers["/c"] = body("\ufeffa: 值".encode(), etag='"1"')
    url = f"{server.url}/c?k=1"
    assert fetch_over_http(url, "") == Document(url, "a: 值", '"1"')


def test_redirects_are_followed(server: ConfigServer) -> None:
    server.answers["/old"] = body(b"", 302, location="/new")
    server.answers["/new"] = body(b"a: 1")
    found = fetch_over_http(f"{server.url}/old", "")
    assert found is not None
    assert (found.url, found.text) == (f"{server.url}/old", "a: 1")


def test_the_etag_spares_the_body(server: ConfigServer) -> None:
    server.answers["/c"] = body(b"", 304)
    assert fetch_over_http(f"{server.url}/c", '"1"') is None
    assert server.asked == [("/c", '"1"')]


def _cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("content-length", "100")
    handler.end_headers()
    handler.wfile.write(b"a: 1")


def _stall(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)  # until the client hangs up


def _trickle(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(ConnectionError):  # the client hangs up
        while True:
            handler.wfile.write(b"#")
            handler.wfile.flush()
            time.sleep(0.02)


@pytest.mark.parametrize(
    ("answer", "told", "timeout_s"),
    [
        (body(b"gone", 404), "replied 404", 30),
        (body(b"", 304), "replied 304", 30),  # nobody asked
        (body(b"", 302, location="/loop"), "replied 302", 30),
        (body(b"", 302, location="file:///etc/passwd"), "replied 302", 30),
        (body(b"\xff\xfe"), "no UTF-8", 30),
        (body(b"#" * (4 * 1024 * 1024 + 1)), "larger", 30),
        (_cut, "was cut", 30),
        (_stall, "timed out", 0.3),
        (_trickle, "trickles", 1),
    ],
)
def test_what_is_no_configuration_is_told(
    server: ConfigServer, answer: Answer, told: str, timeout_s: float
) -> None:
    server.answers["/c"] = server.answers["/loop"] = answer
    with pytest.raises(RemoteFault, match=told):
        fetch_over_http(f"{server.url}/c", "", timeout_s=timeout_s)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://h/x", "api.yaml", "http://[", "http://127.0.0.1:1/x"])
def test_no_address_is_a_fault_not_a_traceback(url: str) -> None:
    with pytest.raises(RemoteFault):
        fetch_over_http(url, "", timeout_s=0.3)


def remote(tmp_path: Path, url: str = "https://u:pw@host:8443/c.yaml?token=t") -> RemoteConfig:
    return RemoteConfig(Secret(url), NO_SECRET, tmp_path / "data" / "copy.json", fetch_over_http)


def test_the_address_is_shown_without_its_secrets(tmp_path: Path) -> None:
    assert remote(tmp_path).shown == "https://host:8443/c.yaml"
    assert "token=t" not in repr(remote(tmp_path))
    assert remote(tmp_path, "http://host:x/?token=t").shown == "config_url"
    assert remote(tmp_path, "http://[::1]:8443/c?t=t").shown == "http://[::1]:8443/c"


def test_the_copy_is_for_its_owner_only_and_for_this_address(tmp_path: Path) -> None:
    here = remote(tmp_path)
    assert here.last_good() is None
    for text in ("a: 1", "a: 2"):
        here.keep(Document(here.url.reveal(), text, "e"))
    assert here.copy.stat().st_mode & 0o777 == 0o600
    assert here.last_good() == Document(here.url.reveal(), "a: 2", "e")
    assert remote(tmp_path, "https://other/c.yaml").last_good() is None
    here.copy.write_text("[1]")
    assert here.last_good() is None
