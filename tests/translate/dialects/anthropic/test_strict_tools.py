"""Strict tools: which are sent as strict, how their schemas are closed, and what the limits leave unchecked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import Target, Translation, translate_request

SONNET, OLD_HAIKU = "claude-sonnet-4-5", "claude-3-5-haiku-latest"
TEXT = {"type": "string"}
VERTEX = {"PROJECT_ID": "p", "location": "global", "access_token": "t"}
PROVIDERS = ({"provider": "anthropic"}, {"provider": "vertexai_claude", "options": VERTEX})


def tool(name: str = "f", *, strict: bool | None = True, **schema: Any) -> dict[str, Any]:
    function: dict[str, Any] = {"name": name, "parameters": {"type": "object"} | schema}
    return {"type": "function", "function": function | ({} if strict is None else {"strict": strict})}


def optional(count: int) -> dict[str, Any]:
    return {f"p{number}": TEXT for number in range(count)}


def all_required(count: int, schema: dict[str, Any]) -> dict[str, Any]:
    names = list(optional(count))
    return tool(properties=dict.fromkeys(names, schema), required=names)


def translate(tools: list[dict[str, Any]], model: str = SONNET, **rest: Any) -> Translation:
    fields = {name: rest.pop(name) for name in ("response_format",) if name in rest}
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "tools": tools, **fields}
    target = Target(model=model, **({"provider": "anthropic"} | rest))
    return translate_request("chat", json.dumps(body).encode(), target)


def sent(translation: Translation) -> list[dict[str, Any]]:
    return list(json.loads(translation.upstream.body)["tools"])


def lost(translation: Translation) -> list[tuple[str, str]]:
    return [(loss.field, loss.what) for loss in translation.losses]


@pytest.mark.parametrize("backend", PROVIDERS, ids=lambda backend: backend["provider"])
def test_a_strict_tool_goes_as_strict_with_its_objects_closed(backend: dict[str, Any]) -> None:
    inner = {"type": "object", "properties": {"b": TEXT}, "required": ["b"]}
    translation = translate([tool(properties={"a": inner}, required=["a"])], **backend)
    (written,) = sent(translation)
    assert written["strict"] is True
    assert written["input_schema"]["additionalProperties"] is False
    assert written["input_schema"]["properties"]["a"]["additionalProperties"] is False
    assert lost(translation) == []


@pytest.mark.parametrize("strict", [None, False])
def test_any_other_tool_keeps_its_schema(strict: bool | None) -> None:
    translation = translate([tool(strict=strict, properties={"a": TEXT})])
    assert sent(translation) == [{"name": "f", "input_schema": {"type": "object", "properties": {"a": TEXT}}}]
    assert lost(translation) == []


def test_limits_of_values_are_told_in_words() -> None:
    number = {"type": "integer", "minimum": 1}
    translation = translate([tool(properties={"n": number}, required=["n"])])
    assert sent(translation)[0]["input_schema"]["properties"]["n"] == {"type": "integer", "description": "minimum: 1"}
    assert lost(translation) == [("tools.strict", "approximated")]


@pytest.mark.parametrize(
    ("tools", "model", "strict"),
    [
        ([tool()], OLD_HAIKU, [False]),
        ([tool(f"f{n}") for n in range(21)], SONNET, [True] * 20 + [False]),
        ([tool(f"f{n}", strict=None) for n in range(21)] + [tool()], SONNET, [False] * 21 + [True]),
        ([tool(properties=optional(24)), tool("g", properties=optional(1)), tool("h")], SONNET, [True, False, True]),
        ([all_required(17, {"type": ["string", "null"]})], SONNET, [False]),
        ([all_required(16, {"anyOf": [TEXT]})], SONNET, [True]),
        ([tool(properties={"again": {"$ref": "#"}})], SONNET, [False]),
    ],
    ids=["old model", "21 tools", "plain ones do not count", "25 optional", "17 unions", "16 unions", "recursive"],
)  # fmt: skip
def test_what_the_api_would_refuse_goes_unchecked(tools: list[dict[str, Any]], model: str, strict: list[bool]) -> None:
    translation = translate(tools, model)
    assert [written.get("strict", False) for written in sent(translation)] == strict
    asked = sum(1 for each in tools if each["function"].get("strict"))
    assert lost(translation) == ([("tools.strict", "dropped")] if asked > sum(strict) else [])


def test_the_answers_own_schema_counts_too() -> None:
    schema = {"name": "n", "schema": {"type": "object", "properties": optional(24)}}
    answer = {"type": "json_schema", "json_schema": schema}
    (written,) = sent(translate([tool(properties=optional(1))], response_format=answer))
    assert "strict" not in written
