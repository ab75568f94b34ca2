"""response_format by each model's own means."""

from __future__ import annotations

import json
from typing import Any

from proapi_translate.dialects.bedrock.output import close_schema
from proapi_translate.losses import Losses

from .wire import CLAUDE, LLAMA, NOVA, lost_fields, write_chat

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "sub": {"type": "object", "properties": {"k": {"type": "string"}}}},
    "required": ["id"],
}
BY_SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "pick", "description": "One.", "strict": True, "schema": SCHEMA},
}
TOOL = {"type": "function", "function": {"name": "f"}}


def test_a_schema_is_enforced_natively() -> None:
    written, losses = write_chat({"response_format": BY_SCHEMA})
    text_format = written.body["outputConfig"]["textFormat"]
    definition = text_format["structure"]["jsonSchema"]
    assert text_format["type"] == "json_schema"
    assert (definition["name"], definition["description"]) == ("pick", "One.")
    closed = json.loads(definition["schema"])
    assert closed["additionalProperties"] is False
    assert closed["properties"]["sub"]["additionalProperties"] is False
    assert (written.output_tool, losses) == ("", ())


def test_or_by_a_tool_whose_input_is_the_answer() -> None:
    written, losses = write_chat({"response_format": BY_SCHEMA}, NOVA)
    name = written.output_tool
    spec = {"name": name, "inputSchema": {"json": SCHEMA}, "description": "One."}
    assert written.body["toolConfig"] == {"tools": [{"toolSpec": spec}], "toolChoice": {"tool": {"name": name}}}
    assert losses == ()


def test_beside_the_clients_own_tools_one_of_all_must_be_called() -> None:
    written, _ = write_chat({"response_format": BY_SCHEMA, "tools": [TOOL]}, NOVA)
    assert [tool["toolSpec"]["name"] for tool in written.body["toolConfig"]["tools"]] == ["f", written.output_tool]
    assert written.body["toolConfig"]["toolChoice"] == {"any": {}}


def test_or_in_words() -> None:
    written, losses = write_chat({"response_format": BY_SCHEMA}, LLAMA)
    (text,) = written.body["system"]
    described = SCHEMA | {"description": BY_SCHEMA["json_schema"]["description"]}
    assert json.dumps(described, separators=(",", ":")) in text["text"]
    assert [(loss.field, loss.what) for loss in losses] == [("response_format", "approximated")]


def test_a_tool_that_the_client_forces_wins() -> None:
    choice = {"type": "function", "function": {"name": "f"}}
    written, losses = write_chat({"response_format": BY_SCHEMA, "tools": [TOOL], "tool_choice": choice}, NOVA)
    assert (written.output_tool, lost_fields(losses)) == ("", ["response_format"])
    assert written.body["toolConfig"]["toolChoice"] == {"tool": {"name": "f"}}


def test_an_object_is_asked_for_in_words() -> None:
    for model in (CLAUDE, "amazon.titan-text-express-v1"):
        written, losses = write_chat({"response_format": {"type": "json_object"}}, model)
        assert "JSON object" in str(written.body)
        assert lost_fields(losses) == ["response_format"]


def test_limits_are_told_and_names_of_properties_left_alone() -> None:
    losses = Losses({})
    schema = {
        "type": "object",
        "properties": {
            "minimum": {"type": "integer", "minimum": 1, "maximum": 5},
            "tags": {"type": "array", "items": {"type": "object", "properties": {}}, "minItems": 2, "maxItems": 3},
            "few": {"type": "array", "minItems": 1},
        },
        "$defs": {"maxItems": {"type": "object", "description": "D"}},
    }
    assert close_schema(schema, "output", losses) == {
        "type": "object",
        "properties": {
            "minimum": {"type": "integer", "description": "minimum: 1, maximum: 5"},
            "tags": {
                "type": "array",
                "items": {"type": "object", "properties": {}, "additionalProperties": False},
                "description": "minItems: 2, maxItems: 3",
            },
            "few": {"type": "array", "minItems": 1},
        },
        "$defs": {"maxItems": {"type": "object", "description": "D", "additionalProperties": False}},
        "additionalProperties": False,
    }
    assert lost_fields(losses.report()) == ["output"]
