"""Whole chat completions: what goes on as it came, each thing that is mended, and the change of shape."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate.errors import BackendFailure
from proapi_translate.events import Usage

from ..chat_contract import (
    calls_of,
    check_chat_stream,
    check_completion,
    check_failed_stream,
    data_of,
    finish_reasons,
    joined,
)
from .wire import CREATED, MODEL, OWN_ID, START, STOP, USAGE, call, calling, chunk, failed_first, lane, wire

ENVELOPE = {"id": "c-1", "object": "chat.completion", "created": 1_700_000_001, "model": MODEL}
HI = {"role": "assistant", "content": "hi"}


def body(message: Any = None, finish: Any = "stop", **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": HI if message is None else message, "finish_reason": finish}
    return {**ENVELOPE, "choices": [choice], "usage": USAGE, **fields}


def whole(value: Any) -> dict[str, Any]:
    """The client's body, held against the contract."""
    given: dict[str, Any] = json.loads(lane(stream=False).whole(json.dumps(value).encode()))
    check_completion(given, model=MODEL)
    return given


def test_a_body_that_keeps_the_contract_goes_on_byte_for_byte() -> None:
    text = json.dumps(body(odd=1.5)).replace("1.5", "1.50").encode()
    assert lane(stream=False).whole(text) == text


def test_only_what_changes_is_written_anew() -> None:
    text = json.dumps(body(odd=1.5, model="other")).replace("1.5", "1.50").encode()
    given = lane(stream=False).whole(text)
    assert b'"odd":1.50' in given
    assert b'{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}' in given
    assert json.loads(given) == {**json.loads(text), "model": MODEL}


def test_what_was_told_is_known() -> None:
    reply = lane(stream=False)
    reply.whole(json.dumps(body(model="backend-1")).encode())
    assert (reply.usage, reply.finish_reason, reply.reply_model) == (Usage(9, 3, total_tokens=12), "stop", "backend-1")
    assert reply.failure is None


@pytest.mark.parametrize("name", ["id", "object", "created", "model"])
@pytest.mark.parametrize("value", [None, "", 0, "absent"])
def test_the_envelope_is_completed(name: str, value: Any) -> None:
    native = body()
    native[name] = value
    if value == "absent":
        del native[name]
    given = whole(native)
    ours = {"id": OWN_ID, "object": "chat.completion", "created": CREATED, "model": MODEL}
    assert given[name] == ours[name]


@pytest.mark.parametrize("usage", [None, {}])
def test_a_body_without_usage_gets_none(usage: Any) -> None:
    assert whole(body(usage=usage))["usage"] in (None, {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0})
    reply = lane(stream=False)
    reply.whole(json.dumps(body(usage=None)).encode())
    assert reply.usage is None


MESSAGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "no content": ({"role": "assistant"}, {"role": "assistant", "content": None}),
    "no role": ({"content": "hi"}, {"content": "hi", "role": "assistant"}),
    "another role": ({"role": "model", "content": "hi"}, HI),
    "reasoning": ({**HI, "reasoning": "hm"}, {**HI, "reasoning": "hm", "reasoning_content": "hm"}),
    "list content": (
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                {"type": "text", "text": "hi"},
            ],
        },
        {**HI, "reasoning_content": "hm"},
    ),
    "unknown fields": ({**HI, "x": [1], "annotations": []}, {**HI, "x": [1], "annotations": []}),
}


@pytest.mark.parametrize(("native", "mended"), MESSAGES.values(), ids=MESSAGES)
def test_messages_are_mended(native: dict[str, Any], mended: dict[str, Any]) -> None:
    assert whole(body(native))["choices"][0]["message"] == mended


CALLS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "whole": (
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
    ),
    "no id, no type": (
        {"function": {"name": "f", "arguments": '{"x": 1}'}},
        {"function": {"name": "f", "arguments": '{"x": 1}'}, "id": "call_own_0", "type": "function"},
    ),
    "object": (
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}},
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
    ),
    "C002 empty": (
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}},
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
    ),
    "C002 absent": (
        {"id": "a", "type": "function", "function": {"name": "f"}},
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
    ),
    "Gemini's signature": (
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}, "extra_content": {"google": 1}},
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}, "extra_content": {"google": 1}},
    ),
}


