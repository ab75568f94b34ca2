"""Recorded streams of many backends, replayed byte for byte behind the running proxy and read by the official SDK."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.configs import BACKEND_KEY, TOKEN, chat_body
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import openai, sdk_client
from tests.translate.recorded import Recording, needs_recordings, recordings

pytestmark = needs_recordings
ENDED = re.compile(rb'"(finish|stop)_reason": ?"')  # a few recordings were cut off: to the SDK they are errors
PIECE_BYTES = 997  # no divisor of anything: events and characters are cut wherever it falls


def sample_of(api: str, *features: str) -> list[Recording]:
    """For each provider the first good stream of each feature; "" is any."""
    found: dict[tuple[str, str], Recording] = {}
    for recording in recordings(api):
        provider, _, case = recording.name.partition("/")
        if not recording.stream or recording.status != 200 or "-error-" in case or not ENDED.search(recording.body):
            continue
        for feature in features:
            if feature in case and recording.name not in {each.name for each in found.values()}:
                found.setdefault((provider, feature), recording)
    return list(found.values())


CHAT = sample_of("openai.chat.completions", "-text-", "-tools-", "-thinking-")
CLAUDE = sample_of("anthropic.messages", "-text-", "-tools-", "-thinking-", "-citations-", "-cached-")


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend() as running:
        yield running


@pytest.fixture(scope="module")
def client(backend: PacedBackend) -> Iterator[openai.OpenAI]:
    config = f"""
providers:
  - {{ provider: openai, base_url: "{backend.url}/v1", api_key: {BACKEND_KEY}, model: [ compatible ] }}
  - {{ provider: anthropic, base_url: "{backend.url}", api_key: {BACKEND_KEY}, model: [ claude ] }}
tokens:
  - {{ api_key: {TOKEN}, model: [ all ] }}
"""
    with RunningProxy(config) as proxy, sdk_client(proxy) as opened:
        yield opened


def replay(client: openai.OpenAI, backend: PacedBackend, model: str, body: bytes) -> Any:
    """What the SDK makes of the stream, by its own assembly."""
    pieces = [body[start : start + PIECE_BYTES] for start in range(0, len(body), PIECE_BYTES)]
    backend.script(Reply.stream(pieces))
    asked = chat_body(model=model, stream_options={"include_usage": True})
    with client.chat.completions.stream(**asked) as stream:
        try:
            return stream.until_done().get_final_completion()
        except openai.LengthFinishReasonError as ended:  # the SDK's word for finish_reason "length"
            return ended.completion


def data_of(body: bytes) -> Iterator[Any]:
    for line in body.decode().splitlines():
        if line.startswith("data:") and line[5:].strip().startswith("{"):
            yield json.loads(line[5:])


# -- folds that know nothing of our code -----------------------------------------------------------------------------
Call = dict[str, str]
Said = tuple[str, str, list[tuple[str, Any]]]  # text, thoughts, calls as (name, arguments)


def fold_chat(body: bytes) -> Said:
    """What choice 0 says."""
    text, thoughts, calls, by_index = "", "", [], {}
    for chunk in data_of(body):
        for choice in chunk.get("choices") or []:
            if choice.get("index", 0) == 0:
                delta, content = choice["delta"], choice["delta"].get("content")
                text += _text_of(content)
                thoughts += delta.get("reasoning_content") or delta.get("reasoning") or _thoughts_of(content)
                _add_calls(delta.get("tool_calls") or [], calls, by_index)
    return text, thoughts, [(call["name"], json.loads(call["arguments"] or "{}")) for call in calls]


def _text_of(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if part["type"] == "text")
    return content or ""


def _thoughts_of(content: Any) -> str:
    parts = content if isinstance(content, list) else []
    return "".join(_text_of(part["thinking"]) for part in parts if part["type"] == "thinking")


def _add_calls(entries: list[dict[str, Any]], calls: list[Call], by_index: dict[Any, Call]) -> None:
    for entry in entries:
        function = entry.get("function") or {}
        known = by_index.get(entry.get("index"))
        if known is None or (entry.get("id") and entry["id"] != known["id"]):
            known = {"id": entry.get("id", ""), "name": function.get("name", ""), "arguments": ""}
            by_index[entry.get("index")] = known
            calls.append(known)
        known["arguments"] += function.get("arguments") or ""


def fold_claude(body: bytes) -> Said:
    text, thoughts, calls = "", "", {}
    for event in data_of(body):
        block, delta = event.get("content_block") or {}, event.get("delta") or {}
        if block.get("type") == "tool_use":
            calls[event["index"]] = {"name": block["name"], "arguments": ""}
        text += (block.get("text") or "") + (delta.get("text") or "")
        thoughts += (block.get("thinking") or "") + (delta.get("thinking") or "")
        if event.get("index") in calls:
            calls[event["index"]]["arguments"] += delta.get("partial_json") or ""
    return text, thoughts, [(call["name"], json.loads(call["arguments"] or "{}")) for call in calls.values()]


# -- the tests -------------------------------------------------------------------------------------------------------
FOLDS = {"compatible": fold_chat, "claude": fold_claude}
REPLAYS = [("compatible", each) for each in CHAT] + [("claude", each) for each in CLAUDE]


@pytest.mark.parametrize(("model", "recording"), REPLAYS, ids=lambda value: getattr(value, "name", value))
def test_the_sdk_reads_what_the_backend_said(
    client: openai.OpenAI, backend: PacedBackend, model: str, recording: Recording
) -> None:
    final = replay(client, backend, model, recording.body)
    message = final.choices[0].message
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []]
    said = (message.content or "", getattr(message, "reasoning_content", None) or "", calls)
    assert said == FOLDS[model](recording.body)
    assert final.model == model
    assert final.choices[0].finish_reason in {"stop", "length", "tool_calls"}
    assert backend.requests[-1].json()["stream"] is True


def test_the_sample_is_broad() -> None:
    assert len({each.name.partition("/")[0] for each in CHAT}) >= 15
    assert len(CLAUDE) >= 5
