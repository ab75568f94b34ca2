"""The transparent door for real: a redirect on the client's way, and an api.openai.com that does not exist."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.configs import (
    AUTHORIZATION,
    BACKEND_KEY,
    TOKEN,
    chat_body,
    chat_chunk,
    chat_end,
    chat_reply,
    several_backends,
)
from tests.end_to_end.network_namespaces import NOWHERE, OUTSIDE_ADDRESS, CannotBuild, TransparentNetwork
from tests.end_to_end.paced_backend import PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.realtime_backend import RealtimeBackend
from tests.end_to_end.running_proxy import RunningProxy, free_port
from tests.end_to_end.throwaway_ca import ThrowawayCa

OTHER_HOST = "other.example"
CHAT_URL = "https://api.openai.com/v1/chat/completions"


@pytest.fixture(scope="module")
def transparent_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def network(transparent_port: int) -> Iterator[TransparentNetwork]:
    hosts = {"api.openai.com": NOWHERE, OTHER_HOST: OUTSIDE_ADDRESS}
    with contextlib.ExitStack() as stack:
        try:
            built = stack.enter_context(TransparentNetwork.build(hosts, redirect_to=transparent_port))
        except CannotBuild as reason:
            pytest.skip(f"no transparent network here: {reason}")
        yield built


def answer(request: ReceivedRequest) -> Reply:
    if request.json().get("stream"):
        return Reply.stream([chat_chunk("hel"), chat_chunk("lo"), chat_end()])
    return Reply.json(chat_reply())


@pytest.fixture(scope="module")
def backend(network: TransparentNetwork) -> Iterator[PacedBackend]:
    """The configured backend, on the gateway's own loopback."""
    running = network.within("gateway", PacedBackend(answer=answer).__enter__)
    yield running
    running.__exit__()


@pytest.fixture(scope="module")
def realtime(network: TransparentNetwork) -> Iterator[RealtimeBackend]:
    running = network.within("gateway", RealtimeBackend().__enter__)
    yield running
    running.close()


@pytest.fixture(scope="module")
def proxy(
    network: TransparentNetwork, backend: PacedBackend, realtime: RealtimeBackend, transparent_port: int
) -> Iterator[RunningProxy]:
    blocks = (backend.url, ""), (realtime.url, "balance: { m: 0 }")
    config = several_backends(*blocks, server="passthrough_provider: b1")
    command = [*network.run_in("gateway"), sys.executable, "-m", "addons.master"]
    environment = {"PROAPI_HOST": "0.0.0.0", "PROAPI_TRANSPARENT_PORT": str(transparent_port)}
    with RunningProxy(config, command=command, environment=environment) as running:
        yield running


@pytest.fixture(scope="module")
def origin_ca(tmp_path_factory: pytest.TempPathFactory) -> ThrowawayCa:
    return ThrowawayCa(tmp_path_factory.mktemp("origin"))


@pytest.fixture(scope="module")
def origin(network: TransparentNetwork, origin_ca: ThrowawayCa) -> Iterator[PacedBackend]:
    """A host outside that has nothing to do with us, with a certificate of its own."""
    context = origin_ca.server_context(OTHER_HOST)
    there = PacedBackend(answer=lambda request: Reply.json({"path": request.path}), tls=context, host=OUTSIDE_ADDRESS)
    yield network.within("outside", there.__enter__)
    there.__exit__()


def run_client(network: TransparentNetwork, *command: str, **environment: str) -> str:
    """What an unmodified program in the client's namespace prints; its own words where it fails."""
    inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [*network.run_in("client"), *command],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def curl(network: TransparentNetwork, ca: str | Path, url: str, *options: str, **changes: object) -> str:
    key = f"authorization: {AUTHORIZATION['authorization']}"
    body = json.dumps(chat_body(**changes))
    fixed = ["curl", "-sS", "--max-time", "20", "--cacert", str(ca), "-H", key, "-H", "content-type: application/json"]
    return run_client(network, *fixed, "-d", body, *options, url)


def assert_nobody_was_asked_for_openai(network: TransparentNetwork) -> None:
    assert network.packets_to("to-nowhere") == 0
    assert network.packets_to("to-dns") == 0


# -- api.openai.com is answered by us --------------------------------------------------------------------------------
@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_an_unmodified_curl_is_served(
    network: TransparentNetwork, proxy: RunningProxy, backend: PacedBackend, version: str
) -> None:
    out = curl(network, proxy.ca_path, CHAT_URL, version, "-w", "\n%{http_version} %{remote_ip} %{ssl_verify_result}")
    body, _, told = out.rpartition("\n")
    assert (json.loads(body)["model"], told) == ("m", f"{'2' if '2' in version else '1.1'} {NOWHERE} 0")
    assert backend.requests[-1].headers["authorization"] == f"Bearer {BACKEND_KEY}"
    assert_nobody_was_asked_for_openai(network)


def test_a_stream_is_served(network: TransparentNetwork, proxy: RunningProxy) -> None:
    out = curl(network, proxy.ca_path, CHAT_URL, "-N", stream=True)
    assert out.endswith("data: [DONE]\n\n")
    events = [json.loads(line[6:]) for line in out.splitlines() if line.startswith("data: {")]
    assert "".join(event["choices"][0]["delta"].get("content") or "" for event in events) == "hello"
    assert_nobody_was_asked_for_openai(network)


