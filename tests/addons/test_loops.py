"""The three nets for loops."""

from types import SimpleNamespace

import pytest
from mitmproxy.connection import Client, Server
from mitmproxy.proxy.mode_specs import ProxyMode

from addons import loops
from addons.doors import Door
from addons.loops import LoopGuard, is_private_address, passes
from proapi_translate import BackendFailure

OUR_DOOR = ("10.0.0.1", 443)
OWN = {("127.0.0.1", 8000): Door.BASE_URL, ("localhost", 8000): Door.BASE_URL}


@pytest.fixture
def hung_up(monkeypatch: pytest.MonkeyPatch) -> list[Client]:
    clients: list[Client] = []
    monkeypatch.setattr(loops, "_hang_up", clients.append)
    monkeypatch.setattr(loops, "_socket_of", lambda client: None)
    return clients


def connection(address: tuple[str, int], sockname: tuple, peername: tuple = OUR_DOOR) -> SimpleNamespace:
    server = Server(address=address)
    server.sockname, server.peername = sockname, peername
    return SimpleNamespace(server=server)


def arriving(peername: tuple, mode: str) -> SimpleNamespace:
    client = Client(peername=peername, sockname=OUR_DOOR, timestamp_start=0, proxy_mode=ProxyMode.parse(mode))
    server = Server(address=OUR_DOOR if mode == "transparent" else None)
    return SimpleNamespace(context=SimpleNamespace(client=client, server=server))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_C059_our_own_door_as_a_backend(host: str) -> None:
    with pytest.raises(BackendFailure, match="loop") as caught:
        LoopGuard(lambda: OWN).check(host, 8000)
    assert caught.value.status == 508


def test_other_backends_are_none() -> None:
    LoopGuard(lambda: OWN).check("127.0.0.1", 8001)
    LoopGuard(lambda: OWN).check("api.openai.com", 8000)


@pytest.mark.parametrize(
    ("mode", "is_backend", "loops_back"),
    [
        ("transparent", True, True),
        ("transparent", False, True),  # a tunnelled host whose connection the redirect catches again
        ("reverse:http://api.openai.com", True, True),  # a hosts file leads api.openai.com to us
        ("reverse:http://api.openai.com", False, False),  # what a client fetches from us through us
    ],
)
def test_C059_our_own_connection_that_comes_back(
    hung_up: list[Client], mode: str, is_backend: bool, loops_back: bool
) -> None:
    guard = LoopGuard(lambda: OWN)
    if is_backend:
        guard.check("api.openai.com", 443)
    guard.server_connected(connection(("api.openai.com", 443), ("10.0.0.9", 4711)))
    guard.next_layer(arriving(("::ffff:10.0.0.9", 4711, 0, 0), mode))
    assert bool(hung_up) is loops_back
    assert guard.take_loop("api.openai.com", 443) is loops_back
    assert not guard.take_loop("api.openai.com", 443)


@pytest.mark.parametrize("mode", ["transparent", "reverse:http://api.openai.com"])
def test_a_client_may_have_the_port_of_a_connection_of_ours_to_somewhere_else(hung_up: list[Client], mode: str) -> None:
    """The kernel gives the same port to connections to different addresses: seen 12 times in 33,000 requests."""
    guard = LoopGuard(lambda: OWN)
    guard.check("127.0.0.1", 11434)
    guard.server_connected(connection(("127.0.0.1", 11434), ("10.0.0.9", 4711), ("127.0.0.1", 11434)))
    guard.next_layer(arriving(("10.0.0.9", 4711), mode))
    assert hung_up == []


def test_a_closed_connections_port_may_be_anybodys(hung_up: list[Client]) -> None:
    guard = LoopGuard(lambda: OWN)
    data = connection(("10.0.0.1", 443), ("10.0.0.9", 4711))
    guard.server_connected(data)
    guard.server_disconnected(data)
    guard.next_layer(arriving(("10.0.0.9", 4711), "transparent"))
    assert hung_up == []


@pytest.mark.parametrize(("header", "count"), [(None, 0), ("", 0), ("1", 1), ("12", 12), ("-1", 0), ("x", 0), ("²", 0)])
def test_passes(header: str | None, count: int) -> None:
    assert passes(header) == count


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("::1", True),
        ("[fd00::1]", True),
        ("localhost", True),
        ("proapi", True),
        ("llm.internal", True),
        ("8.8.8.8", False),
        ("api.openai.com", False),
        ("api.deepseek.com", False),
    ],
)
def test_C059_only_private_addresses_are_shown_our_header(host: str, private: bool) -> None:
    assert is_private_address(host) is private
