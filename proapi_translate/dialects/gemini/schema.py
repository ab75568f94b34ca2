"""JSON schema → Gemini's two forms of it.

`parameters` and `responseSchema` take a small schema of Google's own: an unknown keyword is a 400. Beside them stand
`parametersJsonSchema` and `responseJsonSchema`, which take JSON schema and know more of it (maps, tuples, recursion),
though not all. The small form is sent where nothing that matters is lost by it, the JSON form where that loses nothing;
else the small one, and the loss is told.
Sources: https://ai.google.dev/api/caching#Schema and types.py of google-genai 3.6 (`Schema`, `response_json_schema`),
both read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...json_schema import Schema, SchemaBudget, find_ref, inline_refs, keywords_of, map_children
from .flat_schema import as_node, flatten, infer_type, is_null, merge

# What each type keeps beside description and nullable.
_KEPT: Mapping[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
    "boolean": (),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties", "propertyOrdering"),
}
_FORMATS: Mapping[str, tuple[str, ...]] = {
    "string": ("enum", "date-time"),
    "number": ("float", "double"),
    "integer": ("int32", "int64"),
}
# Notes for people and tools: a model is not bound by them in JSON schema either. (`title` makes Gemini answer worse:
# googleapis/python-genai#1732.)
_NOTES = frozenset({
    "$schema", "$id", "$anchor", "$comment", "$vocabulary", "title", "default", "example", "examples", "deprecated",
    "readOnly", "writeOnly", "discriminator", "externalDocs", "xml", "enumNames", "enumDescriptions",
})  # fmt: skip
# Small limits that Gemini's schema lacks: they are told in the description.
_TOLD = (
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "uniqueItems", "minContains", "maxContains",
    "contentMediaType", "contentEncoding",
)  # fmt: skip
_HANDLED = frozenset({
    "type", "description", "nullable", "format", "enum", "const", "properties", "required", "items", "prefixItems",
    "anyOf", "oneOf", "allOf", "additionalProperties",
    *_TOLD, *(keyword for kept in _KEPT.values() for keyword in kept),
})  # fmt: skip
# The keywords of the JSON form, as the SDK's docstring lists them.
_JSON_FORM = frozenset({
    "$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems",
    "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required",
    "propertyOrdering",
})  # fmt: skip
_ANYTHING = "a schema without a type"


@dataclass(frozen=True, slots=True)
class WrittenSchema:
    """`json_form`: which of the two fields it goes to. `lost`: keywords that Gemini will not hold the model to."""

    schema: dict[str, Any]
    json_form: bool
    lost: frozenset[str]


def write_schema(schema: Schema, field: str) -> WrittenSchema:
    """{"type": "object", "additionalProperties": false, "properties": {"a": {"const": "x"}}}
    → {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}}, small form, nothing lost.

    Raises ClientFault (param `field`) for a reference that leads nowhere and for a schema that is too large.
    """
    inlined = inline_refs(schema, field)
    reducer = _Reducer(SchemaBudget(field))
    small = reducer.reduce(inlined.schema)
    lost = reducer.lost | ({"$ref"} if inlined.recursive else set())
    if not lost:
        return WrittenSchema(small, False, frozenset(reducer.told))
    full = _json_form(schema if inlined.recursive else inlined.schema, field)
    if keywords_of(full, field) <= _JSON_FORM:
        return WrittenSchema(full, True, frozenset())
    return WrittenSchema(small, False, frozenset(lost | reducer.told))


class _Reducer:
    """Reduces one schema to the small form. `lost`: what only the JSON form may keep; `told`: said in a description."""

    def __init__(self, budget: SchemaBudget) -> None:
        self._budget = budget
        self.lost: set[str] = set()
        self.told: set[str] = set()
        self._write_by_type: Mapping[str, Callable[[Schema, dict[str, Any]], None]] = {
            "string": self._write_enum,
            "number": self._write_enum,
            "integer": self._write_enum,
            "boolean": self._write_enum,
            "array": self._write_items,
            "object": self._write_properties,
        }

    def reduce(self, node: Any) -> dict[str, Any]:
        with self._budget:
            flat = flatten(as_node(node))
            if "anyOf" in flat:
                return self._reduce_union(flat)
            return self._reduce_one(flat)

    def _reduce_one(self, node: Schema) -> dict[str, Any]:
        kind = node.get("type")
        if not isinstance(kind, str) or kind not in _KEPT:
            kind = infer_type(node)
        if kind is None:
            self.lost.add(_ANYTHING)
            kind = "string"
        self.lost.update(node.keys() - _HANDLED - _NOTES)
        reduced: dict[str, Any] = {"type": kind}
        notes = self._notes(node, kind)
        if description := " ".join(filter(None, (_text(node.get("description")), *notes))):
            reduced["description"] = description
        if node.get("nullable") is True:
            reduced["nullable"] = True
        if node.get("format") in _FORMATS.get(kind, ()):
            reduced["format"] = node["format"]
        reduced.update({keyword: node[keyword] for keyword in _KEPT[kind] if node.get(keyword) is not None})
        self._write_by_type[kind](node, reduced)
        return reduced

    def _notes(self, node: Schema, kind: str) -> list[str]:
        """Limits in words: ["(format: email)", "(exclusiveMinimum: 0)"]."""
        told = [keyword for keyword in _TOLD if keyword in node and node[keyword] is not False]
        if node.get("format") not in (None, *_FORMATS.get(kind, ())):
            told.append("format")
        self.told.update(told)
        return [f"({keyword}: {_word(node[keyword])})" for keyword in told]

    def _write_enum(self, node: Schema, reduced: dict[str, Any]) -> None:
        values = node.get("enum")
        if not isinstance(values, list):
            return
        if None in values:
            reduced["nullable"] = True
        given = [value for value in values if value is not None]
        texts = [value for value in given if isinstance(value, str) and value]
        if reduced["type"] == "string" and texts:
            reduced["enum"] = texts
        if given and reduced.get("enum") != given:
            # Gemini's enum holds texts only, and no empty one.
            allowed = f"(one of: {', '.join(_word(value) for value in given)})"
            reduced["description"] = " ".join(filter(None, (reduced.get("description", ""), allowed)))
            self.lost.add("enum")

    def _write_items(self, node: Schema, reduced: dict[str, Any]) -> None:
        items = node.get("items")
        tuple_items = node.get("prefixItems", items if isinstance(items, list) else None)
        if isinstance(tuple_items, list) and tuple_items:
            self.lost.add("prefixItems")
            items = {"anyOf": tuple_items}
        # An array without items is a 400.
        reduced["items"] = self.reduce(items)

    def _write_properties(self, node: Schema, reduced: dict[str, Any]) -> None:
        if isinstance(node.get("additionalProperties"), Mapping):
            self.lost.add("additionalProperties")
        properties = node.get("properties")
        if not isinstance(properties, Mapping) or not properties:
            return  # an empty map is a 400 ("should be non-empty for OBJECT type")
        reduced["properties"] = {name: self.reduce(value) for name, value in properties.items()}
        required = node.get("required")
        # A required name that is no property is a 400.
        if isinstance(required, list) and (known := [name for name in required if _is_key(name, properties)]):
            reduced["required"] = known

    def _reduce_union(self, node: dict[str, Any]) -> dict[str, Any]:
        branches = node.pop("anyOf")
        nullable = node.pop("nullable", None) is True or any(map(is_null, branches))
        branches = [branch for branch in branches if not is_null(branch)]
        description = _text(node.pop("description", ""))
        # Beside anyOf nothing else may stand: what does holds for each branch.
        beside = {keyword: value for keyword, value in node.items() if keyword not in _NOTES}
        if beside:
            branches = [merge(beside, branch) if isinstance(branch, Mapping) else beside for branch in branches]
        if len(branches) == 1:
            reduced = self.reduce(branches[0])
            description = description or reduced.get("description", "")
        else:
            reduced = {"anyOf": [self.reduce(branch) for branch in branches]}
        if description:
            reduced["description"] = description
        if nullable:
            reduced["nullable"] = True
        return reduced


def _json_form(schema: Schema, field: str) -> dict[str, Any]:
    """Without notes, `const` as `enum`, `required` only of what is there; the outermost node is no reference."""
    budget = SchemaBudget(field)
    if "$ref" in schema:
        schema = {**find_ref(schema, schema["$ref"], field), **schema}
        schema.pop("$ref")

    def clean(node: Schema) -> dict[str, Any]:
        with budget:
            kept = {keyword: value for keyword, value in map_children(node, clean).items() if keyword not in _NOTES}
        if "$ref" in kept:  # beside a $ref only $-keywords may stand
            return {keyword: value for keyword, value in kept.items() if keyword.startswith("$")}
        if "const" in kept:
            kept["enum"] = [kept.pop("const")]
        properties, required = kept.get("properties"), kept.get("required")
        if isinstance(properties, Mapping):
            kept["properties"] = {name: as_node(value) for name, value in properties.items()}
            if isinstance(required, list):
                kept["required"] = [name for name in required if _is_key(name, properties)]
        return kept

    return clean(schema)


def _is_key(name: Any, properties: Mapping[str, Any]) -> bool:
    return isinstance(name, str) and name in properties


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
