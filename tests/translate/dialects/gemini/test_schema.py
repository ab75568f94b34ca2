"""JSON schema to Gemini's two forms: the table of reductions, and which form is chosen."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.dialects.gemini.schema import write_schema
from proapi_translate.errors import ClientFault

STRING = {"type": "string"}
INTEGER = {"type": "integer"}


def small(schema: dict[str, Any]) -> dict[str, Any]:
    written = write_schema(schema, "tools")
    assert not written.json_form
    assert not written.lost
    return written.schema


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (
            {**STRING, "minLength": 1, "maxLength": 9, "pattern": "^a"},
            {**STRING, "minLength": 1, "maxLength": 9, "pattern": "^a"},
        ),
        (
            {**INTEGER, "minimum": 0, "maximum": 9, "format": "int64"},
            {**INTEGER, "minimum": 0, "maximum": 9, "format": "int64"},
        ),
        ({**STRING, "format": "date-time"}, {**STRING, "format": "date-time"}),
        ({"type": "STRING"}, STRING),
        # A keyword of another type binds nothing, in JSON schema either.
        ({**STRING, "minimum": 3, "items": STRING}, STRING),
        # Notes go.
        ({**STRING, "title": "T", "default": "x", "examples": ["y"], "$comment": "c", "deprecated": True}, STRING),
        ({**STRING, "description": "d"}, {**STRING, "description": "d"}),
        # null, in each of its spellings
        ({"type": ["string", "null"]}, {**STRING, "nullable": True}),
        ({"type": ["null"]}, {**STRING, "nullable": True}),
        ({"type": "null"}, {**STRING, "nullable": True}),
        ({**STRING, "nullable": True}, {**STRING, "nullable": True}),
        ({**STRING, "enum": ["a", None]}, {**STRING, "nullable": True, "enum": ["a"]}),
        ({"anyOf": [STRING, {"type": "null"}], "description": "d"}, {**STRING, "description": "d", "nullable": True}),
        ({"oneOf": [STRING, INTEGER, {"const": None}]}, {"anyOf": [STRING, INTEGER], "nullable": True}),
        (
            {"type": ["string", "integer", "null"], "description": "d", "minimum": 1},
            {"anyOf": [STRING, {**INTEGER, "minimum": 1}], "description": "d", "nullable": True},
        ),
        # const and enum
        ({"const": "x"}, {**STRING, "enum": ["x"]}),
        ({"enum": ["a", "b"]}, {**STRING, "enum": ["a", "b"]}),
        # allOf
        (
            {
                "allOf": [{"type": "object", "properties": {"a": STRING}, "required": ["a"]}],
                "properties": {"b": INTEGER},
                "required": ["b"],
            },
            {"type": "object", "properties": {"b": INTEGER, "a": STRING}, "required": ["b", "a"]},
        ),
        (
            {"allOf": [{"properties": {"a": {"description": "d"}}}, {"properties": {"a": STRING}}]},
            {"type": "object", "properties": {"a": {**STRING, "description": "d"}}},
        ),
        # What stands beside anyOf holds for each branch.
        (
            {
                "type": "object",
                "properties": {"a": STRING, "b": STRING},
                "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
            },
            {
                "anyOf": [
                    {"type": "object", "properties": {"a": STRING, "b": STRING}, "required": ["a"]},
                    {"type": "object", "properties": {"a": STRING, "b": STRING}, "required": ["b"]},
                ]
            },
        ),
        # types told by other keywords
        ({"properties": {"a": STRING}}, {"type": "object", "properties": {"a": STRING}}),
        ({"items": STRING, "minItems": 1}, {"type": "array", "minItems": 1, "items": STRING}),
        ({"pattern": "^a"}, {**STRING, "pattern": "^a"}),
        # objects
        ({"type": "object", "properties": {}, "required": []}, {"type": "object"}),
        ({"type": "object", "additionalProperties": True}, {"type": "object"}),
        (
            {
                "type": "object",
                "properties": {"a": STRING},
                "required": ["a", "ghost", 7],
                "additionalProperties": False,
            },
            {"type": "object", "properties": {"a": STRING}, "required": ["a"]},
        ),
        (
            {"type": "object", "properties": {"a": STRING}, "required": ["ghost"]},
            {"type": "object", "properties": {"a": STRING}},
        ),
        # references
        (
            {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": STRING}},
            {"type": "object", "properties": {"a": STRING}},
        ),
    ],
)
def test_the_small_form(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    assert small(schema) == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "object", "additionalProperties": STRING}, {"type": "object", "additionalProperties": STRING}),
        ({"properties": {"a": {}, "b": True}}, {"properties": {"a": {}, "b": {}}}),
        (
            {"properties": {"n": {"enum": [1, 2], "title": "N"}}, "required": ["n", "x"]},
            {"properties": {"n": {"enum": [1, 2]}}, "required": ["n"]},
        ),
        ({"properties": {"n": {"const": 5}}}, {"properties": {"n": {"enum": [5]}}}),
        ({"type": "array", "prefixItems": [STRING, INTEGER]}, {"type": "array", "prefixItems": [STRING, INTEGER]}),
        ({"type": "array"}, {"type": "array"}),
    ],
)
def test_the_json_form_where_it_keeps_more(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    written = write_schema(schema, "tools")
    assert written.json_form
    assert written.schema == expected
    assert not written.lost


def test_recursion_goes_as_json_schema_with_its_definitions() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node", "description": "the next"}}}
    written = write_schema({"$ref": "#/$defs/Node", "$defs": {"Node": node}}, "tools")
    bare = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}  # nothing may stand beside a $ref
    assert written.json_form
    assert written.schema == {**bare, "$defs": {"Node": bare}}


@pytest.mark.parametrize(
    ("schema", "expected", "lost"),
    [
        ({**STRING, "format": "email"}, {**STRING, "description": "(format: email)"}, {"format"}),
        (
            {**INTEGER, "description": "d", "exclusiveMinimum": 0},
            {**INTEGER, "description": "d (exclusiveMinimum: 0)"},
            {"exclusiveMinimum"},
        ),
        (
            {"type": "array", "items": STRING, "uniqueItems": True},
            {"type": "array", "description": "(uniqueItems: true)", "items": STRING},
            {"uniqueItems"},
        ),
        ({"type": "array", "items": STRING, "uniqueItems": False}, {"type": "array", "items": STRING}, set()),
        ({**STRING, "not": {"const": "x"}}, STRING, {"not"}),
        ({"type": "object", "patternProperties": {"^a": STRING}}, {"type": "object"}, {"patternProperties"}),
        (
            {"type": "object", "additionalProperties": {**STRING, "pattern": "a"}},
            {"type": "object"},
            {"additionalProperties"},
        ),
        (
            {**INTEGER, "enum": [1, 2], "multipleOf": 1},
            {**INTEGER, "description": "(multipleOf: 1) (one of: 1, 2)"},
            {"enum", "multipleOf"},
        ),
        (
            {"type": "array", "items": [STRING, INTEGER], "contains": {}},
            {"type": "array", "items": {"anyOf": [STRING, INTEGER]}},
            {"prefixItems", "contains"},
        ),
        (
            {"enum": ["", "a"], "pattern": "a"},
            {**STRING, "pattern": "a", "enum": ["a"], "description": "(one of: , a)"},
            {"enum"},
        ),
        ({"if": {}, "then": {}}, STRING, {"if", "then", "a schema without a type"}),
    ],
)
def test_what_neither_form_keeps_is_told(schema: dict[str, Any], expected: dict[str, Any], lost: set[str]) -> None:
    written = write_schema(schema, "tools")
    assert not written.json_form
    assert written.schema == expected
    assert written.lost == lost


def test_branches_cannot_blow_up() -> None:
    schema: dict[str, Any] = dict(STRING)
    for _ in range(12):
        schema = {"type": "object", "properties": {"p": schema}, "anyOf": [{"required": ["p"]}] * 9}
    with pytest.raises(ClientFault, match="too large"):
        write_schema(schema, "tools")


@pytest.mark.parametrize(
    "rubbish",
    [
        {"type": 7},
        {"type": []},
        {"properties": 1},
        {"properties": {"a": 1}},
        {"required": "a", "properties": {"a": STRING}},
        {"anyOf": []},
        {"anyOf": [1, 2]},
        {"allOf": {}},
        {"allOf": [1]},
        {"enum": "x"},
        {"enum": []},
        {"items": 3, "type": "array"},
        {"type": "object", "description": 7},
        {"type": ["object", 7, None]},
        {"type": "strong"},
        {"format": ["x"], "type": "string"},
    ],
)
def test_rubbish_gives_some_schema(rubbish: dict[str, Any]) -> None:
    assert isinstance(write_schema(rubbish, "tools").schema, dict)
