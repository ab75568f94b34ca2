"""A v2 chat stream, event by event."""

from __future__ import annotations

import time
from typing import Any

import pytest

from proapi_translate.errors import BackendFailure
from proapi_translate.events import Annotation, LogProbs, PartEnd, PartStart, Start, TextDelta, Usage

from .wire import (
    all_parts_ended,
    event,
    finish_of,
    framed,
    message_end,
    part_texts,
    read_stream,
    read_until_failure,
    reply_context,
    text_stream,
)

START = framed({"type": "message-start", "id": "m1", "delta": {"message": {"role": "assistant", "tool_plan": ""}}})


def call_start(index: int, call_id: str = "f_1", name: str = "f", arguments: str = "") -> bytes:
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return event("tool-call-start", index, tool_calls=call)


def call_delta(index: int, arguments: str) -> bytes:
    return event("tool-call-delta", index, tool_calls={"function": {"arguments": arguments}})


TOOLS = [
    START,
    event("tool-plan-delta", tool_plan="I will"),
    event("tool-plan-delta", tool_plan=" call both"),
    call_start(0),
    call_delta(0, '{"n"'),
    call_delta(0, ":2}"),
    event("tool-call-end", 0),
    call_start(1, "g_1", "g"),
    event("tool-call-end", 1),
    message_end("TOOL_CALL"),
    b"data: [DONE]\n\n",
]
THOUGHTS = [
    START,
    event("content-start", 0, content={"type": "thinking", "thinking": ""}),
    event("content-delta", 0, content={"thinking": "hm ü"}),
    event("content-end", 0),
    event("content-start", 1, content={"type": "text", "text": "Ru"}),
    event("content-delta", 1, content={"text": "by"}),
    event("citation-start", 0, citations={"start": 0, "end": 4, "sources": [], "type": "TEXT_CONTENT"}),
    event("citation-end", 0),
    event("content-end", 1),
    message_end("COMPLETE"),
    b"data: [DONE]\n\n",
]


def test_text() -> None:
    assert read_stream(text_stream("he", "y")) == [
        Start("m1"),
        PartStart(0, "text"),
        TextDelta(0, "he"),
        TextDelta(0, "y"),
        Usage(70, 11),
        PartEnd(0),
        finish_of(read_stream(text_stream("x"))),
    ]


def test_tools_with_a_plan() -> None:
    events = read_stream(TOOLS)
    assert part_texts(events) == [
        ("thinking", "", "", "I will call both"),
        ("tool_call", "f_1", "f", '{"n":2}'),
        ("tool_call", "g_1", "g", ""),
    ]
    assert all_parts_ended(events)
    finish = finish_of(events)
    assert finish is not None
    assert (finish.reason, finish.raw) == ("tool_calls", "TOOL_CALL")


def test_thoughts_and_citations() -> None:
    events = read_stream(THOUGHTS)
    assert part_texts(events) == [("thinking", "", "", "hm ü"), ("text", "", "", "Ruby")]
    [cited] = [told for told in events if isinstance(told, Annotation)]
    assert cited.part == 1
    assert events.index(cited) < events.index(PartEnd(1))


@pytest.mark.parametrize("pieces", [text_stream("he", "y"), TOOLS, THOUGHTS], ids=["text", "tools", "thoughts"])
def test_every_cut_gives_the_same_events(pieces: list[bytes]) -> None:
    wire = b"".join(pieces)
    events = read_stream([wire])
    assert read_stream(pieces) == events
    for size in (1, 7):
        assert read_stream(wire[at : at + size] for at in range(0, len(wire), size)) == events
    assert read_stream([wire.replace(b"\n", b"\r\n")]) == events


@pytest.mark.parametrize("pieces", [text_stream("he", "y"), TOOLS, THOUGHTS], ids=["text", "tools", "thoughts"])
def test_a_cut_stream_has_no_finish(pieces: list[bytes]) -> None:
    for count in range(len(pieces) - 1):
        assert finish_of(read_stream(pieces[:count])) is None


@pytest.mark.parametrize(
    ("reason", "neutral"),
    [
        ("COMPLETE", "stop"),
        ("STOP_SEQUENCE", "stop"),
        ("MAX_TOKENS", "length"),
        ("ERROR_TOXIC", "content_filter"),
        ("SOMETHING_NEW", "length"),
        (None, "stop"),
    ],
)
def test_finish_reasons(reason: str | None, neutral: str) -> None:
    finish = finish_of(read_stream(text_stream("x", reason=reason)))
    assert finish is not None
    assert (finish.reason, finish.raw) == (neutral, reason or "")


