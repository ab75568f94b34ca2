"""JSON schemas on their way to a backend: references written out, objects closed, keywords counted.

A keyword and a property may share a name ("title", "pattern", "$ref"): only what stands where a schema may stand is a
schema; the names in a `properties` map are the client's and are never touched.
Source: https://json-schema.org/draft/2020-12/json-schema-core, read 2026-11-25 (and draft-07, which clients send).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .errors import ClientFault

# Where schemas stand inside a schema: as the value, in a list, in a map by a name that is not a keyword.
_AS_VALUE = frozenset({
    "items", "additionalItems", "unevaluatedItems", "contains", "additionalProperties", "unevaluatedProperties",
    "propertyNames", "not", "if", "then", "else", "contentSchema",
})  # fmt: skip
_IN_LIST = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "items"})
_IN_MAP = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
_DEFINITIONS = ("$defs", "definitions")

# References that double at each step would blow a small body up to gigabytes: both limits stop that.
MAX_DEPTH = 100
MAX_NODES = 20_000

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Inlined:
    """A schema without references. `recursive`: one led back into itself and was cut there."""

    schema: dict[str, Any]
    recursive: bool


class SchemaBudget:
    """Counts the nodes and the depth of one walk; `field` is the client's field that the fault names."""

    def __init__(self, field: str) -> None:
        self.field = field
        self._nodes = 0
        self._depth = 0

    def __enter__(self) -> None:
        self._nodes += 1
        self._depth += 1
        if self._depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise ClientFault(f"{self.field}: the schema is too large or too deep", param=self.field)

    def __exit__(self, *exception: object) -> None:
        self._depth -= 1


def map_children(node: Schema, change: Callable[[Schema], Any]) -> dict[str, Any]:
    """The same node with `change` applied to each schema directly inside it.

    {"type": "array", "items": {"type": "string"}} with a `change` to {} → {"type": "array", "items": {}}. What stands
    in a schema's place and is none (true, false, rubbish) stays as it is.
    """
    changed: dict[str, Any] = {}
    for keyword, value in node.items():
        if isinstance(value, Mapping) and keyword in _AS_VALUE:
            changed[keyword] = change(value)
        elif isinstance(value, Mapping) and keyword in _IN_MAP:
            changed[keyword] = {name: change(v) if isinstance(v, Mapping) else v for name, v in value.items()}
        elif isinstance(value, list) and keyword in _IN_LIST:
            changed[keyword] = [change(v) if isinstance(v, Mapping) else v for v in value]
        else:
            changed[keyword] = value
    return changed


def keywords_of(schema: Schema, field: str) -> frozenset[str]:
    """Every keyword that is used anywhere: {"properties": {"a": {"const": 1}}} → {"properties", "const"}."""
    found: set[str] = set()
    budget = SchemaBudget(field)

    def collect(node: Schema) -> None:
        with budget:
            found.update(node)
            map_children(node, collect)

    collect(schema)
    return frozenset(found)


def close_objects(
    schema: Schema, field: str, refused: Collection[str] = frozenset()
) -> tuple[dict[str, Any], frozenset[str]]:
    """Every object takes only its named properties, as constrained decoding demands; (that schema, the `refused`
    keywords that were in it, told in descriptions instead).

    {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}} → {"type": "object", "properties": {"n":
    {"type": "integer", "description": "minimum: 1"}}, "additionalProperties": False}. Property names are never touched.
    """
    budget = SchemaBudget(field)
    told: set[str] = set()

    def close(node: Schema) -> dict[str, Any]:
        with budget:
            closed = _tell_limits(map_children(node, close), refused, told)
        return closed | {"additionalProperties": False} if is_object(closed) else closed

    return close(schema), frozenset(told)


def _tell_limits(node: dict[str, Any], refused: Collection[str], told: set[str]) -> dict[str, Any]:
    limits = {key: value for key, value in node.items() if key in refused and not _is_short_minimum(key, value)}
    if not limits:
        return node
    told.update(limits)
    words = ", ".join(f"{key}: {value}" for key, value in limits.items())
    kept = {key: value for key, value in node.items() if key not in limits}
    return kept | {"description": f"{kept['description']} ({words})" if kept.get("description") else words}


def _is_short_minimum(key: str, value: Any) -> bool:
    """0 and 1 are enforced everywhere."""
    return key == "minItems" and value in (0, 1)


def is_object(node: Schema) -> bool:
    """Does this node describe an object? By its type (also one of several), or by having properties."""
    kind = node.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or (kind is None and "properties" in node)


def inline_refs(schema: Schema, field: str) -> Inlined:
    """Write out every local $ref; $defs and definitions go.

    {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "string"}}}
    → {"properties": {"a": {"type": "string"}}}. Keywords beside a $ref win over the target's. A reference that leads
    back into itself becomes a bare node of its target's type. Raises ClientFault (param `field`) for one that leads
    nowhere (other documents are not fetched), and for a schema that grows too large.
    """
    inliner = _Inliner(schema, SchemaBudget(field))
    return Inlined(inliner.write_out(schema, ()), inliner.recursive)


class _Inliner:
    def __init__(self, root: Schema, budget: SchemaBudget) -> None:
        self._root = root
        self._budget = budget
        self.recursive = False

    def write_out(self, node: Schema, open_refs: tuple[str, ...]) -> dict[str, Any]:
        with self._budget:
            bare = {keyword: value for keyword, value in node.items() if keyword not in _DEFINITIONS}
            ref = bare.pop("$ref", None)
            if isinstance(ref, str):
                return self._follow(ref, bare, open_refs)
            return map_children(bare, lambda child: self.write_out(child, open_refs))

    def _follow(self, ref: str, beside: dict[str, Any], open_refs: tuple[str, ...]) -> dict[str, Any]:
        target = find_ref(self._root, ref, self._budget.field)
        if ref in open_refs:
            self.recursive = True
            kind = target.get("type")
            return {"type": kind if isinstance(kind, str) else "object", **beside}
        return self.write_out({**target, **beside}, (*open_refs, ref))


def find_ref(root: Schema, ref: Any, field: str) -> Schema:
    """The node that a JSON pointer names: "#/$defs/A~1B" → root["$defs"]["A/B"].

    Raises ClientFault (param `field`) where there is none, or where the reference leads out of this document.
    """
    node: Any = root
    start, *steps = ref.split("/") if isinstance(ref, str) else [""]
    for step in steps:
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and name.isdecimal():
            node = dict(enumerate(node)).get(int(name))
        else:
            node = node.get(name) if isinstance(node, Mapping) else None
    if start != "#" or not isinstance(node, Mapping):
        raise ClientFault(f"{field}: the reference {ref!r} leads to no schema in it", param=field)
    return node
