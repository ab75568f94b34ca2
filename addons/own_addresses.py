"""The addresses that we listen on ourselves, by door: what the ready line shows and what would be a loop."""

from __future__ import annotations

from mitmproxy import ctx

from proapi_gateway.url_hosts import reachable_host

from .doors import Door, door_of_mode
from .untyped_mitmproxy import running_proxyserver

_EVERY_INTERFACE = frozenset({"0.0.0.0", "::", ""})
_LOOPBACK_NAMES = ("127.0.0.1", "::1", "localhost")


def listening_addresses() -> dict[tuple[str, int], Door]:
    """Host and port of every open door: {("127.0.0.1", 8000): Door.BASE_URL}; {} before the start and at the end."""
    return {
        (str(address[0]), int(address[1])): door_of_mode(server.mode.type_name)
        for server in running_proxyserver(ctx.master).servers
        for address in server.listen_addrs
    }


def reachable_door(door: Door) -> tuple[str, int] | None:
    """An address by which we reach a door of ours from here; None: it is not open."""
    for (host, port), found in listening_addresses().items():
        if found is door:
            return reachable_host(host), port
    return None


class OwnAddresses:
    """An addon that is asked for the same under every name that leads to them; found once, when the doors are open."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], Door] = {}

    def __call__(self) -> dict[tuple[str, int], Door]:
        return self._known

    def running(self) -> None:
        self._known = with_other_names(listening_addresses())


def with_other_names(addresses: dict[tuple[str, int], Door]) -> dict[tuple[str, int], Door]:
    """The same doors under every name that leads to them: a door on 0.0.0.0 or 127.0.0.1 is localhost as well."""
    found = dict(addresses)
    for (host, port), door in addresses.items():
        if host in _EVERY_INTERFACE or host in _LOOPBACK_NAMES:
            for name in _LOOPBACK_NAMES:
                found.setdefault((name, port), door)
    return found
