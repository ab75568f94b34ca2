"""Every recorded Claude reply, through the whole lane to a chat client, against a fold of its own made here."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from proapi_translate import ReplyTranslator, Target, translate_request
from proapi_translate.eventstream import FrameReader

from ...recorded import Recording, needs_recordings, recordings

contract = pytest.importorskip("tests.translate.chat_contract", reason="the openai package is not installed here")



def unwrapped(recording: Recording) -> Recording:
    """Bedrock's InvokeModel gives Claude's own events, each in a frame: {"bytes": base64}. As Anthropic sends them."""
    frames = FrameReader().feed(base64.b64decode(recording.body))
    events = [base64.b64decode(json.loads(frame.payload)["bytes"]) for frame in frames]
    return replace(recording, body=b"".join(b"data: %s\n\n" % event for event in events))


ALL = [
    *recordings("anthropic.messages"),
    *recordings("bedrock.invoke-claude"),
    *map(unwrapped, recordings("bedrock.invoke-claude-stream")),
]
STREAMS = [recording for recording in ALL if recording.stream and recording.status == 200]
BODIES = [recording for recording in ALL if not recording.stream and recording.status == 200]
ERRORS = [recording for recording in ALL if recording.status >= 400]
REASONS = {"end_turn": "stop", "stop_sequence": "stop", "tool_use": "tool_calls", "max_tokens": "length"}
pytestmark = needs_recordings


def reply_for(*, stream: bool) -> ReplyTranslator:
    body = {"model": "asked", "messages": [{"role": "user", "content": "x"}], "stream": stream}
    body |= {"stream_options": {"include_usage": True}} if stream else {}
    translation = translate_request("chat", json.dumps(body).encode(), Target("anthropic", "claude-sonnet-4-5"))
    return ReplyTranslator(translation, "chatcmpl-x", 1)


def translate_stream(body: bytes, size: int) -> tuple[bytes, ReplyTranslator]:
    reply = reply_for(stream=True)
    assert reply.start(200, {"content-type": "text/event-stream"}).streaming
    return contract.feed_in_pieces(reply.feed, body, size) + reply.finish(), reply


def fold_native(recording: Recording) -> dict[str, Any]:
    """The native stream as one message, by the shortest code that can tell it."""
    if not recording.stream:
        return json.loads(recording.body)
    message: dict[str, Any] = {}
    blocks: dict[int, dict[str, Any]] = {}
    for line in recording.body.decode().splitlines():
        event = json.loads(line[5:]) if line.startswith("data: {") else {"type": ""}
        if event["type"] == "message_start":
            message = event["message"]
        elif event["type"] == "content_block_start":
            blocks[event["index"]] = {**event["content_block"], "json": ""}
        elif event["type"] == "content_block_delta":
            block, delta = blocks[event["index"]], event["delta"]
            for field, source in (("text", "text"), ("thinking", "thinking"), ("json", "partial_json")):
                block[field] = block.get(field, "") + delta.get(source, "")
        elif event["type"] == "message_delta":
            message["stop_reason"] = event["delta"]["stop_reason"]
            message["usage"] |= event["usage"]
    return message | {"content": list(blocks.values())}


def said(message: dict[str, Any], kind: str, field: str) -> str:
    return "".join(block.get(field, "") for block in message["content"] if block["type"] == kind)


def called(message: dict[str, Any]) -> list[tuple[str, str, Any]]:
    calls = [block for block in message["content"] if block["type"] == "tool_use"]
    inputs = [json.loads(block["json"]) if block.get("json") else block["input"] for block in calls]
    return [(block["id"], block["name"], value) for block, value in zip(calls, inputs, strict=True)]


def check_usage(native: dict[str, Any], usage: dict[str, Any]) -> None:
    cached = native.get("cache_read_input_tokens") or 0
    written = native.get("cache_creation_input_tokens") or 0
    assert usage["prompt_tokens"] == native["input_tokens"] + cached + written
    assert usage["completion_tokens"] == native["output_tokens"]
    assert usage["prompt_tokens_details"]["cached_tokens"] == cached


@pytest.mark.parametrize("recording", STREAMS, ids=lambda r: r.name)
def test_streams(recording: Recording) -> None:
    outputs = {translate_stream(recording.body, size)[0] for size in (0, 1, 7)}
    reply = reply_for(stream=True)
    outputs.add(b"".join(map(reply.feed, re.split(rb"(?<=\n\n)", recording.body))) + reply.finish())
    assert len(outputs) == 1
    chunks = contract.check_chat_stream(outputs.pop(), model="asked", include_usage=True)
    message = fold_native(recording)
    assert contract.joined(chunks, "content") == said(message, "text", "text")
    assert contract.joined(chunks, "reasoning_content") == said(message, "thinking", "thinking")
    assert [(i, n, json.loads(a)) for i, n, a in contract.calls_of(chunks)] == called(message)
    assert contract.finish_reasons(chunks) == [REASONS[message["stop_reason"]]]
    check_usage(message["usage"], chunks[-1]["usage"])


@pytest.mark.parametrize("recording", BODIES, ids=lambda r: r.name)
def test_whole_bodies(recording: Recording) -> None:
    reply = reply_for(stream=False)
    reply.start(200, {"content-type": "application/json"})
    body = json.loads(reply.whole(recording.body))
    contract.check_completion(body, model="asked")
    message, choice = json.loads(recording.body), body["choices"][0]
    assert (choice["message"]["content"] or "") == said(message, "text", "text")
    assert choice["message"].get("reasoning_content", "") == said(message, "thinking", "thinking")
    calls = [
        (c["id"], c["function"]["name"], c["function"]["arguments"]) for c in choice["message"].get("tool_calls", ())
    ]
    assert [(i, n, json.loads(a)) for i, n, a in calls] == called(message)
    assert choice["finish_reason"] == REASONS.get(message["stop_reason"], "stop")
    check_usage(message["usage"], body["usage"])


@pytest.mark.parametrize("recording", ERRORS, ids=lambda r: r.name)
def test_errors_keep_status_and_words(recording: Recording) -> None:
    reply = reply_for(stream=False)
    reply.start(recording.status, recording.headers)
    error = json.loads(reply.whole(recording.body))["error"]
    native = json.loads(recording.body)["error"]
    assert (reply.status, error["message"], error["type"]) == (recording.status, native["message"], native["type"])
    assert set(error) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("recording", STREAMS, ids=lambda r: r.name)
def test_cut_streams_never_look_complete(recording: Recording) -> None:
    events = recording.body.split(b"\n\n")
    last = next(place for place, event in enumerate(events) if b"message_stop" in event)
    for end in range(1, last, max(1, last // 8)):
        output, reply = translate_stream(b"\n\n".join(events[:end]) + b"\n\n", 0)
        contract.check_failed_stream(output)
        assert b'"finish_reason":"' not in output
        assert reply.failure is not None
