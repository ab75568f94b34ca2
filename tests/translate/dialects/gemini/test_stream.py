"""Whole streams, however they are cut, framed or broken off."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

from proapi_translate.dialects.gemini import BACKEND
from proapi_translate.errors import BackendFailure
from proapi_translate.events import Finish, PartEnd, PartStart, Start, TextDelta, Usage

from .wire import context, finishes, last_usage, part_texts, piece, read_pieces, read_stream, sse, text

EVENTS = [
    {
        **piece(text("hm ", thought=True), index=0),
        "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3},
        "modelVersion": "gemini-x",
        "responseId": "r1",
    },
    {**piece(text("Größe ")), "usageMetadata": {"trafficType": "ON_DEMAND"}},
    piece(text("渋谷 🚲")),
    piece({"functionCall": {"name": "f", "args": {"q": "é"}}, "thoughtSignature": "U0lH"}),
    {
        **piece(text(""), finish="STOP"),
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7},
    },
]
AS_SSE = sse(*EVENTS)
AS_ARRAY = (
    b"[" + b"\r\n,\r\n".join(json.dumps(event, indent=1, ensure_ascii=False).encode() for event in EVENTS) + b"\n]\n"
)
WHOLE = read_pieces([AS_SSE])


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def test_the_whole() -> None:
    assert WHOLE[0] == Start("r1", "gemini-x")
    assert part_texts(WHOLE) == [("thinking", "hm "), ("text", "Größe 渋谷 🚲"), ("tool_call", '{"q":"é"}')]
    assert WHOLE[-1] == Finish("tool_calls", 0, "STOP")
    assert last_usage(WHOLE) == Usage(3, 4, total_tokens=7)
    assert sum(isinstance(event, Usage) for event in WHOLE) == 2


@pytest.mark.parametrize("data", [AS_SSE, AS_ARRAY], ids=["sse", "array"])
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_every_cut_gives_the_same_events(data: bytes, size: int) -> None:
    assert read_pieces(cut(data, size)) == WHOLE


def test_split_at_each_event() -> None:
    assert read_pieces([sse(event) for event in EVENTS]) == WHOLE
    assert read_pieces([AS_SSE, b"data: [DONE]\n\n"]) == WHOLE


def read_what_comes(data: bytes) -> list[Any]:
    """The events of a stream that was cut here; a last event that is half there is passed over, as the caller does."""
    splitter, reader = BACKEND.splitter(), BACKEND.stream_reader(context())
    events = [event for name, framed in splitter.feed(data) for event in reader.read(name, framed)]
    for name, framed in splitter.finish():
        with suppress(ValueError):
            events += reader.read(name, framed)
    return [*events, *reader.end()]


@pytest.mark.parametrize("data", [AS_SSE, AS_ARRAY], ids=["sse", "array"])
def test_cut_anywhere_there_is_no_finish(data: bytes) -> None:
    last_event = data.rindex(b"finishReason")
    for end in range(0, last_event, 5):
        assert finishes(read_what_comes(data[:end])) == []
    assert finishes(read_what_comes(data)) == [(0, "tool_calls")]


@pytest.mark.parametrize("separator", [b"\r\n,\r\n", b","])
def test_a_stop_on_every_event_does_not_hide_a_cut(separator: bytes) -> None:
    events = [json.dumps(piece(text(word), finish="STOP")).encode() for word in ("one ", "two")]
    array = b"[" + separator.join(events) + b"]"
    assert finishes(read_what_comes(array)) == [(0, "stop")]
    for end in range(1, len(array)):
        assert finishes(read_what_comes(array[:end])) == []
    framed = sse(*map(json.loads, events))
    assert finishes(read_what_comes(framed[:-20])) == []


def test_an_error_event() -> None:
    error = {"error": {"code": 503, "message": "Full.", "status": "UNAVAILABLE"}}
    with pytest.raises(BackendFailure, match="Full") as caught:
        read_stream(EVENTS[1], error)
    assert (caught.value.status, caught.value.code) == (503, "UNAVAILABLE")
    with pytest.raises(BackendFailure, match="Full"):
        read_pieces([b"[" + json.dumps(error).encode() + b"]"])


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"nonsense",
        b'"x"',
        b"[]",
        b'{"candidates": 7}',
        b'{"candidates":[{"content":{"parts":[{"text":7}]}}]}',
        b"[" * 9000,
    ],
)
def test_what_is_no_event_is_a_value_error(data: bytes) -> None:
    reader = BACKEND.stream_reader(context())
    with pytest.raises(ValueError, match=r"."):
        reader.read("", data)
    assert list(reader.end()) == []


@pytest.mark.parametrize(
    "data",
    [
        b'\xef\xbb\xbf{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}',
        b'{"candidates":[{"content":{"parts":[{"text":"a"}]},"avgLogprobs":NaN,"finishReason":"STOP"}]}',
        b'{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"x":"\xff"}',
    ],
)
def test_oddities_are_taken(data: bytes) -> None:
    reader = BACKEND.stream_reader(context())
    assert TextDelta(0, "a") in [*reader.read("", data), *reader.end()]


@pytest.mark.parametrize(
    "nothing", [{}, {"candidates": None}, {"candidates": [{}]}, {"candidates": [{"content": None}]}, piece()]
)
def test_events_without_anything(nothing: dict[str, Any]) -> None:
    events = read_stream(nothing, piece(text("a"), finish="STOP"))
    assert part_texts(events) == [("text", "a")]
    assert finishes(events) == [(0, "stop")]


@pytest.mark.parametrize(
    ("feedback", "message"),
    [
        ({"blockReason": "SAFETY"}, "The prompt was blocked by Google's safety filters (SAFETY)."),
        ({"blockReason": "MODEL_ARMOR", "blockReasonMessage": "Not here."}, "Not here."),
    ],
)
def test_a_blocked_prompt_is_a_refusal(feedback: dict[str, Any], message: str) -> None:
    blocked = {"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 9}}
    events = read_stream(blocked)
    assert part_texts(events) == [("refusal", message)]
    assert events[-1] == Finish("content_filter", 0, feedback["blockReason"])
    assert last_usage(events) == Usage(9)
    assert list(BACKEND.read_body(json.dumps(blocked).encode(), context())) == events


def test_several_candidates() -> None:
    def of(index: int, value: str, finish: str = "") -> dict[str, Any]:
        return piece(text(value), finish=finish, index=index)["candidates"][0]

    events = read_stream(
        {"candidates": [of(1, "b"), of(0, "a")]},
        {"candidates": [of(0, "a", "STOP")]},
        {"candidates": [of(1, "b", "MAX_TOKENS")]},
    )
    starts = {event.choice: event.part for event in events if isinstance(event, PartStart)}
    assert sorted(starts) == [0, 1]
    for choice, letter in ((0, "a"), (1, "b")):
        assert "".join(e.text for e in events if isinstance(e, TextDelta) and e.part == starts[choice]) == letter * 2
        assert PartEnd(starts[choice]) in events
    assert sorted(finishes(events)) == [(0, "stop"), (1, "length")]