@pytest.mark.parametrize(("native", "mended"), CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("finish", ["stop", "tool_calls"])
def test_calls_are_mended(native: dict[str, Any], mended: dict[str, Any], finish: str) -> None:
    given = whole(body({"role": "assistant", "content": None, "tool_calls": [native]}, finish))
    assert given["choices"][0]["message"]["tool_calls"] == [mended]
    assert given["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(
    ("raw", "reason"), [("eos", "stop"), ("", "stop"), (None, "stop"), ("MAX_TOKENS", "length"), ("new_word", "length")]
)
def test_finish_reasons_are_openais(raw: Any, reason: str) -> None:
    assert whole(body(finish=raw))["choices"][0]["finish_reason"] == reason


@pytest.mark.parametrize("arguments", [{"x": 1}, '{"x":1}'])
def test_the_old_functions_form(arguments: Any) -> None:
    message = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": arguments}}
    choice = whole(body(message, "function_call"))["choices"][0]
    assert choice["message"]["function_call"] == {"name": "f", "arguments": '{"x":1}'}
    assert choice["finish_reason"] == "function_call"
    assert whole(body(message, "stop"))["choices"][0]["finish_reason"] == "function_call"


def test_an_old_function_call_without_a_name_is_none() -> None:
    message = {**HI, "function_call": {"name": "", "arguments": ""}}
    assert whole(body(message))["choices"] == body(message)["choices"]


@pytest.mark.parametrize("choice", [{}, {"message": None}, {"delta": {"content": "hi"}}])
def test_a_choice_without_a_message_gets_one(choice: dict[str, Any]) -> None:
    given = whole(body(choices=[{"index": 0, "finish_reason": "stop", **choice}]))["choices"][0]
    assert given["message"] == {"role": "assistant", "content": "hi" if "delta" in choice else None}
    assert "delta" not in given


def test_choices_without_an_index_are_numbered() -> None:
    choices = [{"message": HI, "finish_reason": "stop"}, {"message": HI, "finish_reason": "stop"}]
    assert [choice["index"] for choice in whole(body(choices=choices))["choices"]] == [0, 1]


FAILURES: dict[str, tuple[bytes, int, str]] = {
    "C046c error with a status": (b'{"error": {"code": 429, "message": "slow down"}}', 429, "slow down"),
    "error as a word": (b'{"error": {"type": "authentication_error", "message": "no key"}}', 401, "no key"),
    "error as text": (b'{"error": "busy"}', 502, "busy"),
    "error in a list": (b'[{"error": {"code": 404, "message": "gone"}}]', 404, "gone"),
    "error beside choices": (json.dumps(body(error={"message": "busy", "code": 503})).encode(), 503, "busy"),
    "a bare message": (b'{"code": "Arrearage", "message": "unpaid"}', 502, "unpaid"),
    "no choices": (b'{"id": "x"}', 502, "no choices"),
    "empty choices": (json.dumps(body(choices=[])).encode(), 502, "no choices"),
    "failed reason": (json.dumps(body(finish="error")).encode(), 502, "error"),
    "no JSON": (b"<html>", 502, "not its own format"),
    "cut JSON": (b'{"choices": [', 502, "not its own format"),
    "nothing": (b"", 502, "not its own format"),
    "a number": (b"[1]", 502, "not its own format"),
    "odd choices": (json.dumps(body({"role": "assistant", "tool_calls": 5})).encode(), 502, "not its own format"),
}


@pytest.mark.parametrize(("native", "status", "message"), FAILURES.values(), ids=FAILURES)
def test_a_failed_body_is_a_failure_with_a_status(native: bytes, status: int, message: str) -> None:
    reply = lane(stream=False)
    with pytest.raises(BackendFailure, match=message) as raised:
        reply.whole(native)
    assert raised.value.status == status
    assert reply.failure is raised.value


@pytest.mark.parametrize("split", [1, 5, 1000])
@pytest.mark.parametrize("start", [b"", b" \r\n", b"\xef\xbb\xbf"])
def test_a_body_in_place_of_a_stream_becomes_one(split: int, start: bytes) -> None:
    message = {**HI, "reasoning": "hm", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {"x": 1}}}]}
    text = start + json.dumps(body(message, provider="P")).encode()
    reply = lane(include_usage=True)
    assert all(reply.feed(text[place : place + split]) == b"" for place in range(0, len(text), split))
    chunks = check_chat_stream(reply.finish(), model=MODEL, include_usage=True)
    assert (joined(chunks, "content"), joined(chunks, "reasoning_content")) == ("hi", "hm")
    assert calls_of(chunks) == [("a", "f", '{"x":1}')]
    assert finish_reasons(chunks) == ["tool_calls"]
    assert chunks[-1]["usage"] == USAGE
    assert chunks[0]["provider"] == "P"
    assert {one["id"] for one in chunks} == {"c-1"}


