"""Every recorded chat reply of an OpenAI-compatible backend, passed through: whole, and cut in every way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from proapi_translate.error_bodies import read_error
from proapi_translate.interface import Asked
from proapi_translate.openai_error import write_error
from proapi_translate.passthrough import PassthroughReply, passthrough_reply
from proapi_translate.sse import SseReader, write_event

from ..chat_contract import (
    calls_of,
    check_chat_stream,
    check_completion,
    check_failed_stream,
    data_of,
    feed_in_pieces,
    finish_reasons,
    joined,
)
from ..recorded import Recording, needs_recordings, recordings

pytestmark = needs_recordings

MODEL = "the-name-asked-for"
ALL = list(recordings("openai.chat.completions"))
STREAMS = [one for one in ALL if one.stream and one.status == 200]
BODIES = [one for one in ALL if not one.stream and one.status == 200]
ERRORS = [one for one in ALL if one.status != 200]
FAILED = {
    "deepseek/chat-stream-text-deepseek-chat-65a889": "The backend's stream ended before the answer was complete.",
    "groq/chat-stream-error-midstream-error-gpt-oss-120b-911e18": (
        "Tool choice is required, but model did not call a tool"
    ),
    "openrouter/chat-stream-error-midstream-error-minimax-m2-free-09d403": "Token limit reached",
}
COMPLETE = [one for one in STREAMS if one.name not in FAILED]
# What may differ: the envelope, what is told once, and what is checked by a fold instead of field by field.
_MENDED = {
    "id", "model", "created", "object", "choices.delta.role", "choices.finish_reason", "choices.delta.content",
    "choices.delta.content.type", "choices.delta.content.text", "choices.delta.content.thinking.type",
    "choices.delta.content.thinking.text", "choices.delta.content.closed", "obfuscation",
}  # fmt: skip
_REASONS = {"eos": "stop"}


def by_name(recording: Recording) -> str:
    return recording.name


def reply(*, stream: bool = True, include_usage: bool = False) -> PassthroughReply:
    return passthrough_reply(Asked("chat", MODEL, stream, include_usage), "chatcmpl-own", 1_700_000_000)


def passed(recording: Recording, *, include_usage: bool = True, size: int = 0) -> bytes:
    lane = reply(include_usage=include_usage)
    return feed_in_pieces(lane.feed, recording.body, size) + lane.finish()


def native_chunks(body: bytes) -> list[dict[str, Any]]:
    """The chunks that a backend sent, read line by line."""
    lines = [line.removeprefix(b"data:").strip() for line in re.split(rb"[\r\n]+", body) if line.startswith(b"data:")]
    return [json.loads(line) for line in lines if line != b"[DONE]"]


def native_fold(chunks: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Text, reasoning, refusal and calls of each choice as the backend told them."""
    choices: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        for choice in chunk.get("choices") or ():
            fold = choices.setdefault(choice["index"], {"text": "", "reasoning": "", "refusal": "", "calls": []})
            delta = choice["delta"]
            for part in delta["content"] if isinstance(delta.get("content"), list) else ():
                fold["text"] += part.get("text", "")
                fold["reasoning"] += "".join(thought["text"] for thought in part.get("thinking", ()))
            fold["text"] += delta["content"] if isinstance(delta.get("content"), str) else ""
            fold["reasoning"] += delta.get("reasoning_content") or delta.get("reasoning") or ""
            fold["refusal"] += delta.get("refusal") or ""
            for call in delta.get("tool_calls") or ():
                known = [one for one in fold["calls"] if one["id"] == call.get("id")]
                if call.get("id") and not known:
                    fold["calls"].append({"id": call["id"], "name": call["function"]["name"], "arguments": ""})
                target = known[0] if known else fold["calls"][call.get("index", -1)]
                target["arguments"] += call["function"].get("arguments") or ""
    return choices


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, JSON text) of all that a value tells; null, "" and empty ones tell nothing."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    elif value not in (None, ""):
        yield path, json.dumps(value)


