"""Realtime sessions through each door: the handshake is rewritten, the frames are not touched."""

from __future__ import annotations

import json
import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.end_to_end.configs import AUTHORIZATION, BACKEND_KEY, TOKEN, one_backend, several_backends
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.realtime_backend import CLOSED_BY_BACKEND, CREATED, REFUSED_MODEL, RealtimeBackend
from tests.end_to_end.running_proxy import RunningProxy, free_port
from tests.end_to_end.sdk_clients import sdk_client

Open = Callable[..., ClientConnection]
Start = Callable[..., RunningProxy]
PATH = "/v1/realtime?model=m&intent=a%20b"
AZURES = """
  - provider: azure
    base_url: {url}
    api_key: {key}
    model: [ deployed/1: azure-m ]
  - provider: azure
    name: preview
    base_url: {url}
    api_key: {key}
    api_version: 2025-04-01-preview
    model: [ deployed/1: azure-preview ]
"""


@pytest.fixture(scope="module")
def backend() -> Iterator[RealtimeBackend]:
    with RealtimeBackend() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(backend: RealtimeBackend) -> Iterator[RunningProxy]:
    more = f"model: [ gpt-realtime/1: m, {REFUSED_MODEL} ]"
    config = one_backend(backend.url).replace("model: [ { upstream-model: m } ]", more)
    config = config.replace("tokens:", AZURES.format(url=backend.url, key=BACKEND_KEY) + "tokens:")
    # `idle` and `total` are about replies: a session outlives both
    config = config.replace("    model: [ g", "    timeout: { idle: 0.3, total: 0.6 }\n    model: [ g")
    with RunningProxy(config) as running:
        yield running


@pytest.fixture
def limited(backend: RealtimeBackend) -> Iterator[RunningProxy]:
    """One session at once."""
    key = f"- api_key: {TOKEN}"
    with RunningProxy(one_backend(backend.url).replace(key, f"{key}\n    limits: {{ concurrent: 1 }}")) as running:
        yield running


def door_options(proxy: RunningProxy, door: str, path: str) -> tuple[str, dict[str, Any]]:
    if door == "base_url":
        return f"ws://127.0.0.1:{proxy.port}{path}", {"proxy": None}
    trusted = ssl.create_default_context(cafile=proxy.ca_path)
    # This client reads and writes one TLS connection in two threads. Before Python 3.13 nothing locks it, and a ticket
    # of TLS 1.3 that comes while the request is written loses it: 5 of 600 on a busy machine.
    trusted.maximum_version = ssl.TLSVersion.TLSv1_2
    return f"wss://api.openai.com{path}", {"proxy": proxy.proxy_url, "ssl": trusted}


@pytest.fixture(params=["base_url", "explicit"])
def open_session(request: pytest.FixtureRequest, proxy: RunningProxy) -> Open:
    def open_one(path: str = PATH, headers: dict[str, str] = AUTHORIZATION, **options: Any) -> ClientConnection:
        url, how = door_options(proxy, request.param, path)
        return connect(url, additional_headers=headers, open_timeout=30, **how, **options)

    return open_one


def test_the_handshake_goes_to_the_backend_with_its_key_and_its_model(
    open_session: Open, backend: RealtimeBackend
) -> None:
    account = {"OpenAI-Organization": "org-1", "OpenAI-Project": "proj-1", "OpenAI-Beta": "realtime=v1"}
    with open_session(headers=AUTHORIZATION | account) as session:
        assert json.loads(session.recv(20)) == CREATED
    asked = backend.handshakes[-1]
    assert asked.path == "/v1/realtime?model=gpt-realtime%2F1&intent=a%20b"
    assert asked.headers["Authorization"] == f"Bearer {BACKEND_KEY}"
    assert asked.headers["OpenAI-Beta"] == "realtime=v1"
    assert not {"openai-organization", "openai-project"} & {name.lower() for name in asked.headers}
    assert TOKEN not in str(asked.headers)
    assert asked.headers["Host"] == backend.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("azure-m", "/openai/v1/realtime?model=deployed%2F1&intent=x"),
        ("azure-preview", "/openai/realtime?api-version=2025-04-01-preview&deployment=deployed%2F1&intent=x"),
    ],
)
def test_azures_sessions_lie_elsewhere(open_session: Open, backend: RealtimeBackend, model: str, path: str) -> None:
    with open_session(f"/v1/realtime?model={model}&intent=x") as session:
        assert json.loads(session.recv(20)) == CREATED
        session.send("hello")
        assert session.recv(20) == "hello"
    asked = backend.handshakes[-1]
    assert asked.path == path
    assert asked.headers["api-key"] == BACKEND_KEY
    assert "Authorization" not in asked.headers
    assert TOKEN not in str(asked.headers)


