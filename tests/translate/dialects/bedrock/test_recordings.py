"""Every recorded Converse exchange: equal events for every cut, and the same answer as an independent fold finds."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from proapi_translate.dialects.bedrock import BACKEND
from proapi_translate.events import Annotation, Event, Finish, SignatureDelta, Usage
from proapi_translate.eventstream import FrameReader
from tests.translate.recorded import SHARED, Recording, needs_recordings, recordings

from .service_model import faults_of
from .wire import finish_of, part_texts, read_stream, reply_context

FOLDER = SHARED / "recordings"
STREAMS = list(recordings("bedrock.converse-stream"))
BODIES = [recording for recording in recordings("bedrock.converse") if recording.status == 200]
ERRORS = [recording for recording in recordings("bedrock.converse") if recording.status != 200]
# Written from StopReason's documentation, apart from the dialect's own table.
REASONS = {
    "end_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "guardrail_intervened": "content_filter",
}

pytestmark = needs_recordings


def named(found: list[Recording]) -> Any:
    return pytest.mark.parametrize("recording", found, ids=[recording.name for recording in found])


def wire_of(recording: Recording) -> bytes:
    return base64.b64decode(recording.body)


def model_of(recording: Recording) -> str:
    return str(json.loads((FOLDER / recording.name / "meta.json").read_text())["model"])


def payloads(recording: Recording) -> list[tuple[str, dict[str, Any]]]:
    frames = FrameReader().feed(wire_of(recording))
    return [(str(frame.headers[":event-type"]), json.loads(frame.payload)) for frame in frames]


def fold_stream(recording: Recording) -> dict[str, Any]:
    """The whole reply that a stream spells, put together as AWS's documentation tells."""
    blocks: dict[int, dict[str, Any]] = {}
    reply: dict[str, Any] = {}
    for name, event in payloads(recording):
        block = blocks.setdefault(event.get("contentBlockIndex", -1), {})
        if name == "contentBlockStart":
            block.update(json.loads(json.dumps(event["start"])))
        elif name == "contentBlockDelta":
            delta = event["delta"]
            block["text"] = block.get("text", "") + delta.get("text", "")
            if "toolUse" in delta and "toolUse" in block:
                block["toolUse"]["input"] = block["toolUse"].get("input", "") + delta["toolUse"]["input"]
            for key, value in delta.get("reasoningContent", {}).items():
                block.setdefault("reasoning", {})[key] = block.get("reasoning", {}).get(key, "") + value
            block["citations"] = block.get("citations", 0) + ("citation" in delta)
        elif name in ("messageStop", "metadata"):
            reply.update(event)
    blocks.pop(-1, None)
    return {"blocks": [blocks[index] for index in sorted(blocks)], **reply}


def fold_body(recording: Recording) -> dict[str, Any]:
    reply = json.loads(recording.body)
    blocks = []
    for block in reply["output"]["message"]["content"]:
        cited = block.get("citationsContent", {})
        reasoning = block.get("reasoningContent", {})
        blocks.append(
            {
                **block,
                "text": block.get("text", "") + "".join(piece["text"] for piece in cited.get("content", ())),
                "reasoning": {**reasoning.get("reasoningText", {}), **reasoning} if reasoning else {},
                "citations": len(cited.get("citations", ())),
            }
        )
    return {**reply, "blocks": blocks}


def hold(events: list[Event], folded: dict[str, Any]) -> None:
    """The events tell what the fold found: text, thoughts, proofs, calls, citations, usage, finish."""
    blocks, parts = folded["blocks"], part_texts(events)
    assert "".join(text for kind, _, _, text in parts if kind == "text") == "".join(
        block.get("text", "") for block in blocks
    )
    thoughts = [block["reasoning"] for block in blocks if block.get("reasoning")]
    assert [text for kind, _, _, text in parts if kind == "thinking"] == [
        thought.get("text", "") for thought in thoughts
    ]
    hidden = [
        base64.b64decode(thought["redactedContent"]).decode() for thought in thoughts if "redactedContent" in thought
    ]
    proofs = [thought["signature"] for thought in thoughts if thought.get("signature")] + hidden
    assert [event.signature.value for event in events if isinstance(event, SignatureDelta)] == proofs
    calls = [
        block["toolUse"]
        for block in blocks
        if block.get("toolUse", {}).get("type") in (None, "tool_use") and "toolUse" in block
    ]
    found = [(call_id, name, json.loads(text or "{}")) for kind, call_id, name, text in parts if kind == "tool_call"]
    assert found == [(call["toolUseId"], call["name"], read_input(call.get("input"))) for call in calls]
    assert sum(isinstance(event, Annotation) for event in events) == sum(block.get("citations", 0) for block in blocks)
    usage = folded["usage"]
    cached = usage.get("cacheReadInputTokens", 0)
    prompt = usage["inputTokens"] + cached + usage.get("cacheWriteInputTokens", 0)
    told = [event for event in events if isinstance(event, Usage)][-1]
    assert (told.prompt_tokens, told.completion_tokens, told.cached_tokens) == (prompt, usage["outputTokens"], cached)
    assert told.prompt_tokens + told.completion_tokens == told.total_tokens == usage["totalTokens"]
    finish = finish_of(events)
    assert isinstance(finish, Finish)
    assert finish.reason == ("tool_calls" if calls else REASONS[folded["stopReason"]])
    assert finish.raw == folded["stopReason"]


def read_input(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value else value or {}


@named(STREAMS)
def test_streams(recording: Recording) -> None:
    context = reply_context(model_of(recording))
    wire = wire_of(recording)
    events = read_stream([wire], context)
    hold(events, fold_stream(recording))
    for size in (1, 7):
        assert read_stream((wire[at : at + size] for at in range(0, len(wire), size)), context) == events
    assert read_stream(at_frames(wire), context) == events
    before_the_stop = wire.index(b"messageStop")
    assert finish_of(read_stream([wire[:before_the_stop]], context)) is None


def at_frames(wire: bytes) -> list[bytes]:
    pieces, at = [], 0
    while at < len(wire):
        length = int.from_bytes(wire[at : at + 4], "big")
        pieces.append(wire[at : at + length])
        at += length
    return pieces


@named(BODIES)
def test_bodies(recording: Recording) -> None:
    hold(list(BACKEND.read_body(recording.body, reply_context(model_of(recording)))), fold_body(recording))


@named(ERRORS)
def test_errors(recording: Recording) -> None:
    headers = recording.headers
    failure = BACKEND.read_error(recording.status, headers, recording.body)
    assert failure.message == json.loads(recording.body)["message"]
    assert failure.status == recording.status
    assert (failure.code or "") == headers.get("x-amzn-errortype", "").partition(":")[0]


@named([*STREAMS, *BODIES])
def test_the_judge_of_our_requests_takes_the_recorded_ones(recording: Recording) -> None:
    """What AWS took must pass: else the judge is stricter than the service."""
    request = json.loads((FOLDER / recording.name / "request.json").read_text())
    assert faults_of(request, model_of(recording), streaming=recording.stream) == []


def test_none_was_left_out(record_property: pytest.RecordProperty) -> None:
    count = len(STREAMS) + len(BODIES) + len(ERRORS)
    record_property("bedrock_recordings", count)
    assert count == len(list(FOLDER.glob("bedrock/converse-*")))
