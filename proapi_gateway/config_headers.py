"""The rules of what travels as an HTTP header: a provider block's `headers:`, and keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from .config_values import ValueReader
from .config_yaml import Node
from .translatable import say, verbatim

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.1, a token
_FRAMING = frozenset(("host", "content-length", "transfer-encoding", "connection", "content-encoding", "upgrade"))


def is_sendable(text: str) -> bool:
    """Can a header carry it? Printable ASCII only: clients and servers disagree about everything else."""
    return text.isascii() and text.isprintable()


def read_headers(reader: ValueReader, node: Node) -> Mapping[str, str] | None:
    """`{ x-extra: "1" }`; values are never shown, as they may be keys."""
    if node.kind != "mapping":
        reader.fault(node, say('a mapping of header names to values: { x-extra: "1" }'), secret=True)
        return None
    headers: dict[str, str] = {}
    for name, child in node.entries().items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _FRAMING:
            allowed = say("a header's name, none of %(names)s", names=", ".join(sorted(_FRAMING)))
            reader.fault(child, allowed, found=verbatim(f"'{name}'"))
            continue
        value = reader.read_text(child, say("a header's value"), secret=True)
        if value is not None and not is_sendable(value):
            reader.fault(child, say("printable ASCII characters"), secret=True)
        elif value is not None:
            headers[name] = value
    return MappingProxyType(headers)
