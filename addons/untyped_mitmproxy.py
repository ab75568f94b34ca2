"""The functions of mitmproxy that have no types, each behind one that has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mitmproxy import command, http
from mitmproxy.addons import default_addons
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.connection import Client
from mitmproxy.master import Master
from mitmproxy.options import Options
from mitmproxy.proxy.server import ConnectionHandler

_Method = TypeVar("_Method", bound=Callable[..., object])


def command_named(name: str) -> Callable[[_Method], _Method]:
    """The decorator of a command; its types are read when the addon is loaded, and must be mitmproxy's."""
    decorator: Callable[[_Method], _Method] = command.command(name)
    return decorator


def addon_named(master: Master, name: str) -> Any:
    """The addon of that name (its class's, in lower case), or None."""
    return master.addons.get(name)  # type: ignore[no-untyped-call]


def running_proxyserver(master: Master) -> Proxyserver:
    """mitmproxy's own addon that holds the doors and the connections."""
    proxyserver: Proxyserver = addon_named(master, "proxyserver")
    return proxyserver


def handler_of(master: Master, client: Client) -> ConnectionHandler | None:
    """What holds this client's connection, and those to backends that were made for it; None: it has gone."""
    return running_proxyserver(master).connections.get(client.id)


def set_options(options: Options, **values: object) -> None:
    options.update(**values)  # type: ignore[no-untyped-call]


def set_options_once_known(options: Options, **values: object) -> None:
    """Those that no addon has yet brought wait for it."""
    options.update_defer(**values)  # type: ignore[no-untyped-call]


def stock_addons() -> list[Any]:
    """All that mitmproxy's own programs begin with."""
    addons: list[Any] = default_addons()  # type: ignore[no-untyped-call]
    return addons


def header_pairs(headers: http.Headers) -> list[tuple[str, str]]:
    """All of them in order, repeated ones as often as they came."""
    return list(headers.items(multi=True))  # type: ignore[no-untyped-call]
