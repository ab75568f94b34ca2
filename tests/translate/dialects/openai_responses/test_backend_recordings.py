"""Every recorded reply of a Responses API, told to a chat client, against a fold of the native events made here."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from proapi_translate import ReplyTranslator, Target, translate_request

from ...recorded import Recording, needs_recordings, recordings

contract = pytest.importorskip("tests.translate.chat_contract", reason="the openai package is not installed here")
pytestmark = needs_recordings

ALL = list(recordings("openai.responses"))
STREAMS = [one for one in ALL if one.stream and one.status == 200]
WHOLE = [one for one in ALL if not one.stream and one.status == 200]
BODIES = [one for one in WHOLE if json.loads(one.body)["status"] in ("completed", "incomplete")]
UNFINISHED = [one for one in WHOLE if one not in BODIES]  # to be asked for again: no answer to an app that waits
ERRORS = [one for one in ALL if one.status >= 400]
TARGET = Target("openai", "gpt-5", credential="k", options={"api": "responses"})
REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


def by_name(recording: Recording) -> str:
    return recording.name


def reply_for(*, stream: bool) -> ReplyTranslator:
    body: dict[str, Any] = {"model": "asked", "messages": [{"role": "user", "content": "x"}], "stream": stream}
    body |= {"stream_options": {"include_usage": True}} if stream else {}
    return ReplyTranslator(translate_request("chat", json.dumps(body).encode(), TARGET), "chatcmpl-x", 1)


def translate_stream(body: bytes, size: int = 0) -> tuple[bytes, ReplyTranslator]:
    reply = reply_for(stream=True)
    assert reply.start(200, {"content-type": "text/event-stream"}).streaming
    return contract.feed_in_pieces(reply.feed, body, size) + reply.finish(), reply


def native_events(recording: Recording) -> list[dict[str, Any]]:
    if not recording.stream:
        return [{"type": "response.completed", "response": json.loads(recording.body)}]
    lines = [line[5:].strip() for line in re.split(rb"[\r\n]+", recording.body) if line.startswith(b"data:")]
    return [json.loads(line) for line in lines if line.startswith(b"{")]


def items_of(recording: Recording) -> list[dict[str, Any]]:
    """What was said, item by item: the items' own last words, in order; of those without, the terminal event's."""
    events = native_events(recording)
    done = {e["output_index"]: e["item"] for e in events if e["type"] == "response.output_item.done"}
    last = dict(enumerate(events[-1]["response"]["output"]))
    return [item for _, item in sorted((last | done).items())]


def said(recording: Recording, kind: str, field: str) -> str:
    contents = [c for item in items_of(recording) if item["type"] == "message" for c in item["content"]]
    return "".join(content[field] for content in contents if content["type"] == kind)


def thought(recording: Recording) -> str:
    items = [item for item in items_of(recording) if item["type"] == "reasoning"]
    return "".join("\n\n".join(t["text"] for t in item.get("summary") or item.get("content") or ()) for item in items)


def called(recording: Recording) -> list[tuple[str, str, str]]:
    calls = [item for item in items_of(recording) if item["type"] == "function_call"]
    return [(call["call_id"], call["name"], call["arguments"]) for call in calls]


def links(recording: Recording) -> list[str]:
    contents = [c for item in items_of(recording) if item["type"] == "message" for c in item["content"]]
    notes = [note for content in contents for note in content.get("annotations") or ()]
    return [note["url"] for note in notes if note["type"] == "url_citation"]


def sealed(recording: Recording) -> list[str]:
    items = [item for item in items_of(recording) if item["type"] == "reasoning"]
    return [item["encrypted_content"] for item in items if item.get("encrypted_content")]


def finish_of(recording: Recording) -> str:
    response = native_events(recording)[-1]["response"]
    if response["status"] == "incomplete":
        return REASONS[response["incomplete_details"]["reason"]]
    return "tool_calls" if called(recording) else "stop"


def check_usage(recording: Recording, usage: dict[str, Any]) -> None:
    native = native_events(recording)[-1]["response"]["usage"]
    assert usage["prompt_tokens"] == native["input_tokens"]
    assert usage["completion_tokens"] == native["output_tokens"]
    assert usage["prompt_tokens_details"]["cached_tokens"] == native["input_tokens_details"]["cached_tokens"]
    reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
    assert reasoning == native["output_tokens_details"]["reasoning_tokens"]


@pytest.mark.parametrize("recording", STREAMS, ids=by_name)
def test_streams(recording: Recording) -> None:
    outputs = {translate_stream(recording.body, size)[0] for size in (0, 1, 7)}
    reply = reply_for(stream=True)
    outputs.add(b"".join(map(reply.feed, re.split(rb"(?<=\n\n)", recording.body))) + reply.finish())
    assert len(outputs) == 1
    chunks = contract.check_chat_stream(outputs.pop(), model="asked", include_usage=True)
    assert contract.joined(chunks, "content") == said(recording, "output_text", "text")
    assert contract.joined(chunks, "refusal") == said(recording, "refusal", "refusal")
    assert contract.joined(chunks, "reasoning_content") == thought(recording)
    assert contract.calls_of(chunks) == called(recording)
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    notes = [note for delta in deltas for note in delta.get("annotations") or ()]
    assert [note["url_citation"]["url"] for note in notes] == links(recording)
    details = [detail for delta in deltas for detail in delta.get("reasoning_details") or ()]
    assert [detail["data"] for detail in details] == sealed(recording)
    assert contract.finish_reasons(chunks) == [finish_of(recording)]
    check_usage(recording, chunks[-1]["usage"])


@pytest.mark.parametrize("recording", BODIES, ids=by_name)
def test_whole_bodies(recording: Recording) -> None:
    reply = reply_for(stream=False)
    reply.start(200, {"content-type": "application/json"})
    body = json.loads(reply.whole(recording.body))
    contract.check_completion(body, model="asked")
    (choice,) = body["choices"]
    message = choice["message"]
    assert (message["content"] or "") == said(recording, "output_text", "text")
    assert (message["refusal"] or "") == said(recording, "refusal", "refusal")
    assert message.get("reasoning_content", "") == thought(recording)
    calls = [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in message.get("tool_calls", ())]
    assert calls == called(recording)
    assert [note["url_citation"]["url"] for note in message["annotations"]] == links(recording)
    assert [detail["data"] for detail in message.get("reasoning_details", ())] == sealed(recording)
    assert choice["finish_reason"] == finish_of(recording)
    check_usage(recording, body["usage"])
    logprobs = [c.get("logprobs") for item in items_of(recording) for c in item.get("content") or ()]
    assert bool(choice["logprobs"]) == any(logprobs)


@pytest.mark.parametrize("recording", UNFINISHED, ids=by_name)
def test_a_response_that_is_not_there_yet_is_no_answer(recording: Recording) -> None:
    reply = reply_for(stream=False)
    reply.start(200, {"content-type": "application/json"})
    error = json.loads(reply.whole(recording.body))["error"]
    assert json.loads(recording.body)["status"] in error["message"]
    assert reply.status == 502


@pytest.mark.parametrize("recording", ERRORS, ids=by_name)
def test_errors_keep_status_and_words(recording: Recording) -> None:
    reply = reply_for(stream=False)
    reply.start(recording.status, recording.headers)
    error = json.loads(reply.whole(recording.body))["error"]
    native = json.loads(recording.body)
    inner = native.get("error", native)
    wanted = inner if isinstance(inner, str) else inner.get("message") or inner.get("detail")
    assert (reply.status, error["message"]) == (recording.status, wanted)
    assert {"message", "type", "param", "code"} <= set(error)


@pytest.mark.parametrize("recording", STREAMS, ids=by_name)
def test_cut_streams_never_look_complete(recording: Recording) -> None:
    events = re.split(rb"(?<=\n\n)", recording.body)
    last = next(n for n, event in enumerate(events) if re.search(rb'"response\.(completed|incomplete)"', event))
    for end in range(1, last + 1, max(1, last // 8)):
        output, reply = translate_stream(b"".join(events[:end]))
        contract.check_failed_stream(output)
        assert b'"finish_reason":"' not in output
        assert reply.failure is not None


def test_the_number_of_recordings_that_hold(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f" [{len(STREAMS)} responses streams, {len(BODIES)} bodies, {len(ERRORS)} errors held]", end="")
    assert len(ALL) == len(STREAMS) + len(WHOLE) + len(ERRORS) >= 80