def test_a_client_made_for_azure_is_understood(proxy: RunningProxy, backend: RealtimeBackend) -> None:
    url = f"ws://127.0.0.1:{proxy.port}/openai/realtime?api-version=2025-04-01-preview&deployment=m"
    with connect(url, additional_headers={"api-key": TOKEN}, open_timeout=30, proxy=None) as session:
        assert json.loads(session.recv(20)) == CREATED
    assert backend.handshakes[-1].path == "/v1/realtime?model=gpt-realtime%2F1"


def test_a_browsers_key_is_taken_out_of_the_subprotocols(open_session: Open, backend: RealtimeBackend) -> None:
    offered = ["realtime", f"openai-insecure-api-key.{TOKEN}", "openai-organization.org-1", "openai-beta.realtime-v1"]
    with open_session(headers={}, subprotocols=offered) as session:
        assert session.subprotocol == "realtime"
        assert json.loads(session.recv(20)) == CREATED
    asked = backend.handshakes[-1]
    assert asked.headers["Sec-WebSocket-Protocol"] == "realtime, openai-beta.realtime-v1"
    assert asked.headers["Authorization"] == f"Bearer {BACKEND_KEY}"
    assert TOKEN not in str(asked.headers)


def test_frames_go_both_ways_as_they_are(open_session: Open) -> None:
    audio = os.urandom(300_000)
    with open_session(max_size=None) as session:
        session.recv(20)
        for message in ('{"type": "response.create"}', "ü" * 40_000, b"\x00\xff", audio):
            session.send(message)
            assert session.recv(20) == message
        session.send(["in ", "three ", "fragments"])
        assert session.recv(20) == "in three fragments"
        assert session.ping().wait(20)


def test_a_session_outlives_the_deadlines_of_replies(open_session: Open) -> None:
    with open_session() as session:
        session.recv(20)
        threading.Event().wait(0.9)
        session.send("still here")
        assert session.recv(20) == "still here"


def test_the_backends_close_reaches_the_client(open_session: Open) -> None:
    with open_session() as session:
        session.recv(20)
        session.send("close")
        with pytest.raises(ConnectionClosedError) as closed:
            session.recv(20)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == CLOSED_BY_BACKEND


def test_the_clients_close_reaches_the_backend(open_session: Open, backend: RealtimeBackend) -> None:
    backend.session_ended.clear()
    with open_session() as session:
        session.recv(20)
        session.close(4002, "enough")
    while (4002, "enough") not in backend.closed_with:  # an earlier test's session may end only now
        assert backend.session_ended.wait(20), backend.closed_with
        backend.session_ended.clear()


def test_a_backend_that_dies_is_no_good_end(open_session: Open) -> None:
    with open_session() as session:
        session.recv(20)
        session.send("die")
        with pytest.raises(ConnectionClosedError) as closed:
            session.recv(20)
    assert closed.value.rcvd is None  # no close frame: what the client's library calls 1006


def test_a_client_that_dies_ends_the_session_at_the_backend(open_session: Open, backend: RealtimeBackend) -> None:
    def cut_off() -> int:
        return sum(code == 1006 for code, _ in backend.closed_with)

    before = cut_off()
    backend.session_ended.clear()
    with open_session() as session:
        session.recv(20)
        session.socket.shutdown(socket.SHUT_RDWR)
    while cut_off() == before:  # an earlier test's session may end only now
        assert backend.session_ended.wait(20), backend.closed_with
        backend.session_ended.clear()


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/v1/realtime?model=m", {"authorization": "Bearer sk-wrong"}, 401, "invalid_api_key"),
        ("/v1/realtime?model=m", {}, 401, "invalid_api_key"),
        (f"/v1/realtime?model={REFUSED_MODEL}", AUTHORIZATION, 403, "gone"),
        ("/v1/responses", AUTHORIZATION, 426, "websocket_not_supported"),  # what tells Codex to go on over HTTP
    ],
)
def test_a_refusal_is_an_error_object(
    open_session: Open, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_session(path, headers)
    response = refused.value.response
    assert (response.status_code, json.loads(response.body)["error"]["code"]) == (status, code)
    assert response.headers.get("Retry-After") == ("7" if status == 403 else None)


def test_a_backend_that_is_down_is_an_error_object(start_proxy: Start) -> None:
    url, how = door_options(start_proxy(one_backend("http://127.0.0.1:9")), "base_url", PATH)
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers=AUTHORIZATION, **how)
    assert refused.value.response.status_code == 502


