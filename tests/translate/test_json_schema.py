"""JSON schemas: references written out, objects closed, names never taken for keywords, and both limits."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.errors import ClientFault
from proapi_translate.json_schema import MAX_DEPTH, close_objects, find_ref, inline_refs, is_object, keywords_of

STRING = {"type": "string"}
LIST_NODE = {
    "type": "object",
    "properties": {"value": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}},
}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (STRING, STRING),
        ({"$ref": "#/$defs/A", "$defs": {"A": STRING}}, STRING),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": STRING}}, STRING),
        (
            {"properties": {"a": {"$ref": "#/definitions/A", "description": "d"}}, "definitions": {"A": STRING}},
            {"properties": {"a": {"type": "string", "description": "d"}}},
        ),
        (
            {"items": [{"$ref": "#/$defs/A"}], "anyOf": [{"not": {"$ref": "#/$defs/A"}}], "$defs": {"A": STRING}},
            {"items": [STRING], "anyOf": [{"not": STRING}]},
        ),
        ({"$ref": "#/$defs/a~1b%20~0c", "$defs": {"a/b ~c": STRING}}, STRING),
        ({"$ref": "#/anyOf/0/items", "anyOf": [{"items": STRING}]}, {"type": "string", "anyOf": [{"items": STRING}]}),
        # A property may be called like a keyword, and hold what looks like one.
        ({"properties": {"$ref": STRING, "$defs": STRING}}, {"properties": {"$ref": STRING, "$defs": STRING}}),
        (
            {"properties": {"a": True}, "additionalProperties": False},
            {"properties": {"a": True}, "additionalProperties": False},
        ),
        ({"enum": [{"$ref": "#/no"}], "properties": None}, {"enum": [{"$ref": "#/no"}], "properties": None}),
    ],
)
def test_references_are_written_out(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    inlined = inline_refs(schema, "tools")
    assert inlined.schema == expected
    assert not inlined.recursive


def test_recursion_is_cut_at_its_second_round() -> None:
    inlined = inline_refs({"$ref": "#/$defs/Node", "$defs": {"Node": LIST_NODE}}, "tools")
    assert inlined.recursive
    assert inlined.schema["properties"]["next"] == {"anyOf": [{"type": "object"}, {"type": "null"}]}
    again = inline_refs({"type": ["object"], "properties": {"me": {"$ref": "#", "description": "again"}}}, "tools")
    assert again.recursive
    assert again.schema["properties"]["me"]["properties"]["me"] == {"type": "object", "description": "again"}


@pytest.mark.parametrize("ref", ["#/$defs/B", "https://example.test/schema", "A", "#/$defs/A/type", "", 7])
def test_a_reference_to_nowhere_names_the_field(ref: Any) -> None:
    root = {"properties": {"a": {"$ref": ref}}, "$defs": {"A": STRING}}
    with pytest.raises(ClientFault, match="tools") as caught:
        find_ref(root, ref, "tools")
    assert caught.value.param == "tools"
    if isinstance(ref, str):
        with pytest.raises(ClientFault):
            inline_refs(root, "tools")


def test_what_blows_up_is_refused() -> None:
    doubling = {
        f"D{n}": {"properties": {"l": {"$ref": f"#/$defs/D{n + 1}"}, "r": {"$ref": f"#/$defs/D{n + 1}"}}}
        for n in range(60)
    }
    with pytest.raises(ClientFault, match="too large or too deep"):
        inline_refs({"$ref": "#/$defs/D0", "$defs": {**doubling, "D60": STRING}}, "tools")
    deep: dict[str, Any] = dict(STRING)
    for _ in range(MAX_DEPTH):
        deep = {"type": "array", "items": deep}
    for walk in (inline_refs, close_objects, keywords_of):
        with pytest.raises(ClientFault, match="too large or too deep"):
            walk(deep, "tools")
        walk(deep["items"], "tools")


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"type": "object"}, True),
        ({"type": ["null", "object"]}, True),
        ({"properties": {}}, True),
        ({}, False),
        (STRING, False),
    ],
)
def test_is_object(node: dict[str, Any], expected: bool) -> None:
    assert is_object(node) is expected


def test_c023_every_object_is_closed() -> None:
    sub = {"type": "object", "properties": {"k": {"type": "string"}}, "required": ["k"]}
    schema = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "sub": sub, "object": {"type": ["object", "null"]}, "type": STRING},
        "anyOf": [{"properties": {"x": {}}}],
        "$defs": {"D": {"type": "object", "additionalProperties": True}},
    }
    closed, told = close_objects(schema, "response_format")
    assert not told
    assert closed["additionalProperties"] is False
    assert closed["properties"]["sub"] == {**sub, "additionalProperties": False}
    assert closed["properties"]["object"]["additionalProperties"] is False
    assert closed["properties"]["type"] == STRING
    assert closed["properties"]["id"] == {"type": "integer"}
    assert closed["anyOf"][0]["additionalProperties"] is False
    assert closed["$defs"]["D"]["additionalProperties"] is False
    assert "additionalProperties" not in schema  # the client's own schema stays as it was


def test_keywords_are_not_names() -> None:
    schema = {"properties": {"pattern": {"const": 1}}, "items": [{"format": "x"}]}
    assert keywords_of(schema, "tools") == {"properties", "const", "items", "format"}
