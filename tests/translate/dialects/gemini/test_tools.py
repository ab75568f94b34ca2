"""Tools, their names, and which of them must be called."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.dialects.gemini.tools import ToolNames
from proapi_translate.errors import ClientFault

from .wire import FLASH_20, FLASH_25, PRO_3, answered, body_of, call, function, told, write_chat

PARAMETERS = {"type": "object", "properties": {"a": {"type": "string"}}}
TWO = [function("f", parameters=PARAMETERS), function("g", description="G")]


def allowed(mode: str, *names: str) -> dict[str, Any]:
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [function(name) for name in names]}}


def declared(body: dict[str, Any]) -> list[str]:
    return [declaration["name"] for declaration in body["tools"][0]["functionDeclarations"]]


def test_declarations_stand_in_one_tool() -> None:
    assert body_of({"tools": TWO})["tools"] == [
        {"functionDeclarations": [{"name": "f", "parameters": PARAMETERS}, {"name": "g", "description": "G"}]}
    ]
    assert "tools" not in body_of({"tools": []})


@pytest.mark.parametrize(
    ("choice", "config", "names"),
    [
        (None, None, ["f", "g"]),
        ("auto", {"mode": "AUTO"}, ["f", "g"]),
        ("none", {"mode": "NONE"}, ["f", "g"]),
        ("required", {"mode": "ANY"}, ["f", "g"]),
        (function("g"), {"mode": "ANY", "allowedFunctionNames": ["g"]}, ["f", "g"]),
        (allowed("required", "f"), {"mode": "ANY", "allowedFunctionNames": ["f"]}, ["f", "g"]),
        # A free choice among some: Gemini takes names only where one must be called, so only those are declared.
        (allowed("auto", "f"), {"mode": "AUTO"}, ["f"]),
    ],
)
def test_tool_choice(choice: Any, config: dict[str, Any] | None, names: list[str]) -> None:
    body = body_of({"tools": TWO, "tool_choice": choice})
    assert body.get("toolConfig") == (config and {"functionCallingConfig": config})
    assert declared(body) == names


def test_a_choice_without_its_tool_is_refused() -> None:
    for fields in ({"tools": TWO}, {}):
        with pytest.raises(ClientFault, match="'h'") as caught:
            body_of({**fields, "tool_choice": function("h")})
        assert caught.value.param == "tool_choice"
    assert "toolConfig" not in body_of({"tool_choice": "auto"})


@pytest.mark.parametrize(
    ("model", "strict", "choice", "mode", "losses"),
    [
        (FLASH_25, (True, True), None, "VALIDATED", []),
        (FLASH_25, (True, True), "auto", "VALIDATED", []),
        (FLASH_25, (True, True), "required", "ANY", []),  # ANY holds calls to their schemas anyway
        (FLASH_25, (True, None), None, None, [("tools", "approximated")]),
        (FLASH_20, (True, True), None, None, [("tools", "approximated")]),
        (FLASH_25, (None, False), None, None, []),
    ],
)
def test_strict_tools(
    model: str, strict: tuple[bool | None, ...], choice: str | None, mode: str | None, losses: list[Any]
) -> None:
    tools = [function(name, parameters=PARAMETERS, strict=value) for name, value in zip("fg", strict, strict=True)]
    written, report = write_chat({"tools": tools, "tool_choice": choice}, model)
    assert written.body.get("toolConfig", {}).get("functionCallingConfig", {}).get("mode") == mode
    assert told(report) == losses


def test_one_call_at_a_time_cannot_be_had() -> None:
    assert told(write_chat({"tools": TWO, "parallel_tool_calls": False})[1]) == [("parallel_tool_calls", "dropped")]
    assert told(write_chat({"tools": TWO, "parallel_tool_calls": True})[1]) == []
    assert told(write_chat({"parallel_tool_calls": False})[1]) == []


def test_what_schemas_lose_is_told_once() -> None:
    wild = {"type": "object", "properties": {"a": {"type": "string", "format": "email"}}, "not": {}}
    written, losses = write_chat({"tools": [function("f", parameters=wild), function("g", parameters=wild)]})
    assert told(losses) == [("tools", "approximated")]
    assert "format, not" in losses[0].why
    assert "parameters" in written.body["tools"][0]["functionDeclarations"][0]


def test_maps_go_as_json_schema() -> None:
    wild = {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": {"type": "string"}}}}
    written, losses = write_chat({"tools": [function("f", parameters=wild)]})
    assert written.body["tools"][0]["functionDeclarations"] == [{"name": "f", "parametersJsonSchema": wild}]
    assert losses == ()


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("f", "f"),
        ("_f.g:h-1", "_f.g:h-1"),
        ("2fa", "_2fa"),
        ("-x", "_-x"),
        ("ä b", "___b"),
        ("x" * 130, "_" + "x" * 127),
    ],
)
def test_names(name: str, sent: str) -> None:
    names = ToolNames([name])
    assert names.sent(name) == sent
    assert names.sent(name) == sent
    assert names.changed() == ({} if name == sent else {sent: name})


def test_changed_names_stay_apart_and_are_used_everywhere() -> None:
    names = ToolNames(["_2fa", "2fa", "é", "è"])
    assert [names.sent(name) for name in ("2fa", "é", "è")] == ["_2fa_2", "__", "___2"]
    history = answered(call("c", "2fa"))
    written, _ = write_chat({"tools": [function("2fa")], "messages": history, "tool_choice": function("2fa")}, PRO_3)
    assert declared(written.body) == ["_2fa"]
    assert written.body["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"] == ["_2fa"]
    assert written.body["contents"][1]["parts"][0]["functionCall"]["name"] == "_2fa"
    assert written.body["contents"][2]["parts"][0]["functionResponse"]["name"] == "_2fa"
    assert written.tool_names == {"_2fa": "2fa"}


@pytest.mark.parametrize(
    ("tool", "sent"),
    [
        ({"type": "google_search"}, {"googleSearch": {}}),
        (
            {"type": "google_search", "google_search": {"timeRangeFilter": {}}},
            {"googleSearch": {"timeRangeFilter": {}}},
        ),
        ({"type": "codeExecution"}, {"codeExecution": {}}),
        ({"type": "url_context"}, {"urlContext": {}}),
    ],
)
def test_googles_own_tools(tool: dict[str, Any], sent: dict[str, Any]) -> None:
    assert body_of({"tools": [tool]})["tools"] == [sent]
    assert body_of({"tools": [tool, *TWO]})["tools"][1] == sent


@pytest.mark.parametrize("kind", ["file_search", "custom", "code_interpreter"])
def test_others_own_tools_are_refused_by_name(kind: str) -> None:
    with pytest.raises(ClientFault, match=kind) as caught:
        body_of({"tools": [{"type": kind}]})
    assert caught.value.param == "tools"
