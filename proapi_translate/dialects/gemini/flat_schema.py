"""A schema's node in its simplest spelling: allOf merged in, oneOf as anyOf, const as enum, one type, nullable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...json_schema import Schema

# A node without a type: the first keyword that is there tells it.
_TYPE_BY_KEYWORD: Mapping[str, str] = {
    **dict.fromkeys(("properties", "required", "additionalProperties", "patternProperties", "propertyNames"), "object"),
    **dict.fromkeys(("items", "prefixItems", "minItems", "maxItems", "uniqueItems"), "array"),
    **dict.fromkeys(("pattern", "minLength", "maxLength", "contentEncoding", "format"), "string"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "number"),
}
_TYPE_BY_VALUE: Mapping[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}


def flatten(node: Schema) -> dict[str, Any]:
    """{"type": ["string", "null"], "const": "a"} → {"type": "string", "nullable": True, "enum": ["a"]}."""
    return _split_types(_merge_parts(node))


def _merge_parts(node: Schema) -> dict[str, Any]:
    """allOf merged in, oneOf as anyOf, const as enum."""
    flat = dict(node)
    for branch in _list(flat.pop("allOf", None)):
        if isinstance(branch, Mapping):
            flat = merge(flat, _merge_parts(branch))
    one_of = flat.pop("oneOf", None)
    if isinstance(one_of, list) and one_of and "anyOf" not in flat:
        flat["anyOf"] = one_of
    if not _list(flat.get("anyOf")):
        flat.pop("anyOf", None)
    if "const" in flat:
        flat["enum"] = [flat.pop("const")]
    return flat


def _split_types(node: dict[str, Any]) -> dict[str, Any]:
    """["string", "null"] → "string", nullable; several others → anyOf."""
    kinds = node.get("type")
    if isinstance(kinds, str):
        kinds = [kinds.lower()]  # Gemini's own spelling is "STRING"
    if not isinstance(kinds, list):
        return node
    rest = {keyword: value for keyword, value in node.items() if keyword != "type"}
    if "null" in kinds:
        rest["nullable"] = True
    named = [kind for kind in kinds if isinstance(kind, str) and kind != "null"]
    if len(named) == 1:
        return {**rest, "type": named[0]}
    if not named:
        return {**rest, "type": "string"} if "null" in kinds else rest
    if "anyOf" in rest:
        return rest
    outer: dict[str, Any] = {keyword: rest.pop(keyword) for keyword in ("description", "nullable") if keyword in rest}
    return {**outer, "anyOf": [{**rest, "type": kind} for kind in named]}


def merge(first: Schema, second: Schema) -> dict[str, Any]:
    """One node that means both; where they differ the second wins, properties and required are united."""
    merged = {**first, **second}
    ours, theirs = first.get("properties"), second.get("properties")
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        shared = {name: {"allOf": [ours[name], theirs[name]]} for name in ours if name in theirs}
        merged["properties"] = {**ours, **theirs, **shared}
    if isinstance(first.get("required"), list) and isinstance(second.get("required"), list):
        merged["required"] = [*first["required"], *(n for n in second["required"] if n not in first["required"])]
    return merged


def is_null(branch: Any) -> bool:
    return isinstance(branch, Mapping) and (
        branch.get("type") == "null" or branch.get("enum") == [None] or branch.get("const", 0) is None
    )


def infer_type(node: Schema) -> str | None:
    for value in _list(node.get("enum")):
        if value is not None:
            return _TYPE_BY_VALUE.get(type(value))
    return next((_TYPE_BY_KEYWORD[keyword] for keyword in node if keyword in _TYPE_BY_KEYWORD), None)


def as_node(value: Any) -> Schema:
    """What stands in a schema's place: true, and what is no schema, let anything through as {} does."""
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
