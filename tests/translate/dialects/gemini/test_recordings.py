"""Every recorded Gemini exchange: equal events for every cut, and the same answer as an independent fold finds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate.dialects.gemini import BACKEND
from proapi_translate.events import Annotation, Event, Finish, PartStart, SignatureDelta, TextDelta
from tests.translate.recorded import Recording, needs_recordings, recordings

from .wire import context, last_usage, read_pieces, to_chat_stream

chat = pytest.importorskip("tests.translate.chat_contract", reason="the openai package is not installed here")

ALL = [*recordings("google.generateContent"), *recordings("google.streamGenerateContent")]
STREAMS = [recording for recording in ALL if recording.stream and recording.status == 200]
BODIES = [recording for recording in ALL if not recording.stream and recording.status == 200]
ERRORS = [recording for recording in ALL if recording.status != 200]
# Written from FinishReason's documentation, apart from the dialect's own table.
REASONS = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "MODEL_ARMOR": "content_filter"}

pytestmark = needs_recordings


def named(found: list[Recording]) -> Any:
    return pytest.mark.parametrize("recording", found, ids=[recording.name for recording in found])


def replies(recording: Recording) -> list[dict[str, Any]]:
    """The native events, by the shortest code that can tell them: a body is a stream of one."""
    if recording.body.lstrip()[:1] in b"[{":
        value = json.loads(recording.body)
        return value if isinstance(value, list) else [value]
    lines = recording.body.decode().splitlines()
    return [json.loads(line[5:]) for line in lines if line.startswith("data:") and "[DONE]" not in line]


def native_parts(recording: Recording) -> list[dict[str, Any]]:
    return [
        part
        for reply in replies(recording)
        for one in reply["candidates"]
        for part in one.get("content", {}).get("parts", ())
    ]


def native_text(parts: list[dict[str, Any]], *, thought: bool) -> str:
    texts = [part.get("text", "") for part in parts if bool(part.get("thought")) is thought]
    pictures = [part["inlineData"] for part in parts if "inlineData" in part and not thought]
    return "".join([*texts, *(f"![image](data:{p['mimeType']};base64,{p['data']})" for p in pictures)])


def native_calls(parts: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    calls: list[tuple[str, Any]] = []
    for call in (part["functionCall"] for part in parts if "functionCall" in part):
        if "name" in call:
            calls.append((call["name"], call.get("args", {})))
        for piece in call.get("partialArgs", ()):
            put(calls[-1][1], piece["jsonPath"][2:].replace("[", ".").replace("]", "").split("."), piece["stringValue"])
    return calls


def put(tree: dict[Any, Any], path: list[str], value: str) -> None:
    """A tree of dicts only; a list has its numbers for keys."""
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
    tree[path[-1]] = tree.get(path[-1], "") + value


def as_tree(value: Any) -> Any:
    if isinstance(value, list):
        value = {str(index): item for index, item in enumerate(value)}
    return {key: as_tree(item) for key, item in value.items()} if isinstance(value, dict) else value


def text_of(events: list[Event], kind: str) -> str:
    parts = {event.part for event in events if isinstance(event, PartStart) and event.kind == kind}
    return "".join(event.text for event in events if isinstance(event, TextDelta) and event.part in parts)


def calls_of(events: list[Event]) -> list[tuple[str, Any]]:
    starts = {event.part: event for event in events if isinstance(event, PartStart) and event.kind == "tool_call"}
    texts = dict.fromkeys(starts, "")
    for event in events:
        if isinstance(event, TextDelta) and event.part in texts:
            texts[event.part] += event.text
    assert len({start.id for start in starts.values()}) == len(starts)
    return [(starts[part].name, json.loads(text or "{}")) for part, text in texts.items()]


def hold(events: list[Event], recording: Recording) -> None:
    """The events tell what the fold found: text, thoughts, calls, signatures, usage, finish."""
    parts = native_parts(recording)
    assert text_of(events, "text") == native_text(parts, thought=False)
    assert text_of(events, "thinking") == native_text(parts, thought=True)
    calls = native_calls(parts)
    assert [(name, as_tree(arguments)) for name, arguments in calls_of(events)] == [(n, as_tree(a)) for n, a in calls]
    signed = [
        part["thoughtSignature"]
        for part in parts
        if "thoughtSignature" in part and ("text" in part or "functionCall" in part)
    ]
    assert [event.signature.value for event in events if isinstance(event, SignatureDelta)] == signed
    hold_usage(events, recording)
    reasons = {
        c.get("index", 0): c["finishReason"]
        for reply in replies(recording)
        for c in reply["candidates"]
        if "finishReason" in c
    }
    told = {event.choice: (event.reason, event.raw) for event in events if isinstance(event, Finish)}
    assert told == {index: ("tool_calls" if calls else REASONS[reason], reason) for index, reason in reasons.items()}


def hold_usage(events: list[Event], recording: Recording) -> None:
    counts = [reply["usageMetadata"] for reply in replies(recording) if len(reply.get("usageMetadata", ())) > 1][-1]
    usage = last_usage(events)
    thoughts = counts.get("thoughtsTokenCount", 0)
    assert usage.prompt_tokens == counts.get("promptTokenCount", 0) + counts.get("toolUsePromptTokenCount", 0)
    assert usage.completion_tokens == counts.get("candidatesTokenCount", 0) + thoughts
    assert (usage.reasoning_tokens, usage.cached_tokens) == (thoughts, counts.get("cachedContentTokenCount", 0))
    if "totalTokenCount" in counts:
        assert usage.prompt_tokens + usage.completion_tokens == usage.total_tokens == counts["totalTokenCount"]


def hold_citations(events: list[Event], recording: Recording) -> None:
    """Each passage that Google names by its words is the one that the annotation's numbers name."""
    supports = [
        support
        for reply in replies(recording)
        for one in reply["candidates"]
        for support in one.get("groundingMetadata", {}).get("groundingSupports", ())
    ]
    passages = {support["segment"]["text"] for support in supports}
    cited = [event.body[event.body["type"]] for event in events if isinstance(event, Annotation)]
    text = text_of(events, "text")
    assert {text[place["start_index"] : place["end_index"]] for place in cited} == passages