def test_plain_http_is_served_too(network: TransparentNetwork, proxy: RunningProxy) -> None:
    out = curl(network, proxy.ca_path, CHAT_URL.replace("https", "http"))
    assert json.loads(out)["model"] == "m"
    assert_nobody_was_asked_for_openai(network)


APPLICATION = """
import openai
asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
client = openai.OpenAI()
print(client.chat.completions.create(**asked).choices[0].message.content)
stream = client.chat.completions.create(**asked, stream=True)
print("".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices))
try:
    client.chat.completions.create(**{**asked, "model": ""})
except openai.BadRequestError as error:
    print(error.status_code)
"""


def test_an_application_with_the_sdk_is_served(network: TransparentNetwork, proxy: RunningProxy) -> None:
    pytest.importorskip("openai", reason="the openai SDK is not installed beside this mitmproxy")
    out = run_client(network, sys.executable, "-c", APPLICATION, OPENAI_API_KEY=TOKEN, SSL_CERT_FILE=proxy.ca_path)
    assert out.split() == ["hello", "hello", "400"]
    assert_nobody_was_asked_for_openai(network)


SESSION = """
import os, ssl
from websockets.sync.client import connect
trusted = ssl.create_default_context()
trusted.maximum_version = ssl.TLSVersion.TLSv1_2  # see test_realtime.py
headers = {"authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"}
url = "wss://api.openai.com/v1/realtime?intent=transcription"
with connect(url, additional_headers=headers, ssl=trusted) as session:
    session.recv()
    session.send("hello")
    print(session.recv())
"""


def test_a_realtime_session_is_served(
    network: TransparentNetwork, proxy: RunningProxy, realtime: RealtimeBackend
) -> None:
    out = run_client(network, sys.executable, "-c", SESSION, OPENAI_API_KEY=TOKEN, SSL_CERT_FILE=proxy.ca_path)
    assert out.split() == ["hello"]
    asked = realtime.handshakes[-1]
    assert (asked.path, asked.headers["authorization"]) == (
        "/v1/realtime?intent=transcription",
        f"Bearer {BACKEND_KEY}",
    )
    assert_nobody_was_asked_for_openai(network)


# -- every other host is left alone ----------------------------------------------------------------------------------
def test_another_host_shows_its_own_certificate(
    network: TransparentNetwork, proxy: RunningProxy, origin: PacedBackend, origin_ca: ThrowawayCa
) -> None:
    url = f"https://{OTHER_HOST}:{origin.port}/x"
    assert json.loads(curl(network, origin_ca.path, url)) == {"path": "/x"}
    assert origin.requests[-1].headers["authorization"] == AUTHORIZATION["authorization"]  # its own affair, not ours
    assert "x-proapi-hop" not in origin.requests[-1].headers
    assert network.packets_to("to-outside") > 0  # the count of the gateway's own packets does count


def test_the_certificate_is_the_same_byte_for_byte(
    network: TransparentNetwork, proxy: RunningProxy, origin: PacedBackend, origin_ca: ThrowawayCa
) -> None:
    def see_certificate() -> bytes | None:
        context = ssl.create_default_context(cafile=str(origin_ca.path))
        with (
            socket.create_connection((OUTSIDE_ADDRESS, origin.port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=OTHER_HOST) as connection,
        ):
            return connection.getpeercert(binary_form=True)

    assert network.within("client", see_certificate) == network.within("outside", see_certificate)


TUNNELLED = {
    "no protocol": b"\x00\x01\xff no protocol at all\r\n\r\n" * 50,
    "a TLS record that is no hello": b"\x16\x03\x01\x02\x00" + bytes(range(256)) * 2,
    "a hello that is none": b"\x16\x03\x01\x00\x10\x01\x00\x00\x0c" + b"\xff" * 12,
    "plain HTTP": b"GET /x HTTP/1.1\r\nhost:  Other.EXAMPLE\r\nX-oDD:  kept \r\n\r\n",
}


@pytest.mark.parametrize("kind", TUNNELLED)
def test_other_bytes_go_through_unchanged(network: TransparentNetwork, proxy: RunningProxy, kind: str) -> None:
    sent, answer, received = TUNNELLED[kind], b"\xff\x00" * 100, []
    listener = network.within("outside", lambda: socket.create_server((OUTSIDE_ADDRESS, 0)))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            received.append(_read(connection, len(sent)))
            connection.sendall(answer)

    def ask() -> bytes:
        with socket.create_connection((OUTSIDE_ADDRESS, listener.getsockname()[1]), timeout=10) as connection:
            connection.sendall(sent)
            return _read(connection, len(answer))

    with listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        assert network.within("client", ask) == answer
        thread.join(10)
    assert received == [sent]


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (piece := connection.recv(65536)):
        data += piece
    return data


def test_nothing_secret_was_printed(proxy: RunningProxy) -> None:
    assert not [key for key in (TOKEN, BACKEND_KEY) if key in proxy.output]
