"""The rules of `model:` and `balance:` in a provider block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .config_values import EMPTY_LIST, ValueReader
from .config_yaml import Node
from .settings import Route
from .translatable import say

_MODEL_LIST = say("a list, one line for each model: `- gpt-4o`, or `- backend-model: name-for-clients`")
_MODEL_NAME = say("a model name")
_WEIGHTS = say("a list of `- name-for-clients: weight`")
_WEIGHT = say("a weight of 0 or more")


@dataclass(frozen=True, slots=True)
class _Weight:
    value: float
    node: Node


def read_routes(reader: ValueReader, model: Node, balance: Node | None) -> tuple[Route, ...]:
    """The routes of one block, in the file's order.

    `model: [a, {b: x, c: y}]` with `balance: [{x: 2}]` is Route("a", "a"), Route("x", "b", 2), Route("y", "c"): on
    the left the backend's name, on the right the one that clients use, which `balance` goes by as well.
    A name that two lines of the block give to different models is a group of two members.
    """
    pairs = list(_read_pairs(reader, model))
    weights = _read_weights(reader, balance) if balance and balance.kind != "null" else {}
    _tell_unmatched_weights(reader, pairs, weights)
    return tuple(Route(alias, upstream, weights[alias].value if alias in weights else 1.0) for alias, upstream in pairs)


def _read_pairs(reader: ValueReader, model: Node) -> Iterator[tuple[str, str]]:
    """(name for clients, backend's name) pairs, each once."""
    upstreams: dict[str, list[str]] = {}
    items = reader.read_items(model, _MODEL_LIST)
    if model.kind == "list" and not items:
        reader.fault(model, _MODEL_LIST, found=EMPTY_LIST)
    for node, alias, upstream in (pair for item in items for pair in _read_item(reader, item)):
        earlier = upstreams.setdefault(alias, [])
        if upstream in earlier:
            reader.warn(node, say("'%(name)s' stands here a second time and counts once", name=alias))
            continue
        if earlier:
            remark = say(
                "'%(name)s' is the name of '%(other)s' as well: requests go to both in turn",
                name=alias,
                other=earlier[0],
            )
            reader.warn(node, remark)
        if "*" in alias:
            reader.warn(node, say("'%(name)s' is one exact name: `*` has a meaning only in a token's list", name=alias))
        earlier.append(upstream)
        yield alias, upstream


def _read_item(reader: ValueReader, item: Node) -> Iterator[tuple[Node, str, str]]:
    if item.kind != "mapping":
        name = reader.read_word(item, _MODEL_NAME)
        if name:
            yield item, name, name
        return
    if not item.entries():
        reader.fault(item, _MODEL_NAME, found=say("an empty mapping"))
    for upstream, node in item.entries().items():
        if node.kind == "null":
            reader.fault(node, say("after the colon the name that clients use (or no colon)"))
            continue
        alias = reader.read_word(node, say("the name that clients use"))
        if not upstream.strip():
            allowed = say("before the colon the backend's model name")
            reader.fault(node, allowed, found=say("nothing before the colon"))
        elif alias:
            yield node, alias, upstream.strip()


def _read_weights(reader: ValueReader, balance: Node) -> dict[str, _Weight]:
    """Weights by name. The seed took a list of one-key mappings; a plain mapping says the same."""
    weights: dict[str, _Weight] = {}
    mappings = (balance,) if balance.kind == "mapping" else reader.read_items(balance, _WEIGHTS)
    for mapping in mappings:
        for name, node in reader.read_entries(mapping, say("`name-for-clients: weight`")).items():
            value = reader.read_number(node, _WEIGHT, least=0)
            if name in weights:
                line = weights[name].node.line
                remark = say("'%(name)s' has a weight already, in line %(line)s: that one counts", name=name, line=line)
                reader.warn(node, remark)
            elif value is not None:
                weights[name] = _Weight(value, node)
    return weights


def _tell_unmatched_weights(reader: ValueReader, pairs: list[tuple[str, str]], weights: dict[str, _Weight]) -> None:
    aliases = {alias for alias, _ in pairs}
    for name, weight in weights.items():
        if name in aliases:
            continue
        meant = [alias for alias, upstream in pairs if upstream == name]
        remark = say("no model of this block goes by the name '%(name)s': the weight has no effect", name=name)
        if meant:
            remark = say("%(remark)s; clients use the name %(names)s", remark=remark, names=", ".join(meant))
        reader.warn(weight.node, remark)