def test_a_session_is_logged_once_with_what_it_carried(start_proxy: Start, backend: RealtimeBackend) -> None:
    proxy = start_proxy(one_backend(backend.url))
    url, how = door_options(proxy, "base_url", PATH)
    with connect(url, additional_headers=AUTHORIZATION, **how) as session:
        session.recv(20)
        session.send("a" * 1000)
        session.recv(20)
    proxy.stop()
    lines = [line for line in proxy.output.splitlines() if " bytes up, " in line]
    assert len(lines) == 1, proxy.output
    assert " m -> openai/b0:" in lines[0]
    assert TOKEN not in proxy.output
    assert BACKEND_KEY not in proxy.output


def test_a_saved_session_holds_no_key(start_proxy: Start, backend: RealtimeBackend, tmp_path: Path) -> None:
    """mitmproxy's own program, told to save its flows."""
    command = [str(Path(sys.executable).with_name("mitmdump")), "-s", "addons/proapi.py", "-w", str(tmp_path / "saved")]
    port = free_port()
    mode = ["--mode", f"reverse:http://api.openai.com@127.0.0.1:{port}"]
    proxy = start_proxy(one_backend(backend.url), command=[*command, *mode])
    offered = ["realtime", f"openai-insecure-api-key.{TOKEN}"]
    with connect(f"ws://127.0.0.1:{port}{PATH}", subprotocols=offered, proxy=None) as session:
        session.recv(20)
        session.send("hello")
        assert session.recv(20) == "hello"
    proxy.stop()
    saved = (tmp_path / "saved").read_bytes()
    assert b"/v1/realtime" in saved
    assert not [key for key in (TOKEN, BACKEND_KEY) if key.encode() in saved]


def test_another_backend_takes_a_session_that_one_refuses(start_proxy: Start, backend: RealtimeBackend) -> None:
    with PacedBackend(lambda request: Reply.json({"error": {"message": "busy"}}, status=503)) as busy:
        proxy = start_proxy(several_backends((busy.url, ""), (backend.url, "")))
        url, how = door_options(proxy, "base_url", PATH)
        with connect(url, additional_headers=AUTHORIZATION, **how) as session:
            assert json.loads(session.recv(20)) == CREATED
            assert session.response.headers["x-proapi-attempts"] == "2"
        assert len(busy.requests) == 1


@pytest.mark.parametrize("door", ["base_url", "explicit"])
def test_the_sdks_own_session(proxy: RunningProxy, backend: RealtimeBackend, door: str) -> None:
    _, how = door_options(proxy, door, "")
    with (
        sdk_client(proxy, door) as client,
        client.realtime.connect(model="m", websocket_connection_options=how) as session,
    ):
        assert session.recv().type == "session.created"
        session.response.create()
        assert json.loads(session.recv_bytes()) == {"type": "response.create"}
    assert backend.handshakes[-1].path == "/v1/realtime?model=gpt-realtime%2F1"


def test_a_session_takes_one_of_its_tokens_places_until_it_ends(limited: RunningProxy) -> None:
    url = f"ws://127.0.0.1:{limited.port}{PATH}"

    def session() -> ClientConnection:
        return connect(url, additional_headers=AUTHORIZATION, open_timeout=30, proxy=None)

    with session() as first:
        first.recv(timeout=30)
        with pytest.raises(InvalidStatus) as caught:
            session()
        assert caught.value.response.status_code == 429
    limited.wait_for(" 101 ")
    with session() as second:
        second.recv(timeout=30)
