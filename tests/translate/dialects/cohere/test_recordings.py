"""Every recorded Cohere exchange: equal events for every cut, and the answer that an independent fold finds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate.dialects.cohere import BACKEND
from proapi_translate.errors import BackendFailure
from proapi_translate.events import Annotation, Event, Usage
from tests.translate.recorded import Recording, needs_recordings, recordings

from .wire import all_parts_ended, finish_of, part_texts, read_stream, read_until_failure, reply_context

V2 = list(recordings("cohere.v2.chat"))
V1 = list(recordings("cohere.v1.chat"))
STREAMS = [recording for recording in V2 if recording.stream and b'"ERROR"' not in recording.body]
FAILED_STREAMS = [recording for recording in V2 if recording.stream and b'"ERROR"' in recording.body]
BODIES = [recording for recording in V2 if not recording.stream and recording.status == 200]
ERRORS = [recording for recording in V2 if recording.status >= 400]
# Written from ChatFinishReason's documentation, apart from the dialect's own table.
REASONS = {"COMPLETE": "stop", "STOP_SEQUENCE": "stop", "MAX_TOKENS": "length", "TOOL_CALL": "tool_calls"}

pytestmark = needs_recordings


def named(found: list[Recording]) -> Any:
    return pytest.mark.parametrize("recording", found, ids=[recording.name for recording in found])


def natives(recording: Recording) -> list[dict[str, Any]]:
    lines = recording.body.decode().splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


def fold_stream(recording: Recording) -> dict[str, Any]:
    """The whole reply that a stream spells, by the shortest code that can tell it."""
    content: dict[int, dict[str, Any]] = {}
    calls: dict[int, dict[str, Any]] = {}
    message: dict[str, Any] = {"tool_plan": "", "citations": []}
    reply: dict[str, Any] = {"message": message}
    for native in natives(recording):
        kind, delta = native["type"], native.get("delta", {})
        said = delta.get("message", {})
        if kind == "content-start":
            content[native["index"]] = dict(said["content"])
        elif kind == "content-delta":
            for key, text in said["content"].items():
                content[native["index"]][key] += text
        elif kind == "tool-plan-delta":
            message["tool_plan"] += said["tool_plan"]
        elif kind == "tool-call-start":
            calls[native["index"]] = {"id": said["tool_calls"]["id"], **said["tool_calls"]["function"]}
        elif kind == "tool-call-delta":
            calls[native["index"]]["arguments"] += said["tool_calls"]["function"]["arguments"]
        elif kind == "citation-start":
            message["citations"].append(said["citations"])
        elif kind == "message-end":
            reply |= delta
    message["content"] = list(content.values())
    message["tool_calls"] = [{"id": call["id"], "function": call} for call in calls.values()]
    return reply


def hold(events: list[Event], reply: dict[str, Any]) -> None:
    """The events tell what the fold found: text, thoughts, calls, citations, usage, finish."""
    message, parts = reply["message"], part_texts(events)
    content = message.get("content") or []

    def text_of(kind: str) -> str:
        return "".join(text for part_kind, _, _, text in parts if part_kind == kind)

    assert text_of("text") == "".join(item.get("text", "") for item in content)
    assert text_of("thinking") == "".join(item.get("thinking", "") for item in content) + message.get("tool_plan", "")
    calls = [(call["id"], call["function"]) for call in message.get("tool_calls") or []]
    assert [part[1:] for part in parts if part[0] == "tool_call"] == [
        (call_id, function["name"], function["arguments"]) for call_id, function in calls
    ]
    cited = [told for told in events if isinstance(told, Annotation)]
    assert len(cited) == len(message.get("citations") or [])
    assert all_parts_ended(events)
    tokens = reply["usage"]["tokens"]
    [usage] = [told for told in events if isinstance(told, Usage)]
    assert (usage.prompt_tokens, usage.completion_tokens) == (tokens["input_tokens"], tokens["output_tokens"])
    assert usage.cached_tokens == reply["usage"].get("cached_tokens", 0)
    assert usage.reasoning_tokens == tokens.get("reasoning_tokens", 0)
    finish = finish_of(events)
    assert finish is not None
    assert (finish.reason, finish.raw) == (REASONS[reply["finish_reason"]], reply["finish_reason"])


def cuts(wire: bytes) -> list[list[bytes]]:
    events = [piece + b"\n\n" for piece in wire.split(b"\n\n") if piece]
    return [events, *([wire[at : at + size] for at in range(0, len(wire), size)] for size in (1, 7))]


@named(STREAMS)
def test_streams(recording: Recording) -> None:
    events = read_stream([recording.body])
    hold(events, fold_stream(recording))
    for pieces in cuts(recording.body):
        assert read_stream(pieces) == events
    before_the_end = recording.body.index(b"message-end")
    assert finish_of(read_stream([recording.body[: recording.body.rindex(b"\n\n", 0, before_the_end)]])) is None


@named(FAILED_STREAMS)
def test_streams_that_fail(recording: Recording) -> None:
    events, failure = read_until_failure([recording.body])
    folded = fold_stream(recording)
    assert part_texts(events) == [("thinking", "", "", folded["message"]["tool_plan"])]
    assert finish_of(events) is None
    assert (failure.status, failure.message, failure.code) == (502, folded["error"], folded["error_type"])
    for pieces in cuts(recording.body):
        again, again_failure = read_until_failure(pieces)
        assert (again, str(again_failure)) == (events, str(failure))


@named(BODIES)
def test_bodies(recording: Recording) -> None:
    hold(list(BACKEND.read_body(recording.body, reply_context())), json.loads(recording.body))


@named(ERRORS)
def test_errors(recording: Recording) -> None:
    failure = BACKEND.read_error(recording.status, recording.headers, recording.body)
    assert isinstance(failure, BackendFailure)
    assert (failure.status, failure.message) == (recording.status, json.loads(recording.body)["message"])


@named(V1)
def test_replies_of_v1(recording: Recording) -> None:
    reply = json.loads(recording.body)
    events = list(BACKEND.read_body(recording.body, reply_context()))
    assert part_texts(events) == [("text", "", "", reply["text"])]
    tokens = reply["meta"]["tokens"]
    assert Usage(tokens["input_tokens"], tokens["output_tokens"]) in events
    assert getattr(finish_of(events), "reason", "") == REASONS[reply["finish_reason"]]


def test_none_was_left_out(record_property: pytest.RecordProperty) -> None:
    count = len(STREAMS) + len(FAILED_STREAMS) + len(BODIES) + len(ERRORS)
    record_property("cohere_recordings", count + len(V1))
    assert count == len(V2)
