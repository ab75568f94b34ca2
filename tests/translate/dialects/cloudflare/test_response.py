"""Whole ai/run replies and their envelope."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.errors import BackendFailure
from proapi_translate.events import Usage

from .wire import all_parts_ended, part_texts, read_reply, reason_of

MESSAGE = {"role": "assistant", "content": "hey", "reasoning_content": "hm"}


def enveloped(result: Any) -> dict[str, Any]:
    return {"result": result, "success": True, "errors": [], "messages": []}


@pytest.mark.parametrize(
    ("result", "parts", "reason"),
    [
        ({"response": "hey", "tool_calls": []}, [("text", "", "", "hey")], "stop"),
        ({"response": {"a": 1}}, [("text", "", "", '{"a":1}')], "stop"),
        ({"response": ""}, [], "stop"),
        (
            {"response": None, "tool_calls": [{"name": "f", "arguments": {"n": 1}}, {"name": "f", "arguments": "{}"}]},
            [("tool_call", "call_abc_0", "f", '{"n":1}'), ("tool_call", "call_abc_1", "f", "{}")],
            "tool_calls",
        ),
        (
            {"choices": [{"message": MESSAGE, "finish_reason": "length"}]},
            [("thinking", "", "", "hm"), ("text", "", "", "hey")],
            "length",
        ),
    ],
)
def test_results(result: Any, parts: list[Any], reason: str) -> None:
    for reply in (enveloped(result), result):
        events = read_reply(reply)
        assert part_texts(events) == parts
        assert all_parts_ended(events)
        assert reason_of(events) == reason


def test_usage() -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 2}, "completion_tokens_details": {"reasoning_tokens": 1}}
    usage = {"prompt_tokens": 3.0, "completion_tokens": 1, "total_tokens": 4, **details}
    assert Usage(3, 1, 2, reasoning_tokens=1, total_tokens=4) in read_reply(
        enveloped({"response": "x", "usage": usage})
    )


@pytest.mark.parametrize(
    ("reply", "status", "code", "message"),
    [
        (
            {"result": None, "success": False, "errors": [{"code": 5007, "message": "No such model"}]},
            400,
            "5007",
            "No such model",
        ),
        ({"success": False, "errors": []}, 502, None, "502"),
        ({"errors": [{"code": 3036, "message": "used up"}]}, 429, "3036", "used up"),
        (enveloped({}), 502, "bad_upstream_reply", "not a chat reply"),
        (enveloped([1]), 502, "bad_upstream_reply", "not a chat reply"),
        ({"hello": 1}, 502, "bad_upstream_reply", "not a chat reply"),
    ],
)
def test_failures_inside_a_200(reply: Any, status: int, code: str | None, message: str) -> None:
    with pytest.raises(BackendFailure, match=message) as caught:
        read_reply(reply)
    assert (caught.value.status, caught.value.code) == (status, code)
