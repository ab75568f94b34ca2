"""ConverseStream → neutral events: each fixture whole, byte by byte, frame by frame, and cut."""

from __future__ import annotations

import pytest

from proapi_translate.errors import BackendFailure
from proapi_translate.events import (
    Annotation,
    Event,
    Finish,
    PartEnd,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
    Usage,
)
from proapi_translate.prompt import Signature

from .wire import (
    NOVA,
    exception_frame,
    finish_of,
    frame,
    part_texts,
    read_stream,
    reply_context,
    text_stream,
)


def delta(index: int, value: dict[str, object]) -> bytes:
    return frame("contentBlockDelta", {"contentBlockIndex": index, "delta": value, "p": "abcdefgh"})


def stop(index: int) -> bytes:
    return frame("contentBlockStop", {"contentBlockIndex": index})


def tool_start(index: int, call_id: str, name: str, **fields: str) -> bytes:
    tool = {"toolUseId": call_id, "name": name, **fields}
    return frame("contentBlockStart", {"contentBlockIndex": index, "start": {"toolUse": tool}})


START = frame("messageStart", {"role": "assistant"})
METADATA = frame(
    "metadata",
    {
        "usage": {
            "inputTokens": 6,
            "outputTokens": 9,
            "totalTokens": 25,
            "cacheReadInputTokens": 8,
            "cacheWriteInputTokens": 2,
        }
    },
)


def ending(reason: str) -> list[bytes]:
    return [frame("messageStop", {"stopReason": reason}), METADATA]


THINKING_AND_CALLS = [
    START,
    delta(0, {"reasoningContent": {"text": "use "}}),
    delta(0, {"reasoningContent": {"text": "both"}}),
    delta(0, {"reasoningContent": {"signature": "c2ln"}}),
    stop(0),
    delta(1, {"text": "né 🚲"}),
    stop(1),
    tool_start(2, "tu_1", "f"),
    delta(2, {"toolUse": {"input": '{"n":'}}),
    delta(2, {"toolUse": {"input": "3}"}}),
    stop(2),
    tool_start(3, "tu_2", "now"),
    stop(3),
    *ending("tool_use"),
]
THINKING_AND_CALLS_EVENTS: list[Event] = [
    Start(),
    PartStart(0, "thinking"),
    TextDelta(0, "use "),
    TextDelta(0, "both"),
    SignatureDelta(0, Signature("c2ln", "anthropic")),
    PartEnd(0),
    PartStart(1, "text"),
    TextDelta(1, "né 🚲"),
    PartEnd(1),
    PartStart(2, "tool_call", id="tu_1", name="f"),
    TextDelta(2, '{"n":'),
    TextDelta(2, "3}"),
    PartEnd(2),
    PartStart(3, "tool_call", id="tu_2", name="now"),
    PartEnd(3),
    Finish("tool_calls", raw="tool_use"),
    Usage(16, 9, cached_tokens=8, cache_write_tokens=2, total_tokens=25),
]


def test_thoughts_text_and_calls() -> None:
    assert read_stream(THINKING_AND_CALLS) == THINKING_AND_CALLS_EVENTS


@pytest.mark.parametrize("size", [1, 7, 100, 100_000])
def test_every_cut_gives_the_same_events(size: int) -> None:
    wire = b"".join(THINKING_AND_CALLS)
    assert read_stream(wire[at : at + size] for at in range(0, len(wire), size)) == THINKING_AND_CALLS_EVENTS


def test_a_cut_stream_has_no_finish_whatever_the_place() -> None:
    wire = b"".join(THINKING_AND_CALLS[:-2])
    for at in range(len(wire)):
        assert finish_of(read_stream([wire[:at]])) is None


def test_the_end_counts_from_message_stop_on() -> None:
    assert finish_of(read_stream(THINKING_AND_CALLS[:-1])) == Finish("tool_calls", raw="tool_use")


def test_redacted_thought_is_claudes_own_text() -> None:
    # "RXU4RQ==" is what Converse sends for Claude's "Eu8E"
    events = read_stream(
        [START, delta(0, {"reasoningContent": {"redactedContent": "RXU4RQ=="}}), stop(0), *ending("end_turn")]
    )
    assert SignatureDelta(0, Signature("Eu8E", "anthropic"), redacted=True) in events


def test_the_signatures_of_other_models_are_not_claudes() -> None:
    frames = [START, delta(0, {"reasoningContent": {"text": "a", "signature": "x"}}), stop(0), *ending("end_turn")]
    events = read_stream(frames, reply_context(NOVA))
    assert SignatureDelta(0, Signature("x", "bedrock")) in events


def test_empty_deltas_make_no_part() -> None:
    frames = [
        START,
        delta(0, {"text": ""}),
        stop(0),
        delta(1, {"reasoningContent": {"text": "t"}}),
        stop(1),
        delta(2, {"text": "a"}),
    ]
    assert part_texts(read_stream([*frames, stop(2), *ending("end_turn")])) == [
        ("thinking", "", "", "t"),
        ("text", "", "", "a"),
    ]


