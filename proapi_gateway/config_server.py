"""The rules of `server:` and `intercept:`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from types import MappingProxyType

from .config_addresses import read_database_url, read_host, read_redis_url
from .config_values import Read, ValueReader
from .config_yaml import Node
from .settings import ModelPrice, Retention, Secret, ServerSettings
from .translatable import say, verbatim

_USER_PASSWORD = verbatim("user:password")
_OPENED_ANYWAY = ("api.openai.com",)
RETENTION_KEYS: Mapping[str, Read] = dict.fromkeys(("days", "rows", "bytes"), ValueReader.read_count)


def read_default_model(reader: ValueReader, node: Node) -> str | None:
    """A name that clients use; `false` is the seed's way to say none."""
    if node.kind == "bool" and node.text.lower() == "false":
        return None
    return reader.read_text(node, say("a name that clients use, or false"))


def read_user_name(reader: ValueReader, node: Node) -> str | None:
    return reader.read_text(node) or None


def read_fallback(reader: ValueReader, node: Node) -> Mapping[str, tuple[str, ...]]:
    """`{ gpt-4o: [claude, gemini] }`: names that clients use, in the order of trial."""
    chains: dict[str, tuple[str, ...]] = {}
    for name, child in reader.read_entries(node, say("a mapping: { gpt-4o: [ claude, gemini ] }")).items():
        items = reader.read_items(child, say("a list of names: %(name)s: [ … ]", name=name))
        names = (reader.read_word(item, say("a name that clients use")) for item in items)
        chains[name] = tuple(word for word in names if word)
        for item in items:
            if item.text == name:
                reader.warn(item, say("'%(name)s' falls back to itself: that changes nothing", name=name))
    return MappingProxyType(chains)


def read_proxy_auth(reader: ValueReader, node: Node) -> Secret | None:
    text = reader.read_text(node, _USER_PASSWORD, secret=True)
    if not text:
        return None
    user, colon, _ = text.partition(":")
    if not user or not colon:
        reader.fault(node, _USER_PASSWORD, secret=True)
        return None
    return Secret(text)


def read_retention(reader: ValueReader, node: Node) -> Retention:
    return Retention(**reader.read_fields(node, RETENTION_KEYS, verbatim("retention")))


def read_price(reader: ValueReader, node: Node) -> Decimal | None:
    number = reader.read_number(node, say("US dollars for a million tokens, 0 or more"), least=0)
    return None if number is None else Decimal(repr(number))


PRICE_KEYS: Mapping[str, Read] = dict.fromkeys(("input", "output", "cached_input", "cache_write"), read_price)


def read_prices(reader: ValueReader, node: Node) -> Mapping[str, ModelPrice]:
    """`{ my-model: { input: 1.5, output: 6 } }`: by the backend's name of a model."""
    prices: dict[str, ModelPrice] = {}
    for model, child in reader.read_entries(node, say("a mapping: { my-model: { input: 1.5, output: 6 } }")).items():
        told = reader.read_fields(child, PRICE_KEYS, say("the price of %(model)s", model=model))
        if "input" in told and "output" in told:
            prices[model] = ModelPrice(**told)
        elif child.kind == "mapping":
            reader.fault(child, say("a price has `input` and `output`, in US dollars for a million tokens"))
    return MappingProxyType(prices)


SERVER_KEYS: Mapping[str, Read] = {  # each the name of its field in ServerSettings
    "default_model": read_default_model,
    "debug": ValueReader.read_flag,
    "admin_server": ValueReader.read_flag,
    "db_cache": ValueReader.read_flag,
    "save_log_file": ValueReader.read_flag,
    "db_path": read_database_url,
    "username": read_user_name,
    "password": ValueReader.read_secret,
    "jwt_secret_key": ValueReader.read_secret,
    "strategy": partial(ValueReader.read_choice, choices=("weighted", "least_busy", "lowest_latency")),
    "fallback": read_fallback,
    "context_fallback": read_fallback,
    "on_disconnect": partial(ValueReader.read_choice, choices=("cancel", "drain")),
    "max_open_requests": ValueReader.read_count,
    "max_body_bytes": ValueReader.read_count,
    "proxy_auth": read_proxy_auth,
    "fetch_media": ValueReader.read_flag,
    "passthrough_provider": ValueReader.read_text,
    "log_bodies": partial(ValueReader.read_choice, choices=("full", "errors", "none")),
    "log_body_bytes": ValueReader.read_count,
    "retention": read_retention,
    "prices": read_prices,
    "cache_scope": partial(ValueReader.read_choice, choices=("token", "all")),
    "cache_seconds": partial(ValueReader.read_count, least=1),
    "cache_bytes": partial(ValueReader.read_count, least=1),
    "cache_tools": ValueReader.read_flag,
    "cache_url": read_redis_url,
    "state_url": read_redis_url,
}


def read_hosts(reader: ValueReader, node: Node) -> tuple[str, ...]:
    items = reader.read_items(node, say("a list: `hosts: [api.openai.com]`"))
    return tuple(host for item in items if (host := read_host(reader, item)))


INTERCEPT_KEYS: Mapping[str, Read] = {"hosts": read_hosts, "limit_ca": ValueReader.read_flag}


def read_server(reader: ValueReader, node: Node | None) -> ServerSettings:
    """The section; its defaults where it is absent or empty."""
    if node is None or node.kind == "null":
        return ServerSettings()
    return ServerSettings(**reader.read_fields(node, SERVER_KEYS, verbatim("server")))


def read_intercept(reader: ValueReader, node: Node | None) -> tuple[tuple[str, ...], bool]:
    """(host names in lower case: OpenAI's, and what `hosts` adds; `limit_ca`)"""
    if node is None or node.kind == "null":
        return _OPENED_ANYWAY, False
    fields = reader.read_fields(node, INTERCEPT_KEYS, verbatim("intercept"))
    return tuple(dict.fromkeys((*_OPENED_ANYWAY, *fields.get("hosts", ())))), fields.get("limit_ca", False)