def test_a_reply_with_calls_finishes_with_calls_whatever_it_says() -> None:
    assert (
        getattr(finish_of(read_stream([START, call_start(0), message_end("COMPLETE")])), "reason", "") == "tool_calls"
    )
    assert getattr(finish_of(read_stream([START, call_start(0), message_end("MAX_TOKENS")])), "reason", "") == "length"


@pytest.mark.parametrize(("reason", "status"), [("ERROR", 502), ("TIMEOUT", 504)])
def test_failures_at_the_end(reason: str, status: int) -> None:
    end = message_end(reason, error="invalid tool generation", error_type="INVALID_TOOL_GENERATION", usage={})
    events, failure = read_until_failure([*TOOLS[:3], end])
    assert part_texts(events) == [("thinking", "", "", "I will call both")]
    assert (failure.status, failure.message, failure.code) == (
        status,
        "invalid tool generation",
        "INVALID_TOOL_GENERATION",
    )
    _, silent = read_until_failure([START, message_end(reason)])
    assert reason in silent.message


def test_an_error_body_in_a_streams_place() -> None:
    _, failure = read_until_failure([b'data: {"id": "x", "message": "too many requests"}\n\n'])
    assert failure.message == "too many requests"


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (
            {
                "tokens": {"input_tokens": 1501.0, "output_tokens": 346.0, "reasoning_tokens": 304},
                "cached_tokens": 1008,
            },
            Usage(1501, 346, 1008, reasoning_tokens=304),
        ),
        ({"billed_units": {"input_tokens": 3, "output_tokens": 4}}, Usage(3, 4)),
        ({}, None),
        (None, None),
    ],
)
def test_usage(usage: Any, read: Usage | None) -> None:
    events = read_stream([START, message_end(usage=usage)])
    assert [told for told in events if isinstance(told, Usage)] == ([] if read is None else [read])


def test_log_probabilities() -> None:
    piece = {"text": "né", "token_ids": [1, 2], "logprobs": [-0.5, -0.25]}
    delta = {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "né"}}}, "logprobs": piece}
    events = read_stream([START, event("content-start", 0, content={"type": "text", "text": ""}), framed(delta)])
    entry = {"token": "né", "logprob": -0.75, "bytes": [110, 195, 169], "top_logprobs": []}
    assert events[-1] == LogProbs(0, (entry,))


def test_ids_that_are_missing_are_made_and_lists_of_one_are_read() -> None:
    call = {"type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    events = read_stream([START, event("tool-call-start", 0, tool_calls=[call]), message_end("TOOL_CALL")])
    assert part_texts(events) == [("tool_call", "call_abc_0", "f", '{"a":1}')]


def test_the_tool_that_answers_is_text() -> None:
    events = read_stream(
        [
            START,
            call_start(0, "x", "answer"),
            call_delta(0, '{"a":1}'),
            event("tool-call-end", 0),
            message_end("TOOL_CALL"),
        ],
        reply_context(output_tool="answer"),
    )
    assert part_texts(events) == [("text", "", "", '{"a":1}')]
    assert all_parts_ended(events)
    assert getattr(finish_of(events), "reason", "") == "stop"


def test_unknown_events_and_content_say_nothing() -> None:
    unknown = [
        event("debug"), framed({"type": "something-new", "delta": 1}), event("content-start", 0, content={"type": "x"}),
        event("content-delta", 0, content={"text": "lost"}), event("content-end", 0),
        event("citation-start", 0, citations={"start": 0, "end": 1}), event("tool-plan-delta", tool_plan=""),
    ]  # fmt: skip
    assert part_texts(read_stream([START, *unknown, message_end()])) == []


@pytest.mark.parametrize("data", [b"data: nope\n\n", b"data: [1]\n\n", b'data: {"type": "content-start"}\n\n'])
def test_garbled_events_raise_what_the_caller_turns_into_a_failure(data: bytes) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)) as caught:
        read_stream([data])
    assert not isinstance(caught.value, BackendFailure)


def test_reading_costs_little_per_event() -> None:
    wire = b"".join(text_stream(*["word"] * 20_000))
    begun = time.process_time()
    read_stream([wire])
    assert time.process_time() - begun < 20_000 * 50e-6  # some 3 µs are usual; the limit is for slow machines
