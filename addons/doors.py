"""The doors that traffic comes in by, and which of it is opened.

Through the explicit and the transparent door only intercepted hosts are opened; every other connection is tunnelled
byte for byte, its TLS never decrypted. Through the base_url door everything is for us.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum

from mitmproxy import http
from mitmproxy.connection import Client
from mitmproxy.net.tls import starts_like_tls_record
from mitmproxy.proxy.commands import CloseConnection
from mitmproxy.proxy.events import Event, Start
from mitmproxy.proxy.layer import CommandGenerator, Layer, NextLayer
from mitmproxy.proxy.layers import TCPLayer, UDPLayer
from mitmproxy.proxy.layers.tls import parse_client_hello
from mitmproxy.tls import ClientHelloData

from .intercepted_hosts import InterceptedHosts


class Door(Enum):
    BASE_URL = "base_url"
    PROXY = "proxy"
    TRANSPARENT = "transparent"


# mitmproxy's name of a mode → the door. Its other modes (local, wireguard, tun) hand us raw connections as well.
_DOORS = {"reverse": Door.BASE_URL, "regular": Door.PROXY, "upstream": Door.PROXY, "socks5": Door.PROXY}

_RESOLVER = ("10.0.0.53", 53)  # whom mitmproxy's WireGuard clients ask for names: mitmproxy itself
_QUIC_PORT = 443
_CLIENT_HELLO = b"\x01"  # RFC 8446, 4: the type of the handshake message, after the five bytes of the record's head
_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n"
_HTTP_HEAD = re.compile(rb"[A-Z]{3,20} \S+ HTTP/1", re.IGNORECASE)
_HOST_HEADER = re.compile(rb"\r?\nhost:[ \t]*(\[[^\r\n]*\]|[^\r\n:]*?)(?::\d+)?[ \t]*\r?\n", re.IGNORECASE)


def may_be_client_hello(data: bytes) -> bool:
    """Are these first bytes of a connection TLS, as far as they have come?

    What only looks like a TLS record is not: mitmproxy would wait for the rest of a hello that never comes, or hang up.
    """
    if not starts_like_tls_record(data) or data[5:6] not in (b"", _CLIENT_HELLO):
        return False
    try:
        parse_client_hello(data)
    except ValueError:
        return False
    return True


def door_of_mode(mode: str) -> Door:
    return _DOORS.get(mode, Door.TRANSPARENT)


def door_of(client: Client) -> Door:
    return door_of_mode(client.proxy_mode.type_name)


class _Refused(Layer):
    """Hangs up."""

    def _handle_event(self, event: Event) -> CommandGenerator[None]:
        if isinstance(event, Start):
            yield CloseConnection(self.context.client)


class Doors:
    """Hooks that decide before a byte is read as HTTP: opened or tunnelled.

    `hosts()` gives the list in force, `own_addresses()` the addresses that we listen on by door.
    """

    def __init__(
        self,
        hosts: Callable[[], InterceptedHosts],
        own_addresses: Callable[[], dict[tuple[str, int], Door]],
    ) -> None:
        self._hosts = hosts
        self._own_addresses = own_addresses

    def tls_clienthello(self, data: ClientHelloData) -> None:
        """A client says hello: let it through to its host unless that host is intercepted."""
        destination = data.context.server.address
        door = door_of(data.context.client)
        if door is Door.BASE_URL or destination is None:  # no destination: TLS to the proxy itself
            return
        names = [data.client_hello.sni]
        if door is Door.PROXY or not data.client_hello.sni:
            # CONNECT names the host; an encrypted or missing server name must not hide it
            names.append(destination[0])
        data.ignore_connection = not any(self._hosts().opens(name) for name in names)

    def next_layer(self, nextlayer: NextLayer) -> None:
        """A connection that does not start with TLS: raw protocols and plain HTTP to other hosts are tunnelled too.

        Datagrams come by mitmproxy's modes `wireguard` and `local`. HTTP/3 would lead around us: its clients are
        refused, and then use TCP, as `scripts/transparent.sh` has it.
        """
        context = nextlayer.context
        destination = context.server.address
        data: bytes = nextlayer.data_client()  # type: ignore[no-untyped-call]
        if data.startswith(_HTTP2_PREFACE):
            context.client.alpn = b"h2"  # mitmproxy knows HTTP/2 only by what TLS agreed on
        if nextlayer.layer or destination is None or context.client.tls or door_of(context.client) is Door.BASE_URL:
            return
        if destination[:2] == _RESOLVER:
            return
        if context.client.transport_protocol == "udp":
            to_quic = destination[1] == _QUIC_PORT
            nextlayer.layer = _Refused(context) if to_quic else UDPLayer(context, ignore=True)
            return
        if may_be_client_hello(data) or self._hosts().opens(destination[0]):
            return
        if _HTTP_HEAD.match(data):
            host = _HOST_HEADER.search(data)
            if host is None and b"\r\n\r\n" not in data:
                return  # the head is not whole yet: read as HTTP, then passed on untouched (see `is_ours`)
            if host and self._hosts().opens(host.group(1).decode("latin-1")):
                return
        nextlayer.layer = TCPLayer(context, ignore=True)

    def is_ours(self, flow: http.HTTPFlow) -> bool:
        """Is this request for an LLM host, or for a door of our own that the proxy door shall fetch it from?"""
        door = door_of(flow.client_conn)
        request = flow.request
        if door is Door.BASE_URL:
            return True
        if self.own_door(request.host, request.port) is not None:
            # HTTP_PROXY is set and base_url points at us: served here rather than sent round through ourselves
            return True
        names = {request.host, flow.client_conn.sni}
        if door is Door.TRANSPARENT:
            names.add(request.pretty_host)  # request.host is the IP that the client looked up
        return any(self._hosts().opens(name) for name in names)

    def own_door(self, host: str, port: int) -> Door | None:
        """The door of ours that listens at this address, if one does."""
        own = self._own_addresses()
        return own.get((host.lower().strip("[]"), port))
