"""Where we listen: the environment variables of the process as addresses, and as mitmproxy's modes."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from proapi_gateway.default_addresses import ADMIN_PORT, HOST, PORT, PROXY_PORT

from .doors import Door

# Never contacted: a reverse door needs some destination, and api.openai.com gives TLS clients the right certificate.
# "http", not "https": with https mitmproxy 12 would also bind a UDP port (QUIC). TLS clients are answered either way.
_REVERSE_DESTINATION = "http://api.openai.com"
_IPV6_TWINS = {"127.0.0.1": "::1", "0.0.0.0": "::"}


class ListeningFault(ValueError):
    """A variable that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Listening:
    """The doors' ports; None: that door is off. `workers`: processes that share them. `ipv6_host`: where the
    transparent door listens as well, because a redirect keeps an app's kind of address; "" where there is no IPv6.
    `more_modes`: mitmproxy's own, beside the doors ("wireguard", "local:curl"); their traffic is as at the transparent
    door."""

    host: str = HOST
    port: int = PORT
    proxy_port: int = PROXY_PORT
    transparent_port: int | None = None
    workers: int = 1
    ipv6_host: str = ""
    more_modes: tuple[str, ...] = ()

    @property
    def doors(self) -> dict[Door, int]:
        found = {Door.BASE_URL: self.port, Door.PROXY: self.proxy_port}
        if self.transparent_port is not None:
            found[Door.TRANSPARENT] = self.transparent_port
        return found

    @property
    def modes(self) -> list[str]:
        """mitmproxy's own spelling: ["reverse:http://api.openai.com@127.0.0.1:8000", "regular@127.0.0.1:8080"]."""
        modes = [f"{_MODES[door]}@{self.host}:{port}" for door, port in self.doors.items()]
        if self.transparent_port is not None and self.ipv6_host:
            modes.append(f"{_MODES[Door.TRANSPARENT]}@{self.ipv6_host}:{self.transparent_port}")
        return [*modes, *self.more_modes]


_MODES = {Door.BASE_URL: f"reverse:{_REVERSE_DESTINATION}", Door.PROXY: "regular", Door.TRANSPARENT: "transparent"}


def read_listening(environment: Mapping[str, str]) -> Listening:
    """PROAPI_HOST, PROAPI_PORT and the others; "" counts as unset, port 0 takes a free one.

    Raises ListeningFault, which names the variable: the process must not start.
    """
    transparent = environment.get("PROAPI_TRANSPARENT_PORT", "")
    host = environment.get("PROAPI_HOST") or HOST
    listening = Listening(
        host=host,
        port=_read_port(environment, "PROAPI_PORT", PORT),
        proxy_port=_read_port(environment, "PROAPI_PROXY_PORT", PROXY_PORT),
        transparent_port=_read_port(environment, "PROAPI_TRANSPARENT_PORT", 0) if transparent else None,
        workers=_read_number(environment, "PROAPI_WORKERS", 1, range(1, 257)),
        ipv6_host=_ipv6_twin(host) if transparent else "",
        more_modes=tuple(environment.get("PROAPI_MODES", "").split()),
    )
    ports = list(listening.doors.values())
    if len(set(ports)) < len(ports):
        raise ListeningFault(f"two doors have the same port: {', '.join(map(str, ports))}")
    if listening.more_modes and listening.workers > 1:
        raise ListeningFault("PROAPI_MODES: these cannot be shared by several workers (PROAPI_WORKERS)")
    return listening


def read_admin_address(environment: Mapping[str, str]) -> tuple[str, int]:
    """PROAPI_HOST and PROAPI_ADMIN_PORT; port 0 takes a free one. Raises ListeningFault, as above."""
    host = environment.get("PROAPI_HOST") or HOST
    return host, _read_number(environment, "PROAPI_ADMIN_PORT", ADMIN_PORT, range(65536))


def _ipv6_twin(host: str) -> str:
    twin = _IPV6_TWINS.get(host, "")
    try:
        if twin:
            socket.create_server((twin, 0), family=socket.AF_INET6).close()
    except OSError:  # no IPv6 on this machine, or none in this container
        return ""
    return twin


def _read_port(environment: Mapping[str, str], name: str, default: int) -> int:
    return _read_number(environment, name, default, range(65536)) or _free_port()


def _read_number(environment: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) not in allowed:
        raise ListeningFault(f"{name}: found {text!r}, allowed is a number from {allowed.start} to {allowed.stop - 1}")
    return int(text)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
