"""Reads the addresses in api.yaml: backends, proxies, databases, and the hosts that may be opened."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from .config_values import ValueReader
from .config_yaml import Node
from .settings import Secret
from .translatable import Translatable, say

_BASE_URL = say("an http:// or https:// address that paths can be appended to, such as https://api.openai.com/v1")
_ENDPOINT_ADDRESS = say("an http:// or https:// address")
_PROXY = say("an HTTP proxy, http://host:port")
_DATABASE = say("a database URL, such as sqlite:///./data/request_log.db")
_REDIS = say("a Redis URL, such as redis://127.0.0.1:6379/0")
_HOST = say("a host name, such as api.openai.com (no scheme, port or path)")
_HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*")
# A full endpoint pasted as base_url would be appended to a second time and never work.
_ENDPOINT = re.compile(r"/chat/completions$|(?<=/v1)/(?:completions|responses|messages|embeddings)$")


def read_base_url(reader: ValueReader, node: Node) -> str | None:
    """`https://api.example.com/v1/` is "https://api.example.com/v1": paths are appended with their own slash."""
    text = reader.read_text(node, _BASE_URL)
    if not text:
        return None
    parts = _split_url(text, ("http", "https"))
    if parts is None or parts.query or parts.fragment or "@" in parts.netloc:
        reader.fault(node, _BASE_URL, secret="@" in text or "?" in text)
        return None
    path = parts.path.rstrip("/")
    endpoint = _ENDPOINT.search(path)
    if endpoint:
        reader.fault(node, say("the address without %(path)s, which is appended to it", path=endpoint[0]))
        return None
    return text.rstrip("/")


def read_endpoint(reader: ValueReader, node: Node) -> str | None:
    """An address that is asked as it stands."""
    return _read_url(reader, node, ("http", "https"), _ENDPOINT_ADDRESS)


def read_proxy(reader: ValueReader, node: Node) -> str | None:
    return _read_url(reader, node, ("http", "https"), _PROXY)


def read_redis_url(reader: ValueReader, node: Node) -> Secret | None:
    text = _read_url(reader, node, ("redis", "rediss", "unix"), _REDIS)
    return None if text is None else Secret(text)


def read_database_url(reader: ValueReader, node: Node) -> str | None:
    text = reader.read_text(node, _DATABASE, secret=True)
    if not text:
        return None
    if not re.match(r"[a-z][a-z0-9+.-]*://", text):
        reader.fault(node, _DATABASE, secret=True)
        return None
    return text


def read_host(reader: ValueReader, node: Node) -> str | None:
    """`API.Example.com.` is "api.example.com"."""
    text = reader.read_word(node, _HOST)
    if text is None:
        return None
    host = text.lower().removesuffix(".")
    if not _HOST_NAME.fullmatch(host):
        reader.fault(node, _HOST)
        return None
    return host


def _read_url(reader: ValueReader, node: Node, schemes: Iterable[str], allowed: Translatable) -> str | None:
    """Such a URL may hold a password: it is never shown."""
    text = reader.read_text(node, allowed, secret=True)
    if not text:
        return None
    parts = _split_url(text, schemes)
    if parts is None and not text.startswith("unix://"):
        reader.fault(node, allowed, secret=True)
        return None
    return text


def _split_url(text: str, schemes: Iterable[str]) -> SplitResult | None:
    """The URL's parts; None if it has no host, another scheme, a bad port or spaces."""
    if not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        return None
    return parts if port_is_good and parts.hostname and parts.scheme in schemes else None
