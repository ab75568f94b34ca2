"""The functions of mitmproxy that have no types, each behind one that has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mitmproxy import command, http
from mitmproxy.addons import default_addons
from mitmproxy.master import Master
from mitmproxy.options import Options

_Method = TypeVar("_Method", bound=Callable[..., object])


def command_named(name: str) -> Callable[[_Method], _Method]:
    """The decorator of a command; its types are read when the addon is loaded, and must be mitmproxy's."""
    decorator: Callable[[_Method], _Method] = command.command(name)
    return decorator


def addon_named(master: Master, name: str) -> Any:
    """The addon of that name (its class's, in lower case), or None."""
    return master.addons.get(name)  # type: ignore[no-untyped-call]


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
