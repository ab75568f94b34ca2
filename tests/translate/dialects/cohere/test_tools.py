"""Tools and tool choice in Cohere's words."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.errors import ClientFault

from .wire import TOOL, write

BARE = {"type": "function", "function": {"name": "g"}}


def strict(tool: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": tool["function"] | {"strict": True}}


def named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


@pytest.mark.parametrize(
    ("choice", "sent", "tools"),
    [
        (None, None, ["f", "g"]),
        ("auto", None, ["f", "g"]),
        ("none", "NONE", ["f", "g"]),
        ("required", "REQUIRED", ["f", "g"]),
        (named("g"), "REQUIRED", ["g"]),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [named("f")]}},
            None,
            ["f"],
        ),
    ],
)
def test_tool_choice(choice: Any, sent: str | None, tools: list[str]) -> None:
    body, losses = write({"tools": [TOOL, BARE], **({} if choice is None else {"tool_choice": choice})})
    assert body.get("tool_choice") == sent
    assert [tool["function"]["name"] for tool in body["tools"]] == tools
    assert losses == []


def test_a_tool_without_parameters_gets_the_empty_object_that_cohere_requires() -> None:
    body, _ = write({"tools": [BARE]})
    assert body["tools"] == [
        {"type": "function", "function": {"name": "g", "parameters": {"type": "object", "properties": {}}}}
    ]


@pytest.mark.parametrize("choice", [named("h"), "required"])
def test_a_tool_that_must_be_called_must_be_there(choice: Any) -> None:
    tools = {"tools": [TOOL]} if choice != "required" else {}
    with pytest.raises(ClientFault) as caught:
        write({**tools, "tool_choice": choice})
    assert caught.value.param == "tool_choice"


def test_choices_without_tools_say_nothing() -> None:
    assert write({"tool_choice": "none"}) == write({})


@pytest.mark.parametrize(
    ("tools", "sent", "losses"),
    [
        ([strict(TOOL)], True, []),
        ([strict(TOOL), strict(BARE)], None, [("tools.strict", "dropped")]),
        (
            [strict(TOOL), TOOL | {"function": TOOL["function"] | {"name": "h"}}],
            True,
            [("tools.strict", "approximated")],
        ),
        ([TOOL], None, []),
    ],
)
def test_strictness_is_for_all_tools_of_a_request(tools: Any, sent: Any, losses: Any) -> None:
    body, found = write({"tools": tools})
    assert body.get("strict_tools") == sent
    assert [(loss.field, loss.what) for loss in found] == losses
    assert all("strict" not in tool["function"] for tool in body["tools"])
