"""What only the whole file shows: names in one section that no other section knows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from .config_faults import nearest
from .config_values import ValueReader
from .config_yaml import Node
from .settings import KeySource, ServerSettings, Settings
from .translatable import Translatable, say

_EXAMPLE_KEY = "sk-proapi-example"  # stands in api.yaml.example, so everybody knows it
_COVERS_MANY = re.compile(r"[*?\[]|^all$")


def cross_check(reader: ValueReader, top: Node, settings: Settings) -> None:
    """Remarks on model names that nobody serves; a `passthrough_provider` that does not exist is a fault."""
    weights: dict[str, float] = {}  # of all members of a name together
    for route in (route for provider in settings.providers for route in provider.routes):
        weights[route.alias] = weights.get(route.alias, 0) + route.weight
    _check_weights(reader, top, weights)
    _check_server_names(reader, top, settings, weights)
    _check_passthrough(reader, top, settings)
    _check_tokens(reader, top, settings, weights)
    _check_cache(reader, top, settings.server)


def _check_weights(reader: ValueReader, top: Node, weights: Mapping[str, float]) -> None:
    for name in (name for name, weight in weights.items() if not weight):
        remark = say("every member of '%(name)s' has the weight 0: it is never served", name=name)
        reader.warn(top.entries()["providers"], remark)


def _check_server_names(reader: ValueReader, top: Node, settings: Settings, names: Collection[str]) -> None:
    for node, name in _named_in_server(top, settings):
        if name not in names:
            reader.warn(node, _with_hint(say("no provider serves '%(name)s'", name=name), name, names))


def _named_in_server(top: Node, settings: Settings) -> Iterator[tuple[Node, str]]:
    """Each model name that `server:` speaks of, with its place."""
    section = _server_entries(top)
    if settings.server.default_model:
        yield section["default_model"], settings.server.default_model
    for key, chains in (("fallback", settings.server.fallback), ("context_fallback", settings.server.context_fallback)):
        for name, chain in chains.items():
            node = section[key].entries()[name]
            yield from ((node, target) for target in (name, *chain))


def _check_passthrough(reader: ValueReader, top: Node, settings: Settings) -> None:
    wanted = settings.server.passthrough_provider
    if len(settings.providers) < len(_section_items(top, "providers")):
        return  # a block with faults was left out, and may be the one that is meant
    labels = [label for block in settings.providers for label in (block.name, block.label, block.provider) if label]
    if wanted and wanted not in labels:
        node = _server_entries(top)["passthrough_provider"]
        reader.fault(node, say("the name of a provider block: %(names)s", names=", ".join(dict.fromkeys(labels))))


def _check_tokens(reader: ValueReader, top: Node, settings: Settings, names: Collection[str]) -> None:
    usable = [block for block in settings.providers if not block.unavailable]
    costs_money = any(block.key_source in (KeySource.CONFIGURED, KeySource.EXCHANGED) for block in usable)
    nodes = _section_items(top, "tokens")
    for token in settings.tokens:
        node = nodes[token.place]
        if token.api_key.reveal() == _EXAMPLE_KEY and costs_money:
            reader.warn(node, say("the key of the example file, which everybody knows: make your own"))
        for pattern in token.patterns:
            # With a default_model an unknown name is served as well, if the token may use it: then it is no slip.
            if pattern not in names and not _COVERS_MANY.search(pattern) and not settings.server.default_model:
                remark = say("it may use '%(name)s', which no provider serves", name=pattern)
                reader.warn(node, _with_hint(remark, pattern, names))


def _check_cache(reader: ValueReader, top: Node, server: ServerSettings) -> None:
    if server.db_cache and not server.admin_server:
        reader.warn(_server_entries(top)["db_cache"], say("without admin_server nothing is kept: there is no cache"))
    if server.cache_url and not server.db_cache:
        reader.warn(_server_entries(top)["cache_url"], say("without db_cache there is no cache"))


def _with_hint(remark: Translatable, name: str, names: Collection[str]) -> Translatable:
    match = nearest(name, names)
    return say("%(remark)s; did you mean '%(name)s'?", remark=remark, name=match) if match else remark


def _section_items(top: Node, key: str) -> tuple[Node, ...]:
    section = top.entries().get(key)
    return section.items() if section else ()


def _server_entries(top: Node) -> dict[str, Node]:
    section = top.entries().get("server")
    return section.entries() if section else {}
