"""Chat chunks and bodies → neutral events, what vendors do otherwise included."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate.dialects.openai_chat import BACKEND
from proapi_translate.errors import BackendFailure
from proapi_translate.event_order import CUT
from proapi_translate.events import (
    Annotation,
    Event,
    Finish,
    LogProbs,
    PartEnd,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
    Usage,
)
from proapi_translate.interface import ReplyContext
from proapi_translate.prompt import Signature

CONTEXT = ReplyContext("resp_own", "sent")
CITATION = {"type": "url_citation", "url_citation": {"url": "https://h", "title": "", "start_index": 0, "end_index": 2}}
PROBABILITY = {"token": "a", "logprob": -0.1, "bytes": [97], "top_logprobs": []}
STOP = {"delta": {}, "finish_reason": "stop"}
DETAIL = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}


def chunk(*choices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    filled = [{"index": 0, "finish_reason": None, **choice} for choice in choices]
    return {"id": "u", "model": "their-model", "choices": filled, **fields}


def say(**delta: Any) -> dict[str, Any]:
    return chunk({"delta": delta})


def read(*chunks: dict[str, Any] | bytes, mark: bool = True) -> list[Event]:
    reader = BACKEND.stream_reader(CONTEXT)
    events: list[Event] = []
    for value in (*chunks, *([b"[DONE]"] if mark else [])):
        events += reader.read("", value if isinstance(value, bytes) else json.dumps(value).encode())
    return [*events, *reader.end()]


def call(index: int, **fields: Any) -> dict[str, Any]:
    return {"index": index, **fields}


START = Start("u", "their-model")
CASES: dict[str, tuple[list[dict[str, Any]], list[Event]]] = {
    "text": (
        [say(role="assistant", content=""), say(content="a"), say(content="b"), chunk(STOP)],
        [START, PartStart(0, "text"), TextDelta(0, "a"), TextDelta(0, "b"), Finish("stop", raw="stop")],
    ),
    "a thought, then the answer, then its usage": (
        [
            say(reasoning="hm"),
            say(content="a"),
            chunk(STOP),
            {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}},
        ],
        [
            START, PartStart(0, "thinking"), TextDelta(0, "hm"), PartEnd(0), PartStart(1, "text"), TextDelta(1, "a"),
            Finish("stop", raw="stop"), Usage(3, 2, total_tokens=5),
        ],
    ),
    "signed thoughts, each ended by its proof": (
        [
            say(reasoning="x", reasoning_details=[{**DETAIL, "text": "x"}]),
            say(reasoning_details=[{**DETAIL, "signature": "s1"}]),
            say(reasoning_details=[{"type": "reasoning.encrypted", "data": "e", "format": "openai-responses-v1"}]),
            chunk(STOP),
        ],
        [
            START, PartStart(0, "thinking"), TextDelta(0, "x"), SignatureDelta(0, Signature("s1", "anthropic")),
            PartEnd(0), PartStart(1, "thinking"), SignatureDelta(1, Signature("e", "openai"), redacted=True),
            PartEnd(1), Finish("stop", raw="stop"),
        ],
    ),
    "a refusal": (
        [say(refusal="no"), chunk(STOP)],
        [START, PartStart(0, "refusal"), TextDelta(0, "no"), Finish("stop", raw="stop")],
    ),
    "sound is told by its words": (
        [say(audio={"id": "a", "transcript": "hi"}), say(audio={"data": "AAAA"}), chunk(STOP)],
        [START, PartStart(0, "text"), TextDelta(0, "hi"), Finish("stop", raw="stop")],
    ),
    "citations and probabilities": (
        [
            chunk({"delta": {"content": "a"}, "logprobs": {"content": [PROBABILITY], "refusal": None}}),
            say(annotations=[{"index": 0, **CITATION}]),
            chunk(STOP),
        ],
        [
            START, PartStart(0, "text"), TextDelta(0, "a"), LogProbs(0, (PROBABILITY,)), Annotation(0, CITATION),
            Finish("stop", raw="stop"),
        ],
    ),
    "pages that were read, listed beside the choices (Perplexity)": (
        [
            {**say(content="ab"), "citations": ["https://h"]},
            {**chunk(STOP), "citations": ["https://h"], "search_results": [{"url": "https://h", "title": ""}]},
        ],
        [
            START, PartStart(0, "text"), TextDelta(0, "ab"), Annotation(0, CITATION), Finish("stop", raw="stop"),
        ],
    ),
    "two choices": (
        [
            chunk({"delta": {"content": "a"}}, {"index": 1, "delta": {"content": "b"}}),
            chunk(STOP, {"index": 1, **STOP}),
        ],
        [
            START, PartStart(0, "text"), TextDelta(0, "a"), PartStart(1, "text", 1), TextDelta(1, "b"),
            Finish("stop", 0, "stop"), Finish("stop", 1, "stop"),
        ],
    ),
    "two calls, the first without arguments, the second signed": (
        [
            say(content="a"),
            say(tool_calls=[call(0, id="c1", function={"name": "f", "arguments": ""})]),
            say(tool_calls=[
                call(
                    1, id="c2", function={"name": "g", "arguments": '{"x"'},
                    extra_content={"google": {"thought_signature": "Zw=="}},
                )
            ]),
            say(tool_calls=[call(1, function={"arguments": ":1}"})]),
            chunk({"delta": {}, "finish_reason": "tool_calls"}),
        ],
        [
            START, PartStart(0, "text"), TextDelta(0, "a"), PartEnd(0), PartStart(1, "tool_call", id="c1", name="f"),
            PartStart(2, "tool_call", id="c2", name="g"), TextDelta(2, '{"x"'),
            SignatureDelta(2, Signature("Zw==", "google")), TextDelta(2, ":1}"), TextDelta(1, "{}"),
            Finish("tool_calls", raw="tool_calls"),
        ],
    ),
    "a name that comes late": (
        [
            say(tool_calls=[call(0, id="c1", function={"arguments": "{"})]),
            say(tool_calls=[call(0, function={"name": "f", "arguments": "}"})]),
            chunk({"delta": {}, "finish_reason": "tool_calls"}),
        ],
        [
            START, PartStart(0, "tool_call", id="c1", name="f"), TextDelta(0, "{"), TextDelta(0, "}"),
            Finish("tool_calls", raw="tool_calls"),
        ],
    ),
    "a custom call": (
        [
            say(tool_calls=[call(0, id="c1", type="custom", custom={"name": "p", "input": ""})]),
            say(tool_calls=[call(0, custom={"input": "free"})]),
            chunk({"delta": {}, "finish_reason": "tool_calls"}),
        ],
        [
            START, PartStart(0, "tool_call", id="c1", name="p", custom=True), TextDelta(0, "free"),
            Finish("tool_calls", raw="tool_calls"),
        ],
    ),
    "a call in OpenAI's first form": (
        [
            say(function_call={"name": "f", "arguments": "{"}),
            say(function_call={"arguments": "}"}),
            chunk({"delta": {}, "finish_reason": "function_call"}),
        ],
        [
            START, PartStart(0, "tool_call", id="call_resp_own_0", name="f"), TextDelta(0, "{"), TextDelta(0, "}"),
            Finish("tool_calls", raw="function_call"),
        ],
    ),
    "a list for content (Mistral)": (
        [
            say(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]),
            say(content=[{"type": "text", "text": "4"}, {"type": "reference", "reference_ids": [1]}]),
            chunk(STOP),
        ],
        [
            START, PartStart(0, "thinking"), TextDelta(0, "hm"), PartEnd(0), PartStart(1, "text"), TextDelta(1, "4"),
            Annotation(1, {"type": "reference", "reference_ids": [1]}), Finish("stop", raw="stop"),
        ],
    ),
    "stop in every chunk": (
        [chunk({"delta": {"content": text}, "finish_reason": "stop"}) for text in "ab"],
        [START, PartStart(0, "text"), TextDelta(0, "a"), TextDelta(0, "b"), Finish("stop", raw="stop")],
    ),
    "no finish reason at all, but the mark (Snowflake)": (
        [say(content="a", function_call={"name": "", "arguments": ""})],
        [START, PartStart(0, "text"), TextDelta(0, "a"), Finish("stop", raw="stop")],
    ),
    "an unknown reason never looks complete": (
        [say(content="a"), chunk({"delta": {}, "finish_reason": "frobnicated"})],
        [START, PartStart(0, "text"), TextDelta(0, "a"), Finish("length", raw="length")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_streams(name: str) -> None:
    chunks, events = CASES[name]
    assert read(*chunks) == events


def test_the_tier_and_the_fingerprint_are_told() -> None:
    events = read(chunk({"delta": {"content": "a"}}, service_tier="flex", system_fingerprint="fp"), chunk(STOP))
    assert events[0] == Start("u", "their-model", "flex", "fp")


@pytest.mark.parametrize("mark", [b"[DONE]", b'"[DONE]"', b" [DONE] "])
def test_nothing_counts_after_the_mark(mark: bytes) -> None:
    assert read(say(content="a"), chunk(STOP), mark, say(content="b"), b"", mark=False) == read(
        say(content="a"), chunk(STOP)
    )


def test_an_end_of_every_choice_is_enough_without_a_mark() -> None:
    assert read(say(content="a"), chunk(STOP), mark=False)[-1] == Finish("stop", raw="stop")


def test_a_stream_without_either_is_cut() -> None:
    with pytest.raises(BackendFailure, match=CUT):
        read(say(content="a"), mark=False)


def test_an_error_lets_go_of_what_was_held_but_ends_nothing() -> None:
    reader = BACKEND.stream_reader(CONTEXT)
    list(reader.read("", json.dumps(say(content="a")).encode()))
    held = chunk({"delta": {"content": "b"}, "finish_reason": "stop"})
    assert list(reader.read("", json.dumps(held).encode())) == []
    events: list[Event] = []
    with pytest.raises(BackendFailure, match="busy"):
        events.extend(reader.read("", b'{"error": {"message": "busy", "code": 429}}'))
    assert events == [TextDelta(0, "b")]


@pytest.mark.parametrize("data", [b"[1]", b"{", b"null"])
def test_garbage_is_no_object(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(data)


BODY = {
    "id": "u",
    "model": "their-model",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "a",
                "reasoning_content": "hm",
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}],
            },
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}},
}


def test_a_whole_body() -> None:
    assert list(BACKEND.read_body(json.dumps(BODY).encode(), CONTEXT)) == [
        START,
        PartStart(0, "thinking"),
        TextDelta(0, "hm"),
        PartEnd(0),
        PartStart(1, "text"),
        TextDelta(1, "a"),
        PartEnd(1),
        PartStart(2, "tool_call", id="c1", name="f"),
        TextDelta(2, '{"x":1}'),
        Finish("tool_calls", raw="tool_calls"),
        Usage(3, 2, cached_tokens=1, total_tokens=5),
    ]


@pytest.mark.parametrize("body", [b'{"error": {"message": "busy"}}', b'[{"error": {"message": "busy"}}]'])
def test_an_error_inside_a_200(body: bytes) -> None:
    with pytest.raises(BackendFailure, match="busy"):
        list(BACKEND.read_body(body, CONTEXT))


def test_a_body_without_choices_is_no_answer() -> None:
    with pytest.raises(BackendFailure, match="no choices"):
        list(BACKEND.read_body(b'{"choices": []}', CONTEXT))
