"""What only the whole file shows: names in one section that no other section knows."""

from __future__ import annotations

from collections.abc import Iterator

from proapi_gateway.config_faults import nearest
from proapi_gateway.config_values import ValueReader
from proapi_gateway.config_yaml import Node
from proapi_gateway.settings import KeySource, Settings

_EXAMPLE_KEY = "sk-proapi-example"  # stands in api.yaml.example, so everybody knows it


def cross_check(reader: ValueReader, top: Node, settings: Settings) -> None:
    """Remarks on model names that nobody serves; a `passthrough_provider` that does not exist is a fault."""
    names = list(dict.fromkeys(route.alias for provider in settings.providers for route in provider.routes))
    _check_server_names(reader, top, settings, names)
    _check_passthrough(reader, top, settings)
    _check_weights(reader, top, settings, names)
    _check_tokens(reader, top, settings, names)


def _check_server_names(reader: ValueReader, top: Node, settings: Settings, names: list[str]) -> None:
    for node, name in _named_in_server(top, settings):
        if name not in names:
            match = nearest(name, names)
            reader.warn(node, f"no provider serves '{name}'" + (f"; did you mean '{match}'?" if match else ""))


def _named_in_server(top: Node, settings: Settings) -> Iterator[tuple[Node, str]]:
    """Each model name that `server:` speaks of, with its place."""
    section = _section(top, "server").entries()
    if settings.server.default_model:
        yield section["default_model"], settings.server.default_model
    for key, chains in (("fallback", settings.server.fallback), ("context_fallback", settings.server.context_fallback)):
        for name, chain in chains.items():
            node = section[key].entries()[name]
            yield from ((node, target) for target in (name, *chain))


def _check_passthrough(reader: ValueReader, top: Node, settings: Settings) -> None:
    wanted = settings.server.passthrough_provider
    labels = [label for block in settings.providers for label in (block.name, block.label, block.provider) if label]
    if wanted and wanted not in labels:
        node = _section(top, "server").entries()["passthrough_provider"]
        reader.fault(node, f"the name of a provider block: {', '.join(dict.fromkeys(labels))}")


def _check_weights(reader: ValueReader, top: Node, settings: Settings, names: list[str]) -> None:
    for name in names:
        routes = [route for block in settings.providers for route in block.routes if route.alias == name]
        if all(route.weight == 0 for route in routes):
            reader.warn(_section(top, "providers"), f"every member of '{name}' has the weight 0: it is never served")


def _check_tokens(reader: ValueReader, top: Node, settings: Settings, names: list[str]) -> None:
    costs_money = any(
        block.key_source is KeySource.CONFIGURED and not block.unavailable for block in settings.providers
    )
    nodes = _section(top, "tokens").items()
    for token in settings.tokens:
        node = nodes[token.place]
        if token.api_key.reveal() == _EXAMPLE_KEY and costs_money:
            reader.warn(node, "the key of the example file, which everybody knows: make your own")
        for pattern in token.patterns:
            if pattern not in (*names, "all") and "*" not in pattern and not settings.server.default_model:
                match = nearest(pattern, names)
                hint = f"; did you mean '{match}'?" if match else ""
                reader.warn(node, f"it may use '{pattern}', which no provider serves{hint}")


def _section(top: Node, key: str) -> Node:
    return top.entries()[key]
