"""An ai/run stream, in both shapes that are met."""

from __future__ import annotations

import time

import pytest

from proapi_translate.errors import BackendFailure
from proapi_translate.events import PartEnd, PartStart, Start, TextDelta, Usage

from .wire import DONE, all_parts_ended, chunk, delta, finish_of, part_texts, read_stream, reason_of

USAGE = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
TEXT = [
    chunk({"response": "he", "p": "abc"}),
    chunk({"response": "ÿ", "tool_calls": []}),
    chunk({"response": "", "usage": USAGE}),
    DONE,
]
NATIVE_CALLS = [
    chunk({"response": None, "tool_calls": [{"name": "f", "arguments": {"n": 1}}, {"name": "g", "arguments": {}}]}),
    DONE,
]
OPENAI_SHAPE = [
    delta(role="assistant", content=""),
    delta(reasoning_content="h"),
    delta(reasoning_content="m"),
    delta(content="ok"),
    delta(tool_calls=[{"index": 0, "id": "call-1", "type": "function", "function": {"name": "f", "arguments": ""}}]),
    delta(tool_calls=[{"index": 0, "function": {"arguments": '{"n"'}}]),
    delta(tool_calls=[{"index": 0, "id": None, "function": {"name": None, "arguments": ":1}"}}]),
    delta(tool_calls=[{"index": 1, "id": "call-2", "function": {"name": "g", "arguments": "{}"}}]),
    delta("tool_calls"),
    chunk({"id": "id-1", "choices": [], "usage": {**USAGE, "prompt_tokens_details": {"cached_tokens": 2}}}),
    DONE,
]
STREAMS = pytest.mark.parametrize("pieces", [TEXT, NATIVE_CALLS, OPENAI_SHAPE], ids=["text", "calls", "openai"])


def test_native_text() -> None:
    assert read_stream(TEXT) == [
        Start(),
        PartStart(0, "text"),
        TextDelta(0, "he"),
        TextDelta(0, "ÿ"),
        PartEnd(0),
        Usage(3, 1, total_tokens=4),
        finish_of(read_stream(TEXT)),
    ]
    assert reason_of(read_stream(TEXT)) == "stop"


def test_native_calls_are_whole_and_get_ids() -> None:
    events = read_stream(NATIVE_CALLS)
    assert part_texts(events) == [("tool_call", "call_abc_0", "f", '{"n":1}'), ("tool_call", "call_abc_1", "g", "")]
    assert all_parts_ended(events)
    assert reason_of(events) == "tool_calls"


def test_calls_in_pieces_without_a_number_and_the_empty_last_one() -> None:
    pieces = [
        chunk({"tool_calls": [{"name": "f", "arguments": '{"n"'}]}),
        chunk({"tool_calls": [{"arguments": ":1}"}]}),
        chunk({"tool_calls": [{"index": 1, "id": None, "type": None, "function": {"name": None, "arguments": ""}}]}),
        DONE,
    ]
    assert part_texts(read_stream(pieces)) == [("tool_call", "call_abc_0", "f", '{"n":1}')]


def test_openais_shape() -> None:
    events = read_stream(OPENAI_SHAPE)
    assert events[0] == Start("id-1", "@cf/meta/llama-3.1-8b-instruct")
    assert part_texts(events) == [
        ("thinking", "", "", "hm"),
        ("text", "", "", "ok"),
        ("tool_call", "call-1", "f", '{"n":1}'),
        ("tool_call", "call-2", "g", "{}"),
    ]
    assert all_parts_ended(events)
    assert Usage(3, 1, cached_tokens=2, total_tokens=4) in events
    assert reason_of(events) == "tool_calls"


@STREAMS
def test_every_cut_gives_the_same_events(pieces: list[bytes]) -> None:
    wire = b"".join(pieces)
    events = read_stream([wire])
    assert read_stream(pieces) == events
    for size in (1, 7):
        assert read_stream(wire[at : at + size] for at in range(0, len(wire), size)) == events


@STREAMS
def test_a_cut_stream_has_no_finish(pieces: list[bytes]) -> None:
    whole = next((count for count, piece in enumerate(pieces) if b'"finish_reason": "' in piece), len(pieces) - 1)
    for count in range(whole + 1):
        assert finish_of(read_stream(pieces[:count])) is None


def test_a_finish_reason_proves_the_end_where_the_mark_is_missing() -> None:
    assert reason_of(read_stream(OPENAI_SHAPE[:-1])) == "tool_calls"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("model_length", "length"),
        ("content_filter", "content_filter"),
        ("new", "length"),
    ],
)
def test_finish_reasons(raw: str, reason: str) -> None:
    assert reason_of(read_stream([delta(content="x"), delta(raw), DONE])) == reason
    assert reason_of(read_stream([chunk({"response": "x", "finish_reason": raw}), DONE])) == reason


@pytest.mark.parametrize(
    ("bad", "status", "message"),
    [
        ({"success": False, "errors": [{"code": 3040, "message": "out of capacity"}]}, 429, "out of capacity"),
        ({"errors": [{"message": "boom", "code": 9}]}, 502, "boom"),
        ({"error": "AiError: Request timeout"}, 502, "AiError: Request timeout"),
    ],
)
def test_an_error_inside_a_stream(bad: dict[str, object], status: int, message: str) -> None:
    with pytest.raises(BackendFailure, match=message) as caught:
        read_stream([TEXT[0], chunk(bad)])
    assert caught.value.status == status


def test_a_stream_that_ends_in_error_is_a_failure() -> None:
    with pytest.raises(BackendFailure):
        read_stream([delta(content="x"), delta("error"), DONE])


def test_chunks_in_the_envelope_and_values_that_are_no_text() -> None:
    pieces = [chunk({"result": {"response": 4}, "success": True, "errors": []}), chunk({"response": {"a": 1}}), DONE]
    assert part_texts(read_stream(pieces)) == [("text", "", "", '4{"a":1}')]


def test_reading_costs_little_per_event() -> None:
    wire = chunk({"response": "word", "p": "abcdef"}) * 20_000 + DONE
    begun = time.process_time()
    read_stream([wire])
    assert time.process_time() - begun < 20_000 * 50e-6  # some 4 µs are usual; the limit is for slow machines
