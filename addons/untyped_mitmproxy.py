"""The functions of mitmproxy that have no types, each behind one that has."""

from __future__ import annotations

from typing import Any

from mitmproxy import http
from mitmproxy.master import Master
from mitmproxy.options import Options


def addon_named(master: Master, name: str) -> Any:
    """The addon of that name (its class's, in lower case), or None."""
    return master.addons.get(name)  # type: ignore[no-untyped-call]


def set_options(options: Options, **values: object) -> None:
    options.update(**values)  # type: ignore[no-untyped-call]


def header_pairs(headers: http.Headers) -> list[tuple[str, str]]:
    """All of them in order, repeated ones as often as they came."""
    return list(headers.items(multi=True))  # type: ignore[no-untyped-call]
