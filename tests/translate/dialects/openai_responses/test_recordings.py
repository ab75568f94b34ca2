"""Every recorded reply of every translated backend, told to a Responses client: legal, and the same answer as a chat
client is told (whose writer shares no code with this one, and is held to the native reply by each backend's tests)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest

from proapi_translate import ReplyTranslator, translate_request
from tests.translate.recorded import SHARED, Recording, needs_recordings, recordings
from tests.translate.responses_contract import (
    calls_of,
    check_failed_stream,
    check_response,
    check_stream,
    refusal_of,
    text_of,
    thoughts_of,
)

from .lanes import MODEL, streamed, target, whole

pytestmark = needs_recordings
PASSED = "deepseek"  # any that speaks chat and has no /responses: to a chat client it is passed through
APIS = {
    "anthropic.messages": "anthropic",
    "google.generateContent": "gemini",
    "google.streamGenerateContent": "gemini",
    "cohere.v2.chat": "cohere",
    "bedrock.converse": "bedrock",
    "bedrock.converse-stream": "bedrock",
    "openai.chat.completions": PASSED,
}
SEALED = {"include": ["reasoning.encrypted_content"]}
STATUSES = {"stop": "completed", "tool_calls": "completed", "length": "incomplete", "content_filter": "incomplete"}


@dataclass(frozen=True)
class Native:
    """One recorded reply, and what is needed to read it."""

    name: str
    provider: str
    model: str
    stream: bool
    status: int
    body: bytes


def native(recording: Recording, provider: str) -> Native:
    meta = json.loads((SHARED / "recordings" / recording.name / "meta.json").read_text())
    framed = meta["response_file"].endswith(".b64")
    body = base64.b64decode(recording.body) if framed else recording.body
    # Some of Workers AI's models are not served at its own address: there any name does to read a reply.
    model = str(meta["model"]) if provider != "cloudflare" else "@cf/meta/llama-3.1-8b-instruct"
    return Native(recording.name, provider, model, recording.stream, recording.status, body)


ALL = [native(recording, provider) for api, provider in APIS.items() for recording in recordings(api)]
# Workers AI's own address answers in OpenAI's chunks too.
ALL += [
    native(recording, "cloudflare")
    for recording in recordings("openai.chat.completions")
    if recording.name.startswith("cloudflare/")
]
GOOD = [one for one in ALL if one.status == 200]
STREAMS = [one for one in GOOD if one.stream]
BODIES = [one for one in GOOD if not one.stream]
ERRORS = [one for one in ALL if one.status >= 400]


def as_chat(one: Native) -> tuple[dict[str, Any], ReplyTranslator]:
    """The reply as one chat completion (a stream is folded)."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": "x"}]}
    translation = translate_request("chat", json.dumps(body).encode(), target(one.provider, one.model))
    reply = ReplyTranslator(translation, "chatcmpl-0123abcd", 1)
    reply.start(200, {})
    return json.loads(reply.whole(one.body)), reply


def check_against_chat(one: Native, response: dict[str, Any]) -> None:
    chat, _ = as_chat(one)
    choice = chat["choices"][0]
    message = choice["message"]
    if "audio" not in message:  # whose words a Responses client reads as text
        assert text_of(response) == (message.get("content") or "")
    assert refusal_of(response) == (message.get("refusal") or "")
    thought = message.get("reasoning_content") or message.get("reasoning") or ""
    if thought or one.provider != PASSED:  # some vendors tell it in `reasoning_details` alone
        assert thoughts_of(response) == thought
    calls = message.get("tool_calls") or []
    assert [call[1:] for call in calls_of(response)] == [
        (c["function"]["name"], c["function"]["arguments"]) for c in calls
    ]
    assert response["status"] == STATUSES[choice["finish_reason"]]
    usage = response["usage"]
    if usage is not None:
        assert usage["input_tokens"] == chat["usage"]["prompt_tokens"]
        assert usage["total_tokens"] == chat["usage"]["total_tokens"]
    if one.provider != PASSED:  # what passes through keeps its own ids, and counts as its vendor does
        assert [call[0] for call in calls_of(response)] == [call["id"] for call in calls]
        assert usage is None or usage["output_tokens"] == chat["usage"]["completion_tokens"]
    cited = [*(message.get("annotations") or []), *message.get("citations", [])]
    if cited or one.provider != PASSED:  # Perplexity's come in a field of its own, which passes through as it is
        check_citations(response, cited)


def check_citations(response: dict[str, Any], cited: list[dict[str, Any]]) -> None:
    parts = [part for item in response["output"] if item["type"] == "message" for part in item["content"]]
    found = [annotation for part in parts for annotation in part.get("annotations", ())]
    assert len(found) == len(cited)
    urls = [one["url_citation"]["url"] for one in cited if one["type"] == "url_citation"]
    assert [one["url"] for one in found if one["type"] == "url_citation"] == urls


def signatures_of(response: dict[str, Any]) -> int:
    return sum(1 for item in response["output"] if item.get("encrypted_content"))


@pytest.mark.parametrize("one", STREAMS, ids=lambda one: one.name)
def test_streams(one: Native) -> None:
    stream, reply = streamed(one.body, SEALED, one.provider, one.model)
    if reply.failure is not None:
        events = check_failed_stream(stream)
        assert as_chat(one)[1].failure is not None
    else:
        events = check_stream(stream, model=MODEL)
        check_against_chat(one, events[-1]["response"])
    assert reply.response_object == events[-1]["response"]


@pytest.mark.parametrize("one", GOOD, ids=lambda one: one.name)
def test_whole_bodies(one: Native) -> None:
    response, reply = whole(one.body, SEALED, one.provider, one.model)
    if reply.failure is not None:
        assert set(response["error"]) >= {"message", "type", "param", "code"}
        assert reply.response_object is None
        return
    check_response(response, model=MODEL)
    check_against_chat(one, response)
    assert reply.response_object == response
    # The same reply as a stream tells the same items.
    stream, _ = streamed(one.body, SEALED, one.provider, one.model)
    assert check_stream(stream, model=MODEL)[-1]["response"] == response


@pytest.mark.parametrize("one", GOOD, ids=lambda one: one.name)
def test_proofs_are_told_only_to_who_asks(one: Native) -> None:
    plain, reply = whole(one.body, {}, one.provider, one.model)
    sealed, _ = whole(one.body, SEALED, one.provider, one.model)
    if reply.failure is None:
        assert signatures_of(plain) == 0
        assert text_of(plain) == text_of(sealed)
        assert calls_of(plain) == calls_of(sealed)


@pytest.mark.parametrize("one", ERRORS, ids=lambda one: one.name)
def test_errors_have_openais_shape(one: Native) -> None:
    reply = ReplyTranslator(
        translate_request("responses", b'{"model":"asked","input":"x"}', target(one.provider, one.model)), "resp_1", 1
    )
    reply.start(one.status, {})
    error = json.loads(reply.whole(one.body))["error"]
    assert reply.status == one.status
    assert error["message"]
    assert set(error) >= {"message", "type", "param", "code"}


@pytest.mark.parametrize("one", STREAMS, ids=lambda one: one.name)
def test_cut_streams_end_failed(one: Native) -> None:
    for tenths in range(1, 8, 2):
        cut = one.body[: len(one.body) * tenths // 10]
        stream, reply = streamed(cut, SEALED, one.provider, one.model, broken="the connection was lost")
        if reply.failure is None:
            check_stream(stream, model=MODEL)  # the cut left a whole reply (its last bytes say nothing more)
        else:
            check_failed_stream(stream)