@named(STREAMS)
def test_streams(recording: Recording) -> None:
    events = read_pieces([recording.body])
    hold(events, recording)
    hold_citations(events, recording)
    body = recording.body
    for size in (1, 7):
        assert read_pieces(body[start : start + size] for start in range(0, len(body), size)) == events
    assert read_pieces(body.splitlines(keepends=True)) == events


@named(BODIES)
def test_bodies(recording: Recording) -> None:
    events = list(BACKEND.read_body(recording.body, context()))
    hold(events, recording)
    hold_citations(events, recording)


@named(ERRORS)
def test_errors(recording: Recording) -> None:
    failure = BACKEND.read_error(recording.status, recording.headers, recording.body)
    assert failure.status == recording.status
    assert failure.message == json.loads(recording.body)["error"]["message"]


@named(STREAMS)
def test_streams_reach_a_chat_client(recording: Recording) -> None:
    stream = to_chat_stream([recording.body], include_usage=True)
    chunks = chat.check_chat_stream(stream, model="gpt-4o", include_usage=True)
    parts = native_parts(recording)
    assert chat.joined(chunks, "content") == native_text(parts, thought=False)
    assert chat.joined(chunks, "reasoning_content") == native_text(parts, thought=True)
    assert [name for _, name, _ in chat.calls_of(chunks)] == [name for name, _ in native_calls(parts)]


def test_the_number_of_recordings() -> None:
    print(f"{len(ALL)} Gemini exchanges: {len(STREAMS)} streams, {len(BODIES)} bodies, {len(ERRORS)} errors")
    assert len(ALL) == len(STREAMS) + len(BODIES) + len(ERRORS) >= 56
