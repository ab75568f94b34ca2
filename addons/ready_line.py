"""The line that says that we can be used: `proapi ready` with every address, once all doors accept connections."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from mitmproxy import ctx, version

from proapi_gateway.url_hosts import url_host

from .doors import Door

_LAST_OLD_PYTHON = (3, 11)


class ReadyLine:
    """Prints the line in `running`, which mitmproxy calls after its servers have been set up."""

    def __init__(
        self,
        addresses: Callable[[], dict[tuple[str, int], Door]],
        admin_url: Callable[[], str],
        write: Callable[[str], object],
    ) -> None:
        self._addresses = addresses
        self._admin_url = admin_url
        self._write = write

    def running(self) -> None:
        addresses = self._addresses()
        if addresses:
            ca_path = Path(ctx.options.confdir).expanduser() / "mitmproxy-ca-cert.pem"
            line = ready_line(addresses, self._admin_url(), ca_path, sys.version_info[:2], version.VERSION)
            self._write(line)


def ready_line(
    addresses: dict[tuple[str, int], Door],
    admin_url: str,
    ca_path: Path,
    python: tuple[int, ...],
    mitmproxy_version: str,
) -> str:
    """proapi ready base_url=http://127.0.0.1:8000/v1 proxy=http://127.0.0.1:8080 ca=…/mitmproxy-ca-cert.pem

    `admin_url` "": its pages are not served, and nothing is said of them.
    """
    parts = [f"{door.value}={_SHAPES[door].format(_join(address))}" for address, door in _first_of_each(addresses)]
    if admin_url:
        parts.append(f"admin={admin_url}")
    line = f"proapi ready {' '.join(parts)} ca={ca_path}"
    if python <= _LAST_OLD_PYTHON:
        line += (
            f" (Python {python[0]}.{python[1]} runs mitmproxy {mitmproxy_version}:"
            " Python 3.12 or later brings mitmproxy's security fixes)"
        )
    return line


_SHAPES = {Door.BASE_URL: "http://{}/v1", Door.PROXY: "http://{}", Door.TRANSPARENT: "{}"}


def _first_of_each(addresses: dict[tuple[str, int], Door]) -> Iterable[tuple[tuple[str, int], Door]]:
    # a door on "localhost" or on all interfaces may have an IPv4 and an IPv6 address: one is enough to be used
    seen: dict[Door, tuple[str, int]] = {}
    for address, door in addresses.items():
        seen.setdefault(door, address)
    return [(seen[door], door) for door in Door if door in seen]


def _join(address: tuple[str, int]) -> str:
    host, port = address
    return f"{url_host(host)}:{port}"