@pytest.mark.parametrize("recording", COMPLETE, ids=by_name)
def test_a_recorded_stream_keeps_the_contract(recording: Recording) -> None:
    native = native_fold(native_chunks(recording.body))
    for include_usage in (True, False):
        stream = passed(recording, include_usage=include_usage)
        chunks = check_chat_stream(stream, model=MODEL, include_usage=include_usage)
        for index, fold in native.items():
            assert joined(chunks, "content", index) == fold["text"]
            assert joined(chunks, "reasoning_content", index) == fold["reasoning"]
            assert joined(chunks, "refusal", index) == fold["refusal"]
            calls = [(call["id"], call["name"], call["arguments"]) for call in fold["calls"]]
            assert calls_of(chunks, index) == calls


@pytest.mark.parametrize("recording", COMPLETE, ids=by_name)
def test_a_recorded_stream_loses_no_field(recording: Recording) -> None:
    told = set(leaves(native_chunks(recording.body)))
    given = set(leaves(data_of(passed(recording))))
    # Counts of a chunk that a later one corrects; the last ones are compared below.
    lost = {path for path, text in told - given if path not in _MENDED and not path.startswith("usage")}
    assert lost == set()


@pytest.mark.parametrize("recording", COMPLETE, ids=by_name)
def test_a_recorded_stream_gives_its_usage_and_reasons(recording: Recording) -> None:
    native = native_chunks(recording.body)
    counts = [chunk["usage"] for chunk in native if (chunk.get("usage") or {}).get("prompt_tokens")]
    values = data_of(passed(recording))
    if counts:
        given = values[-2]["usage"]
        assert {name: given[name] for name in counts[-1]} == counts[-1]
    raw = {
        choice["index"]: choice["finish_reason"]
        for chunk in native
        for choice in chunk.get("choices") or ()
        if choice.get("finish_reason")
    }
    reasons = finish_reasons(values[:-1])
    assert len(reasons) == len(native_fold(native))
    assert raw == {} or reasons == [raw[index] for index in sorted(raw)]


@pytest.mark.parametrize("recording", STREAMS, ids=by_name)
def test_every_cut_of_a_recorded_stream_gives_the_same_bytes(recording: Recording) -> None:
    whole = passed(recording)
    assert passed(recording, size=1) == whole
    assert passed(recording, size=7) == whole
    lane = reply(include_usage=True)
    pieces = re.split(rb"(?<=\n\n)", recording.body)
    assert b"".join(map(lane.feed, pieces)) + lane.finish() == whole


@pytest.mark.parametrize("name", FAILED)
def test_a_recorded_failure_ends_in_an_error(name: str) -> None:
    recording = next(one for one in STREAMS if one.name == name)
    lane = reply()
    values = check_failed_stream(lane.feed(recording.body) + lane.finish())
    assert values[-1]["error"]["message"] == FAILED[name]
    assert str(lane.failure) == FAILED[name]
    assert lane.opened
    assert "stop" not in finish_reasons(values[:-1])
    fold = native_fold(native_chunks(recording.body))[0]
    assert joined(values[:-1], "content") == fold["text"]
    assert joined(values[:-1], "reasoning_content") == fold["reasoning"]


