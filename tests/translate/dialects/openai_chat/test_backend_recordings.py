"""Every recorded reply of an OpenAI-compatible backend, read into events and told to a chat client: against a fold of
the native chunks that is made here."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from proapi_translate.dialects.openai_chat import BACKEND, CLIENT
from proapi_translate.interface import Asked, ReplyContext, ReplyFacts
from proapi_translate.translated_reply import TranslatedReply

from ...recorded import Recording, needs_recordings, recordings

contract = pytest.importorskip("tests.translate.chat_contract", reason="the openai package is not installed here")
pytestmark = needs_recordings

ALL = list(recordings("openai.chat.completions"))
STREAMS = [one for one in ALL if one.stream and one.status == 200]
BODIES = [one for one in ALL if not one.stream and one.status == 200]
FAILED = {
    "deepseek/chat-stream-text-deepseek-chat-65a889": "The backend's stream ended before the answer was complete.",
    "groq/chat-stream-error-midstream-error-gpt-oss-120b-911e18": (
        "Tool choice is required, but model did not call a tool"
    ),
    "openrouter/chat-stream-error-midstream-error-minimax-m2-free-09d403": "Token limit reached",
}
COMPLETE = [one for one in STREAMS if one.name not in FAILED]
_REASONS = {"eos": "stop"}


def by_name(recording: Recording) -> str:
    return recording.name


def reply(*, stream: bool) -> TranslatedReply:
    facts = ReplyFacts(Asked("chat", "asked", stream, include_usage=True), "chatcmpl-own", 1_700_000_000)
    return TranslatedReply(BACKEND, CLIENT, ReplyContext("chatcmpl-own", "sent"), facts)


def told(recording: Recording, size: int = 0) -> bytes:
    lane = reply(stream=True)
    return bytes(contract.feed_in_pieces(lane.feed, recording.body, size)) + lane.finish()


def native_fold(recording: Recording) -> dict[int, dict[str, Any]]:
    """What each choice says, told by the shortest code that can; `message` of a whole body is one big delta."""
    folds: dict[int, dict[str, Any]] = {}
    pages = [value["search_results"] for value in _values(recording) if value.get("search_results")]
    for choice in (choice for value in _values(recording) for choice in value.get("choices") or ()):
        empty: dict[str, Any] = {"text": "", "thought": "", "refusal": "", "calls": [], "finish": None, "links": 0}
        fold = folds.setdefault(choice["index"], empty)
        fold["finish"] = choice.get("finish_reason") or fold["finish"]
        _fold_delta(fold, choice["delta" if recording.stream else "message"])
    for fold in folds.values():
        fold["links"] = fold["links"] or len(pages[-1] if pages else ())
    return folds


def _fold_delta(fold: dict[str, Any], delta: dict[str, Any]) -> None:
    content = delta.get("content") or ""
    for part in content if isinstance(content, list) else [{"text": content}]:
        fold["text"] += part.get("text", "")
        fold["thought"] += "".join(thought["text"] for thought in part.get("thinking", ()))
    details = "".join(detail.get("summary") or "" for detail in delta.get("reasoning_details") or ())
    fields = ("reasoning_content", "reasoning", "reasoning_text")
    fold["thought"] += next((delta[name] for name in fields if delta.get(name)), details)
    fold["text"] += (delta.get("audio") or {}).get("transcript", "")
    fold["refusal"] += delta.get("refusal") or ""
    fold["links"] += len(delta.get("annotations") or ())
    for call in delta.get("tool_calls") or ():
        known = [one for one in fold["calls"] if one["id"] == call.get("id")]
        if call.get("id") is not None and not known:
            fold["calls"].append({"id": call["id"], "name": call["function"]["name"], "arguments": ""})
            known = fold["calls"][-1:]
        target = known[0] if known else fold["calls"][call.get("index", -1)]
        target["arguments"] += call["function"].get("arguments") or ""


def check_calls(calls: list[tuple[str, str, str]], native: list[dict[str, Any]]) -> None:
    # Gemini's OpenAI address gives no ids; a call without arguments gets {}.
    wanted = [(call["id"] or "call_own_0", call["name"], call["arguments"] or "{}") for call in native]
    assert calls == wanted


def check_usage(recording: Recording, usage: dict[str, Any] | None) -> None:
    native = [value["usage"] for value in _values(recording) if (value.get("usage") or {}).get("prompt_tokens")]
    if not native or usage is None:
        assert not native
        return
    last = native[-1]
    assert usage["prompt_tokens"] == last["prompt_tokens"]
    assert usage["total_tokens"] == last["total_tokens"]
    details = last.get("completion_tokens_details") or {}
    assert usage["completion_tokens_details"]["reasoning_tokens"] == (
        details.get("reasoning_tokens") or last.get("reasoning_tokens") or 0
    )
    cached = (last.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    assert usage["prompt_tokens_details"]["cached_tokens"] == (cached or last.get("prompt_cache_hit_tokens") or 0)


def _values(recording: Recording) -> list[dict[str, Any]]:
    if not recording.stream:
        return [json.loads(recording.body)]
    lines = [line[5:].strip() for line in re.split(rb"[\r\n]+", recording.body) if line.startswith(b"data:")]
    return [json.loads(line) for line in lines if line != b"[DONE]"]


@pytest.mark.parametrize("recording", COMPLETE, ids=by_name)
def test_streams(recording: Recording) -> None:
    outputs = {told(recording, size) for size in (0, 1, 7)}
    lane = reply(stream=True)
    outputs.add(b"".join(map(lane.feed, re.split(rb"(?<=\n\n)", recording.body))) + lane.finish())
    assert len(outputs) == 1
    chunks = contract.check_chat_stream(outputs.pop(), model="asked", include_usage=True)
    for index, fold in native_fold(recording).items():
        assert contract.joined(chunks, "content", index) == fold["text"]
        assert contract.joined(chunks, "reasoning_content", index) == fold["thought"]
        assert contract.joined(chunks, "refusal", index) == fold["refusal"]
        check_calls(contract.calls_of(chunks, index), fold["calls"])
        deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"] if choice["index"] == index]
        assert sum(len(delta.get("annotations") or ()) for delta in deltas) == fold["links"]
        reasons = [c["finish_reason"] for chunk in chunks for c in chunk["choices"] if c["index"] == index]
        raw = _REASONS.get(str(fold["finish"]), fold["finish"])
        assert [reason for reason in reasons if reason] == [raw or reasons[-1]]
    check_usage(recording, chunks[-1]["usage"])


@pytest.mark.parametrize("recording", BODIES, ids=by_name)
def test_whole_bodies(recording: Recording) -> None:
    lane = reply(stream=False)
    body = json.loads(lane.whole(recording.body))
    contract.check_completion(body, model="asked")
    for choice in body["choices"]:
        fold, message = native_fold(recording)[choice["index"]], choice["message"]
        assert (message["content"] or "") == fold["text"]
        assert message.get("reasoning_content", "") == fold["thought"]
        assert (message["refusal"] or "") == fold["refusal"]
        assert len(message["annotations"]) == fold["links"]
        calls = [(c["id"], *c["function"].values()) for c in message.get("tool_calls") or ()]
        check_calls(calls, fold["calls"])
        assert choice["finish_reason"] == (_REASONS.get(str(fold["finish"]), fold["finish"]) or "stop")
    assert len(body["choices"]) == len(native_fold(recording))
    check_usage(recording, body["usage"])


@pytest.mark.parametrize("recording", COMPLETE, ids=by_name)
def test_a_stream_that_nobody_asked_for_is_folded(recording: Recording) -> None:
    body = json.loads(reply(stream=False).whole(recording.body))
    contract.check_completion(body, model="asked")
    for choice in body["choices"]:
        assert (choice["message"]["content"] or "") == native_fold(recording)[choice["index"]]["text"]


@pytest.mark.parametrize("name", FAILED)
def test_failures_inside_a_stream(name: str) -> None:
    recording = next(one for one in STREAMS if one.name == name)
    values = contract.check_failed_stream(told(recording))
    assert values[-1]["error"]["message"] == FAILED[name]
    assert told(recording, 1) == told(recording)
    assert contract.joined(values[:-1], "content") == native_fold(recording)[0]["text"]


@pytest.mark.parametrize("recording", COMPLETE, ids=by_name)
def test_cut_streams_never_look_complete(recording: Recording) -> None:
    events = re.split(rb"(?<=\n\n)", recording.body)
    for end in range(0, len(events), max(1, len(events) // 8)):
        head = b"".join(events[:end])
        if re.search(rb'"finish_reason": ?"', head) or b"[DONE]" in head:
            break
        lane = reply(stream=True)
        values = contract.check_failed_stream(lane.feed(head + b'data: {"id":"x","choi') + lane.finish("reset by peer"))
        assert values[-1]["error"]["message"] == "reset by peer"
        assert contract.finish_reasons(values[:-1]) == []


def test_the_number_of_recordings_that_hold(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f" [{len(STREAMS)} chat streams, {len(BODIES)} bodies read into events]", end="")
    assert len(STREAMS) + len(BODIES) >= 180
