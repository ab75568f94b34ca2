"""What is opened and what is tunnelled, decided on the first bytes of a connection."""

from types import SimpleNamespace

import pytest
from mitmproxy import options
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.connection import Client, Server
from mitmproxy.proxy.commands import CloseConnection
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.events import DataReceived, Start
from mitmproxy.proxy.layer import Layer, NextLayer
from mitmproxy.proxy.layers import TCPLayer, UDPLayer
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import taddons

from addons.doors import Door, Doors, _Refused, door_of
from addons.intercepted_hosts import InterceptedHosts
from tests.addons.exchanges import flow

OWN = {("127.0.0.1", 8000): Door.BASE_URL, ("127.0.0.1", 8080): Door.PROXY}
DOORS = Doors(lambda: InterceptedHosts(["api.openai.com"]), lambda: OWN)
MODES = {
    "reverse:http://api.openai.com": Door.BASE_URL,
    "regular": Door.PROXY,
    "socks5": Door.PROXY,
    "transparent": Door.TRANSPARENT,
    "wireguard": Door.TRANSPARENT,
}
TLS_HELLO = b"\x16\x03\x01\x02\x00\x01"


@pytest.fixture
def context() -> Context:
    client = Client(peername=("127.0.0.1", 5), sockname=("127.0.0.1", 8080), timestamp_start=0)
    with taddons.context(Proxyserver()) as tctx:
        opts: options.Options = tctx.options
    return Context(client, opts)


def with_mode(context: Context, mode: str, destination: tuple[str, int] | None) -> Context:
    context.client.proxy_mode = ProxyMode.parse(mode)
    context.server = Server(address=destination)
    return context


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_is_a_door(context: Context, mode: str) -> None:
    assert door_of(with_mode(context, mode, None).client) is MODES[mode]


HELLOS = [
    # mode, destination, server name → is it tunnelled?
    ("regular", ("api.openai.com", 443), "api.openai.com", False),
    ("regular", ("API.openai.com", 443), None, False),
    ("regular", ("api.openai.com", 443), "cloudflare-ech.com", False),
    ("regular", ("10.0.0.1", 443), "api.openai.com", False),
    ("regular", ("other.example", 443), "other.example", True),
    ("regular", ("other.example", 443), None, True),
    ("regular", None, "proxy.local", False),
    ("transparent", ("10.0.0.1", 443), "api.openai.com", False),
    ("transparent", ("10.0.0.1", 443), "other.example", True),
    ("transparent", ("10.0.0.1", 443), None, True),
    ("reverse:http://api.openai.com", ("api.openai.com", 80), "anything.example", False),
]


@pytest.mark.parametrize(("mode", "destination", "sni", "tunnelled"), HELLOS)
def test_tls(
    context: Context, mode: str, destination: tuple[str, int] | None, sni: str | None, tunnelled: bool
) -> None:
    with_mode(context, mode, destination)
    data = SimpleNamespace(context=context, client_hello=SimpleNamespace(sni=sni), ignore_connection=False)
    DOORS.tls_clienthello(data)
    assert data.ignore_connection is tunnelled


FIRST_BYTES = [
    ("transparent", ("10.0.0.1", 80), b"GET / HTTP/1.1\r\nHost: other.example\r\n\r\n", True),
    ("transparent", ("10.0.0.1", 80), b"GET / HTTP/1.1\r\nhost:api.openai.com:80\r\n\r\n", False),
    ("transparent", ("10.0.0.1", 80), b"GET / HTTP/1.1\r\nx: y\r\n", False),  # no host yet: read on as HTTP
    ("transparent", ("10.0.0.1", 80), b"GET / HTTP/1.1\r\nx: y\r\n\r\n", True),
    ("transparent", ("10.0.0.1", 22), b"SSH-2.0-x\r\n", True),
    ("transparent", ("10.0.0.1", 443), TLS_HELLO, False),  # the hello decides
    ("regular", ("api.openai.com", 80), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", False),
    ("regular", ("other.example", 80), b"\x00\x01", True),
    ("regular", None, b"GET http://other.example/ HTTP/1.1\r\n\r\n", False),
    ("reverse:http://api.openai.com", ("api.openai.com", 80), b"\x00", False),
]


@pytest.mark.parametrize(("mode", "destination", "data", "tunnelled"), FIRST_BYTES)
def test_what_is_no_tls(
    context: Context, mode: str, destination: tuple[str, int] | None, data: bytes, tunnelled: bool
) -> None:
    next_layer = NextLayer(with_mode(context, mode, destination))
    next_layer.data_client = lambda: data
    DOORS.next_layer(next_layer)
    assert isinstance(next_layer.layer, TCPLayer) is tunnelled
    if tunnelled:
        assert next_layer.layer.flow is None  # ignored: no flow, no hooks


@pytest.mark.parametrize(
    ("destination", "layer"),
    [
        (("10.0.0.53", 53), None),  # mitmproxy's own resolver
        (("8.8.8.8", 53), UDPLayer),
        (("104.18.0.1", 443), _Refused),  # HTTP/3 would lead around us
    ],
)
def test_datagrams(context: Context, destination: tuple[str, int], layer: type[Layer] | None) -> None:
    context.client.transport_protocol = "udp"
    next_layer = NextLayer(with_mode(context, "wireguard", destination))
    next_layer.data_client = lambda: b"\xc3" * 1200
    DOORS.next_layer(next_layer)
    chosen = next_layer.layer
    assert type(chosen) is (layer or type(None))
    if isinstance(chosen, _Refused):
        (command,) = chosen.handle_event(Start())
        assert isinstance(command, CloseConnection)
        assert not list(chosen.handle_event(DataReceived(context.client, b"more")))
    elif chosen is not None:
        assert chosen.flow is None  # ignored


def test_http2_without_tls_is_told_by_its_preface(context: Context) -> None:
    next_layer = NextLayer(with_mode(context, "reverse:http://api.openai.com", ("api.openai.com", 80)))
    next_layer.data_client = lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    DOORS.next_layer(next_layer)
    assert context.client.alpn == b"h2"


OURS = [
    ("reverse:http://api.openai.com", None, "anything", 1, True),
    ("regular", None, "api.openai.com", 80, True),
    ("regular", None, "other.example", 80, False),
    ("regular", "api.openai.com", "10.0.0.1", 443, True),
    ("regular", None, "127.0.0.1", 8000, True),
    ("regular", None, "127.0.0.1", 8080, True),
    ("regular", None, "127.0.0.1", 9999, False),
    ("transparent", "api.openai.com", "10.0.0.1", 443, True),
    ("transparent", None, "10.0.0.1", 80, False),
]


@pytest.mark.parametrize(("mode", "sni", "host", "port", "ours"), OURS)
def test_whose_request_it_is(mode: str, sni: str | None, host: str, port: int, ours: bool) -> None:
    assert DOORS.is_ours(flow(mode, sni=sni, host=host, port=port)) is ours


def test_a_redirected_request_is_known_by_its_host_header() -> None:
    redirected = flow("transparent", host="10.0.0.1", port=80)
    redirected.request.headers["host"] = "api.openai.com"
    assert DOORS.is_ours(redirected)