@pytest.mark.parametrize("recording", COMPLETE, ids=by_name)
def test_a_recorded_stream_cut_short_never_looks_complete(recording: Recording) -> None:
    reader = SseReader()
    events = [*reader.feed(recording.body), *reader.finish()]
    for length in sorted({*range(0, len(events), max(1, len(events) // 8)), len(events) - 1}):
        lane = reply(include_usage=True)
        head = b"".join(write_event(event.data, event.name) for event in events[:length])
        ends = [choice for chunk in native_chunks(head) for choice in chunk.get("choices") or ()]
        ended = {choice["index"] for choice in ends if choice.get("finish_reason")}
        stream = lane.feed(head + b'data: {"id":"x","choi') + lane.finish("reset by peer")
        if ended and ended == {choice["index"] for choice in ends}:
            check_chat_stream(stream, model=MODEL, include_usage=True)
            continue
        values = check_failed_stream(stream)
        assert values[-1]["error"]["message"] == "reset by peer"
        assert len(finish_reasons(values[:-1])) <= len(ended)


@pytest.mark.parametrize("recording", COMPLETE, ids=by_name)
def test_a_recorded_stream_that_nobody_asked_for_is_folded(recording: Recording) -> None:
    lane = reply(stream=False)
    body = json.loads(lane.whole(recording.body))
    check_completion(body, model=MODEL)
    for choice in body["choices"]:
        fold = native_fold(native_chunks(recording.body))[choice["index"]]
        message = choice["message"]
        assert (message["content"] or "") == fold["text"]
        assert (message.get("reasoning_content") or "") == fold["reasoning"]
        calls = [{"id": c["id"], **c["function"]} for c in message.get("tool_calls") or ()]
        assert calls == fold["calls"]
    assert (lane.usage is None) == ("usage" not in body)


@pytest.mark.parametrize("recording", BODIES, ids=by_name)
def test_a_recorded_body_keeps_the_contract(recording: Recording) -> None:
    native = json.loads(recording.body)
    lane = reply(stream=False)
    body = json.loads(lane.whole(recording.body))
    check_completion(body, model=MODEL)
    assert lane.reply_model == native["model"]
    for choice, told in zip(body["choices"], native["choices"], strict=True):
        _compare_choices(choice, told)
    mended = {"id", "object", "created", "model", "choices"}
    assert {k: v for k, v in body.items() if k not in mended} == {k: v for k, v in native.items() if k not in mended}
    assert list(native) == [name for name in body if name in native]


@pytest.mark.parametrize("recording", BODIES, ids=by_name)
def test_a_recorded_body_in_place_of_a_stream_becomes_one(recording: Recording) -> None:
    native = json.loads(recording.body)
    stream = passed(recording)
    assert passed(recording, size=7) == stream
    chunks = check_chat_stream(stream, model=MODEL, include_usage=True)
    for told in native["choices"]:
        message = told["message"]
        if isinstance(message.get("content"), str):
            assert joined(chunks, "content", told["index"]) == message["content"]
        calls = [(c["function"]["name"], c["function"]["arguments"]) for c in message.get("tool_calls") or ()]
        assert [call[1:] for call in calls_of(chunks, told["index"])] == calls


@pytest.mark.parametrize("recording", ERRORS, ids=by_name)
def test_a_recorded_error_keeps_its_status_and_message(recording: Recording) -> None:
    failure = read_error(recording.status, recording.headers, recording.body)
    error = write_error(failure)["error"]
    assert failure.status == recording.status
    assert json.dumps(failure.message)[1:-1] in json.dumps(json.loads(recording.body))
    assert list(error)[:4] == ["message", "type", "param", "code"]
    assert isinstance(error["type"], str)
    assert error["code"] is None or isinstance(error["code"], str)


def test_the_number_of_recordings_that_hold(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f" [{len(STREAMS)} chat streams, {len(BODIES)} bodies, {len(ERRORS)} errors held]", end="")
    assert len(ALL) == len(STREAMS) + len(BODIES) + len(ERRORS) >= 200


def _compare_choices(given: dict[str, Any], told: dict[str, Any]) -> None:
    raw = told.get("finish_reason")
    assert given["finish_reason"] == (_REASONS.get(str(raw), raw) or "stop")
    message = told["message"]
    if not isinstance(message.get("content"), list):
        assert given["message"]["content"] == message.get("content")
        reasoning = message.get("reasoning_content") or message.get("reasoning") or ""
        assert (given["message"].get("reasoning_content") or "") == reasoning
    else:
        assert given["message"]["content"] == "".join(part.get("text", "") for part in message["content"])
    for call in message.get("tool_calls") or ():
        call["id"] = call["id"] or "call_own_0"  # Gemini's OpenAI address gives none
    extra = {name for name in message if name != "content"}
    assert {name: given["message"][name] for name in extra} == {name: message[name] for name in extra}
    assert {k: v for k, v in given.items() if k not in ("message", "finish_reason", "index")} == {
        k: v for k, v in told.items() if k not in ("message", "finish_reason", "index")
    }
