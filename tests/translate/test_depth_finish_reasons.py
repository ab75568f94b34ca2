"""Depth: finish reasons of each backend, whole and streamed; of one that no table knows, too (docs/design.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from proapi_translate import ReplyTranslator, Target, translate_request
from proapi_translate.eventstream import write_frame

VERTEX = {"PROJECT_ID": "p", "location": "global", "access_token": "t"}
AWS = {"region": "us-east-1", "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "none"}
CLAUDE = {"id": "m", "type": "message", "role": "assistant", "model": "claude", "usage": {}}
COUNTS = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def sse(*values: dict[str, Any], done: bool = False) -> bytes:
    lines = [f"event: {value.get('type', '')}\ndata: {json.dumps(value)}\n\n".encode() for value in values]
    return b"".join(lines) + (b"data: [DONE]\n\n" if done else b"")


def claude(reason: str, *, stream: bool) -> bytes:
    text = {"type": "text", "text": "hi"}
    if not stream:
        return json.dumps({**CLAUDE, "content": [text], "stop_reason": reason}).encode()
    return sse(
        {"type": "message_start", "message": {**CLAUDE, "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": text},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {}},
        {"type": "message_stop"},
    )


def gemini(reason: str, *, stream: bool) -> bytes:
    value = {"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": reason}]}
    return sse(value) if stream else json.dumps(value).encode()


def cohere(reason: str, *, stream: bool) -> bytes:
    message = {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}
    if not stream:
        return json.dumps({"id": "m", "message": message, "finish_reason": reason}).encode()
    return sse(
        {"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant"}}},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": "hi"}}}},
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": reason}},
    )


def workers_ai(reason: str, *, stream: bool) -> bytes:
    value = {"response": "hi", "usage": COUNTS, "finish_reason": reason}
    return sse(value, done=True) if stream else json.dumps({"result": value, "success": True, "errors": []}).encode()


def converse(reason: str, *, stream: bool) -> bytes:
    if not stream:
        message = {"role": "assistant", "content": [{"text": "hi"}]}
        return json.dumps({"output": {"message": message}, "stopReason": reason, "usage": {}}).encode()
    payloads = {
        "messageStart": {"role": "assistant"},
        "contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "hi"}},
        "contentBlockStop": {"contentBlockIndex": 0},
        "messageStop": {"stopReason": reason},
    }
    types = {":content-type": "application/json", ":message-type": "event"}
    frames = [write_frame({":event-type": name, **types}, json.dumps(p).encode()) for name, p in payloads.items()]
    return b"".join(frames)


def chat(reason: str, *, stream: bool) -> bytes:
    said = {"role": "assistant", "content": "hi"}
    choice = {"index": 0, "finish_reason": reason}
    head = {"id": "c", "created": 1, "model": "m"}
    if stream:
        return sse({**head, "object": "chat.completion.chunk", "choices": [{**choice, "delta": said}]}, done=True)
    return json.dumps({**head, "object": "chat.completion", "choices": [{**choice, "message": said}]}).encode()


def responses(reason: str, *, stream: bool) -> bytes:
    content = [{"type": "output_text", "text": "hi", "annotations": []}]
    item = {"id": "i", "type": "message", "role": "assistant", "content": content}
    details = {"incomplete_details": {"reason": reason}, "status": "incomplete"}
    response = {"id": "r", "object": "response", "model": "m", "output": [item], **details}
    return sse({"type": "response.incomplete", "response": response}) if stream else json.dumps(response).encode()


Wire = Callable[..., bytes]
BACKENDS: dict[str, tuple[Target, Wire]] = {
    "anthropic": (Target("anthropic", "claude-sonnet-4-5"), claude),
    "vertexai_claude": (Target("vertexai_claude", "claude-sonnet-4-5", options=VERTEX), claude),
    "gemini": (Target("gemini", "gemini-2.5-flash"), gemini),
    "vertexai_gemini": (Target("vertexai_gemini", "gemini-2.5-flash", options=VERTEX), gemini),
    "cohere": (Target("cohere", "command-a-03-2025"), cohere),
    "cloudflare": (Target("cloudflare", "@cf/meta/llama", options={"account_id": "a"}), workers_ai),
    "bedrock": (Target("bedrock", "amazon.nova-lite-v1:0", options=AWS), converse),
    "openai": (Target("openai", "gpt-4o"), chat),
    "azure": (Target("azure", "gpt-4o", "https://r.openai.azure.com"), chat),
    "deepseek": (Target("deepseek", "deepseek-chat"), chat),
    "responses": (Target("openai", "gpt-4o", options={"api": "responses"}), responses),
}
NEW = "something_new"
# Backends → the native word → OpenAI's.
WORDS: dict[str, dict[str, str]] = {
    # Claude alone stops for a new one: the public bug report C044 has it so.
    "anthropic vertexai_claude": {
        "end_turn": "stop", "stop_sequence": "stop", "pause_turn": "stop", "max_tokens": "length",
        "model_context_window_exceeded": "length", "refusal": "content_filter", NEW: "stop",
    },
    "gemini vertexai_gemini": {
        "STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "RECITATION": "content_filter",
        "PROHIBITED_CONTENT": "content_filter", "OTHER": "content_filter", "SOMETHING_NEW": "length",
    },
    "cohere": {"COMPLETE": "stop", "STOP_SEQUENCE": "stop", "MAX_TOKENS": "length", "SOMETHING_NEW": "length"},
    "cloudflare": {"stop": "stop", "length": "length", "content_filter": "content_filter", NEW: "length"},
    "bedrock": {
        "end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "guardrail_intervened": "content_filter",
        "content_filtered": "content_filter", "model_context_window_exceeded": "length", NEW: "length",
    },
    "openai azure": {"stop": "stop", "length": "length", "content_filter": "content_filter", NEW: "length"},
    "deepseek": {"eos": "stop", "model_length": "length", "sensitive": "content_filter", NEW: "length"},
    "responses": {"max_output_tokens": "length", "content_filter": "content_filter", NEW: "length"},
}  # fmt: skip
ROWS = [(name, *pair) for names, words in WORDS.items() for name in names.split() for pair in words.items()]
CLIENTS: dict[str, dict[str, Any]] = {
    "chat": {"messages": [{"role": "user", "content": "hi"}]},
    "completions": {"prompt": "hi"},
}


def test_no_backend_is_left_out() -> None:
    assert {name for name, _, _ in ROWS} == set(BACKENDS)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("backend", "native", "reason"), ROWS)
def test_each_word_of_each_backend(backend: str, native: str, reason: str, stream: bool, client: str) -> None:
    target, wire = BACKENDS[backend]
    body = {"model": "m", "stream": stream, **CLIENTS[client]}
    reply = ReplyTranslator(translate_request(client, json.dumps(body).encode(), target), "chatcmpl-1", 1)
    reply.start(200, {})
    if stream:
        out = reply.feed(wire(native, stream=True)) + reply.finish()
        chunks = [json.loads(line[6:]) for line in out.splitlines() if line.startswith(b"data: {")]
        reasons = [each["finish_reason"] for chunk in chunks for each in chunk["choices"]]
        assert [told for told in reasons if told] == [reason]
    else:
        assert json.loads(reply.whole(wire(native, stream=False)))["choices"][0]["finish_reason"] == reason
    assert (reply.failure, reply.finish_reason) == (None, reason)
