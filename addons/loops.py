"""Loops: requests and connections that would come back to us for ever.

Three nets, as each catches what the others cannot see:
- a backend's address that is one of our own doors (`check`);
- two gateways that point at each other: a count of passes in a header of our own requests (`passes`);
- a redirect or a hosts file that leads our own connections back: the client of a connection is one of our own sockets.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from mitmproxy import ctx
from mitmproxy.connection import Client, Server
from mitmproxy.platform import linux
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from proapi_translate import BackendFailure

from .doors import Door, door_of
from .untyped_mitmproxy import handler_of

logger = logging.getLogger(__name__)

PASSES_HEADER = "x-proapi-hop"
MAX_PASSES = 2

_Address = tuple[str, int]


class LoopGuard:
    """`own_addresses()`: the addresses that we listen on, under every name."""

    def __init__(self, own_addresses: Callable[[], dict[_Address, Door]]) -> None:
        self._own_addresses = own_addresses
        self._outgoing: dict[_Address, Server] = {}  # by our end of the connection
        self._backends: set[_Address] = set()  # all that requests were sent to: as many as api.yaml has
        self._looping: set[_Address] = set()

    # -- hooks -------------------------------------------------------------------------------------------------------
    def server_connected(self, data: ServerConnectionHookData) -> None:
        if data.server.sockname:
            self._outgoing[_plain(data.server.sockname)] = data.server

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        if data.server.sockname:
            self._outgoing.pop(_plain(data.server.sockname), None)

    def next_layer(self, nextlayer: NextLayer) -> None:
        """The first bytes of a connection are there, so both of its ends are known, should both be ours."""
        client = nextlayer.context.client
        server = self._outgoing.get(_plain(client.peername))
        if server is None or server.address is None or server.peername is None:
            return
        if _plain(server.peername) != _plain(_destination(nextlayer.context)):
            return  # somebody else's: a port may be used for several connections at once, to different addresses
        address = server.address[:2]
        # What a client asks the explicit door to fetch from our base_url door comes back once, and may.
        if address in self._backends or door_of(client) is Door.TRANSPARENT:
            logger.error("loop: our own connection to %s:%d comes back to us", *address)
            self._looping.add(address)
            _hang_up(client)

    # -- questions ---------------------------------------------------------------------------------------------------
    def check(self, host: str, port: int) -> None:
        """A request of ours is about to go there. Raises BackendFailure where that is one of our own doors."""
        if (host.lower(), port) in self._own_addresses():
            raise loop_failure(f"the backend's address {host}:{port} is this gateway itself")
        self._backends.add((host, port))

    def take_loop(self, host: str, port: int) -> bool:
        """Did a connection to this backend come back to us? Asked once for each failure."""
        found = (host, port) in self._looping
        self._looping.discard((host, port))
        return found


def loop_failure(why: str) -> BackendFailure:
    return BackendFailure(f"This request would loop: {why}.", status=508, kind="loop_detected", code="loop_detected")


def _plain(address: tuple[Any, ...]) -> _Address:
    # a door on "::" sees IPv4 clients under their mapped address
    return str(address[0]).removeprefix("::ffff:"), int(address[1])


def passes(header: str | None) -> int:
    """How many of our doors a request has come through before this one: passes("1") == 1, passes(None) == 0."""
    return int(header) if header and header.isascii() and header.isdigit() else 0


def is_private_address(host: str) -> bool:
    """Could another gateway of ours be there? A public service has a public name: it is not sent our header."""
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".lan", ".home.arpa"))


def _destination(context: Context) -> tuple[Any, ...]:
    """Where the client of this connection meant to connect to: a redirect's target is our door, not that address."""
    if door_of(context.client) is Door.TRANSPARENT and context.server.address is not None:
        return context.server.address
    sockname: tuple[Any, ...] = context.client.sockname
    connection = _socket_of(context.client)
    if connection is None or sys.platform != "linux":
        return sockname
    try:
        return linux.original_addr(connection)
    except OSError:  # nothing redirects here
        return sockname


def _socket_of(client: Client) -> Any:
    handler = handler_of(ctx.master, client)
    transport = handler.transports.get(client) if handler else None
    writer: Any = transport.writer if transport is not None else None
    return writer.get_extra_info("socket") if writer is not None else None


def _hang_up(client: Client) -> None:
    handler = handler_of(ctx.master, client)
    transport = handler.transports.get(client) if handler else None
    if transport is not None and transport.handler is not None:
        transport.handler.cancel("loop")