def test_text_that_citations_cut_into_blocks_is_one_part() -> None:
    web = {"title": "R", "location": {"web": {"url": "https://r.test/", "domain": "r.test"}}}
    page = {"title": "facts", "location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}}}
    frames = [
        START,
        delta(0, {"text": "So: "}),
        stop(0),
        delta(1, {"citation": web}),  # comes before its text (recordings)
        delta(1, {"text": "née"}),
        stop(1),
        delta(2, {"citation": page}),
        stop(2),
        delta(3, {"text": "."}),
        stop(3),
        *ending("end_turn"),
    ]
    events = read_stream(frames)
    assert part_texts(events) == [("text", "", "", "So: née.")]
    assert [event.body for event in events if isinstance(event, Annotation)] == [
        {
            "type": "url_citation",
            "url_citation": {"url": "https://r.test/", "title": "R", "start_index": 4, "end_index": 7},
        },
        {"type": "document_citation", "document_citation": {**page, "start_index": 7, "end_index": 7}},
    ]


def test_tools_that_bedrock_runs_itself_stay_inside() -> None:
    result = {"toolResult": {"toolUseId": "s1", "type": "nova_code_interpreter_result", "status": "success"}}
    frames = [
        START,
        tool_start(0, "s1", "nova_code_interpreter", type="server_tool_use"),
        delta(0, {"toolUse": {"input": '{"snippet":"1"}'}}),
        stop(0),
        frame("contentBlockStart", {"contentBlockIndex": 1, "start": result}),
        delta(1, {"toolResult": [{"json": {"stdOut": "1"}}]}),
        stop(1),
        tool_start(2, "t1", "f", type="tool_use"),
        delta(2, {"toolUse": {"input": "{}"}}),
        stop(2),
        *ending("tool_use"),
    ]
    assert part_texts(read_stream(frames)) == [("tool_call", "t1", "f", "{}")]


def test_the_output_tool_is_the_answer() -> None:
    frames = [
        START,
        tool_start(0, "t1", "json_output"),
        delta(0, {"toolUse": {"input": '{"id":4}'}}),
        stop(0),
        *ending("tool_use"),
    ]
    events = read_stream(frames, reply_context(output_tool="json_output"))
    assert part_texts(events) == [("text", "", "", '{"id":4}')]
    assert finish_of(events) == Finish("stop", raw="tool_use")


def test_a_changed_tool_name_is_changed_back_and_a_missing_id_made_up() -> None:
    frames = [START, tool_start(0, "", "a_b"), stop(0), tool_start(1, "", "a_b"), stop(1), *ending("tool_use")]
    events = read_stream(frames, reply_context(tool_names={"a_b": "a.b"}))
    assert part_texts(events) == [
        ("tool_call", "call_chatcmplabc123_0", "a.b", ""),
        ("tool_call", "call_chatcmplabc123_1", "a.b", ""),
    ]


def test_unknown_events_and_deltas_are_passed_over() -> None:
    frames = [frame("initial-response", {}), *text_stream("a"), frame("somethingNew", {"x": 1})]
    frames.insert(3, delta(0, {"somethingNew": {"y": 2}}))
    assert part_texts(read_stream(frames)) == [("text", "", "", "a")]


@pytest.mark.parametrize(
    ("name", "payload", "status", "kind"),
    [
        ("throttlingException", {"message": "Too many tokens"}, 429, "rate_limit_error"),
        ("validationException", {"message": "bad"}, 400, "invalid_request_error"),
        ("internalServerException", {"message": "oh"}, 500, "server_error"),
        ("serviceUnavailableException", {"message": "later"}, 503, "server_overloaded"),
        ("modelStreamErrorException", {"message": "m", "originalStatusCode": 529}, 529, "upstream_error"),
        ("modelStreamErrorException", {"originalMessage": "own words"}, 424, "upstream_error"),
        ("somethingNewException", {"message": "new"}, 502, "upstream_error"),
    ],
)
def test_an_exception_frame_is_a_failure(name: str, payload: dict[str, object], status: int, kind: str) -> None:
    with pytest.raises(BackendFailure) as caught:
        read_stream([*text_stream("par")[:2], exception_frame(name, payload)])
    failure = caught.value
    assert (failure.status, failure.kind, failure.code) == (status, kind, name)
    assert failure.message in (payload.get("message"), payload.get("originalMessage"))


def test_damaged_frames_are_a_failure_not_half_an_answer() -> None:
    frames = text_stream("par", "tial")
    damaged = bytearray(frames[2])
    damaged[-8] ^= 1
    with pytest.raises(BackendFailure, match="damaged") as caught:
        read_stream([*frames[:2], bytes(damaged), *frames[3:]])
    assert (caught.value.status, caught.value.code) == (502, "bad_upstream_reply")


@pytest.mark.parametrize("reason", ["malformed_model_output", "malformed_tool_use"])
def test_output_that_cannot_be_used_is_a_failure(reason: str) -> None:
    with pytest.raises(BackendFailure, match=reason) as caught:
        read_stream(text_stream("a", stop_reason=reason))
    assert caught.value.status == 502


@pytest.mark.parametrize(
    "frames",
    [
        [delta(0, {"text": ["a"]})],
        [delta(0, {"reasoningContent": {"text": {"a": 1}}})],
        [delta(0, {"reasoningContent": {"signature": 1}})],
        [delta(0, {"reasoningContent": {"redactedContent": "no base64!"}})],
        [tool_start(0, "t", "f"), delta(0, {"toolUse": {"input": {}}})],
        [frame("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": 1, "name": "f"}}})],
        [frame("messageStop", {"stopReason": ["end_turn"]})],
        [frame("messageStop", {})],
    ],
)
def test_a_wrong_type_ends_in_the_reader(frames: list[bytes]) -> None:
    with pytest.raises((TypeError, ValueError, KeyError)):
        read_stream([START, *frames])


def test_counts_that_are_no_numbers_are_none() -> None:
    frames = [*text_stream("a")[:-1], frame("metadata", {"usage": {"inputTokens": "6", "outputTokens": 9}})]
    assert read_stream(frames)[-1] == Usage(0, 9)