def test_what_a_choice_tells_beside_its_message_is_in_the_stream_too() -> None:
    native = body(finish="length")
    native["choices"][0]["logprobs"] = {"content": [{"token": "h"}], "refusal": None}
    values = data_of(lane().whole(json.dumps(native).encode()))
    assert values[0]["choices"][0]["logprobs"] == native["choices"][0]["logprobs"]
    assert finish_reasons(values[:-1]) == ["length"]


def test_a_whole_body_is_a_stream_for_a_client_that_asked_for_one() -> None:
    stream = lane().whole(json.dumps(body()).encode())
    assert joined(check_chat_stream(stream, model=MODEL, include_usage=False), "content") == "hi"


@pytest.mark.parametrize("name", sorted(FAILURES.keys() - {"odd choices"}))
def test_a_failed_body_in_place_of_a_stream_is_an_error_event(name: str) -> None:
    reply = lane()
    check_failed_stream(reply.feed(FAILURES[name][0]) + reply.finish())
    assert failed_first(reply)


def test_a_body_that_breaks_off_in_place_of_a_stream_is_an_error_event() -> None:
    reply = lane()
    values = check_failed_stream(reply.feed(b'{"choices": [') + reply.finish("reset by peer"))
    assert values[-1]["error"]["message"] == "reset by peer"


def test_a_stream_that_nobody_asked_for_is_folded() -> None:
    spoken = chunk({"content": "h", "reasoning": "hm", "x": "y", "annotations": [{"a": 1}]}, provider="P")
    spoken["choices"][0]["logprobs"] = {"content": [{"token": "h"}]}
    more = chunk({"content": "i", "annotations": [{"b": 2}]})
    more["choices"][0]["logprobs"] = {"content": [{"token": "i"}]}
    events = [START, spoken, more, calling(call(0, "a", "f", '{"x"')), calling(call(0, arguments=": 1}")), STOP]
    events += [chunk(index=1, delta={"content": "2"}), chunk({}, "length", index=1, usage=USAGE)]
    given = json.loads(lane(stream=False).whole(wire(*events)))
    choice, second = given.pop("choices")
    assert given == {**ENVELOPE, "model": MODEL, "provider": "P", "usage": USAGE}
    assert choice == {
        "index": 0,
        "logprobs": {"content": [{"token": "h"}, {"token": "i"}]},
        "message": {
            **HI, "reasoning": "hm", "x": "y", "annotations": [{"a": 1}, {"b": 2}], "reasoning_content": "hm",
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}],
        },
        "finish_reason": "tool_calls",
    }  # fmt: skip
    assert second == {"index": 1, "message": {"content": "2", "role": "assistant"}, "finish_reason": "length"}


@pytest.mark.parametrize(
    "stream",
    [
        wire(START, done=False),
        wire(START, {"error": {"message": "busy"}}),
        wire(START, done=False) + b"data: oops\n\n" + wire(STOP),
        wire(),
    ],
)
def test_a_failed_stream_that_nobody_asked_for_is_a_failure(stream: bytes) -> None:
    with pytest.raises(BackendFailure):
        lane(stream=False).whole(stream)
