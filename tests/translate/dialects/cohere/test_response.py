"""Whole replies of v2, and of v1."""

from __future__ import annotations

import pytest

from proapi_translate.errors import BackendFailure
from proapi_translate.events import Annotation, LogProbs, Start, Usage

from .wire import all_parts_ended, finish_of, part_texts, read_reply, read_stream, reply_context, text_stream

CALL = {"id": "f_1", "type": "function", "function": {"name": "f", "arguments": '{"n":2}'}}
USAGE = {"billed_units": {"input_tokens": 3, "output_tokens": 4}, "tokens": {"input_tokens": 70, "output_tokens": 11}}


def test_it_reads_as_its_stream_does() -> None:
    reply = {"id": "m1", "message": {"content": [{"type": "text", "text": "hey"}]}, "finish_reason": "COMPLETE"}
    assert read_reply(reply | {"usage": USAGE}) == read_stream(text_stream("hey"))


def test_everything_at_once() -> None:
    message = {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Ruby"}],
        "tool_plan": "I will",
        "tool_calls": [CALL],
        "citations": [
            {"start": 0, "end": 4, "content_index": 1, "sources": []},
            {"start": 0, "end": 1, "content_index": 0},
        ],
    }
    logprobs = [{"text": "Ruby", "token_ids": [1], "logprobs": [-1]}]
    events = read_reply(
        {"id": "m1", "message": message, "finish_reason": "TOOL_CALL", "usage": USAGE, "logprobs": logprobs}
    )
    assert part_texts(events) == [
        ("thinking", "", "", "hm"),
        ("text", "", "", "Ruby"),
        ("thinking", "", "", "I will"),
        ("tool_call", "f_1", "f", '{"n":2}'),
    ]
    assert [told.part for told in events if isinstance(told, Annotation | LogProbs)] == [1, 1]
    assert all_parts_ended(events)
    assert getattr(finish_of(events), "reason", "") == "tool_calls"


def test_v1() -> None:
    events = read_reply(
        {
            "response_id": "r",
            "generation_id": "g",
            "text": "arr",
            "finish_reason": "MAX_TOKENS",
            "tool_calls": [{"name": "f", "parameters": {"n": 1}}],
            "meta": {"tokens": {"input_tokens": 69, "output_tokens": 81}, "billed_units": {"input_tokens": 7}},
        }
    )
    assert events[0] == Start("g")
    assert part_texts(events) == [("text", "", "", "arr"), ("tool_call", "call_abc_0", "f", '{"n":1}')]
    assert Usage(69, 81) in events
    assert getattr(finish_of(events), "reason", "") == "length"


@pytest.mark.parametrize(
    ("reply", "status", "message"),
    [
        ({"message": "no such model", "id": "x"}, 502, "no such model"),
        ({"something": "else"}, 502, "not a chat reply"),
        ({"message": {"content": []}, "finish_reason": "TIMEOUT"}, 504, "TIMEOUT"),
        ({"message": {"content": []}, "finish_reason": "ERROR", "error": "bad"}, 502, "bad"),
    ],
)
def test_failures_inside_a_200(reply: dict[str, object], status: int, message: str) -> None:
    with pytest.raises(BackendFailure, match=message) as caught:
        read_reply(reply)
    assert caught.value.status == status


def test_content_that_is_a_string_and_the_tool_that_answers() -> None:
    assert part_texts(read_reply({"message": {"content": "hey"}})) == [("text", "", "", "hey")]
    message = {"tool_calls": [CALL | {"function": {"name": "answer", "arguments": '{"a":1}'}}]}
    events = read_reply({"message": message, "finish_reason": "TOOL_CALL"}, output_tool="answer")
    assert part_texts(events) == [("text", "", "", '{"a":1}')]
    assert getattr(finish_of(events), "reason", "") == "stop"
    assert reply_context().output_tool == ""
