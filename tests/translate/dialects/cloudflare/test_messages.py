"""Turns as Workers AI's messages."""

from __future__ import annotations

from typing import Any

import pytest

from .wire import write

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,iVBORw0KGgo="}}
PNG = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"role": "developer", "content": "a"}, {"role": "system", "content": "a"}),
        ({"role": "user", "content": [text("a"), text("b")]}, {"role": "user", "content": "a\nb"}),
        ({"role": "user", "content": [text("a"), IMAGE]}, {"role": "user", "content": [text("a"), PNG]}),
        ({"role": "user", "content": ""}, {"role": "user", "content": ""}),
        (
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "assistant", "content": "", "tool_calls": [CALL]},
        ),
        ({"role": "assistant", "content": "x", "refusal": "no"}, {"role": "assistant", "content": "x\nno"}),
        (
            {"role": "tool", "tool_call_id": "c1", "content": [text("1")]},
            {"role": "tool", "tool_call_id": "c1", "content": "1"},
        ),
    ],
)
def test_messages(given: dict[str, Any], sent: dict[str, Any]) -> None:
    body, losses = write({"messages": [given]})
    assert (body["messages"], losses) == ([sent], [])


def test_results_bear_their_tools_name() -> None:
    result = {"role": "tool", "tool_call_id": "c1", "content": "1"}
    body, _ = write({"messages": [{"role": "assistant", "tool_calls": [CALL]}, result]})
    assert body["messages"][1] == {**result, "name": "f"}


def test_what_has_no_place_is_reported() -> None:
    marked = text("a") | {"cache_control": {"type": "ephemeral"}}
    custom = {"id": "c1", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    messages = [
        {"role": "user", "name": "bob", "content": [marked]},
        {"role": "assistant", "content": "x", "reasoning_content": "hm", "tool_calls": [custom]},
    ]
    body, losses = write({"messages": messages})
    assert body["messages"][1]["tool_calls"][0]["function"] == {"name": "sh", "arguments": '{"input":"ls"}'}
    assert [loss.field for loss in losses] == [
        "tools", "messages[].reasoning_content", "messages[].name", "cache_control",
    ]  # fmt: skip
