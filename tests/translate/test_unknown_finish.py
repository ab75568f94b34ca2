"""A finish reason that no table knows, from each backend, whole and streamed: one rule (docs/design.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from proapi_translate import ReplyTranslator, Target, translate_request
from proapi_translate.eventstream import write_frame

NEW = "something_new"
VERTEX = {"PROJECT_ID": "p", "location": "global", "access_token": "t"}
AWS = {"region": "us-east-1", "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "none"}
CLAUDE = {"id": "m", "type": "message", "role": "assistant", "model": "claude", "usage": {}}
COUNTS = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
CHOICE = {"index": 0, "finish_reason": NEW}


def sse(*values: dict[str, Any], done: bool = False) -> bytes:
    lines = [f"event: {value.get('type', '')}\ndata: {json.dumps(value)}\n\n".encode() for value in values]
    return b"".join(lines) + (b"data: [DONE]\n\n" if done else b"")


def claude(*, stream: bool) -> bytes:
    text = {"type": "text", "text": "hi"}
    if not stream:
        return json.dumps({**CLAUDE, "content": [text], "stop_reason": NEW}).encode()
    return sse(
        {"type": "message_start", "message": {**CLAUDE, "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": text},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": NEW}, "usage": {}},
        {"type": "message_stop"},
    )


def gemini(*, stream: bool) -> bytes:
    value = {"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": NEW.upper()}]}
    return sse(value) if stream else json.dumps(value).encode()


def cohere(*, stream: bool) -> bytes:
    message = {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}
    if not stream:
        return json.dumps({"id": "m", "message": message, "finish_reason": NEW.upper()}).encode()
    return sse(
        {"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant"}}},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": "hi"}}}},
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": NEW.upper()}},
    )


def workers_ai(*, stream: bool) -> bytes:
    value = {"response": "hi", "usage": COUNTS, "finish_reason": NEW}
    return sse(value, done=True) if stream else json.dumps({"result": value, "success": True, "errors": []}).encode()


def converse(*, stream: bool) -> bytes:
    if not stream:
        message = {"role": "assistant", "content": [{"text": "hi"}]}
        return json.dumps({"output": {"message": message}, "stopReason": NEW, "usage": {}}).encode()
    payloads = {
        "messageStart": {"role": "assistant"},
        "contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "hi"}},
        "contentBlockStop": {"contentBlockIndex": 0},
        "messageStop": {"stopReason": NEW},
    }
    types = {":content-type": "application/json", ":message-type": "event"}
    frames = [write_frame({":event-type": name, **types}, json.dumps(p).encode()) for name, p in payloads.items()]
    return b"".join(frames)


def chat(*, stream: bool) -> bytes:
    said = {"role": "assistant", "content": "hi"}
    head = {"id": "c", "created": 1, "model": "m"}
    if stream:
        return sse({**head, "object": "chat.completion.chunk", "choices": [{**CHOICE, "delta": said}]}, done=True)
    return json.dumps({**head, "object": "chat.completion", "choices": [{**CHOICE, "message": said}]}).encode()


def responses(*, stream: bool) -> bytes:
    content = [{"type": "output_text", "text": "hi", "annotations": []}]
    item = {"id": "i", "type": "message", "role": "assistant", "content": content}
    details = {"incomplete_details": {"reason": NEW}, "status": "incomplete"}
    response = {"id": "r", "object": "response", "model": "m", "output": [item], **details}
    return sse({"type": "response.incomplete", "response": response}) if stream else json.dumps(response).encode()


Wire = Callable[..., bytes]
ROWS: tuple[tuple[str, dict[str, Any], str, Wire, str], ...] = (
    # Claude alone: cases.jsonl C044 has it so.
    ("anthropic", {}, "claude-sonnet-4-5", claude, "stop"),
    ("vertexai_claude", VERTEX, "claude-sonnet-4-5", claude, "stop"),
    ("gemini", {}, "gemini-2.5-flash", gemini, "length"),
    ("vertexai_gemini", VERTEX, "gemini-2.5-flash", gemini, "length"),
    ("cohere", {}, "command-a-03-2025", cohere, "length"),
    ("cloudflare", {"account_id": "a"}, "@cf/meta/llama-3.1-8b-instruct", workers_ai, "length"),
    ("bedrock", AWS, "amazon.nova-lite-v1:0", converse, "length"),
    ("openai", {}, "gpt-4o", chat, "length"),
    ("deepseek", {}, "deepseek-chat", chat, "length"),
    ("openai", {"api": "responses"}, "gpt-4o", responses, "length"),
)
CLIENTS: dict[str, dict[str, Any]] = {
    "chat": {"messages": [{"role": "user", "content": "hi"}]},
    "completions": {"prompt": "hi"},
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("provider", "options", "model", "wire", "reason"), ROWS)
def test_an_unknown_reason(
    provider: str, options: dict[str, Any], model: str, wire: Wire, reason: str, stream: bool, client: str
) -> None:
    target = Target(provider, model, credential="k", options=options)
    body = {"model": "m", "stream": stream, **CLIENTS[client]}
    reply = ReplyTranslator(translate_request(client, json.dumps(body).encode(), target), "chatcmpl-1", 1)
    reply.start(200, {})
    if stream:
        out = reply.feed(wire(stream=True)) + reply.finish()
        chunks = [json.loads(line[6:]) for line in out.splitlines() if line.startswith(b"data: {")]
        reasons = [each["finish_reason"] for chunk in chunks for each in chunk["choices"]]
        assert [told for told in reasons if told] == [reason]
    else:
        assert json.loads(reply.whole(wire(stream=False)))["choices"][0]["finish_reason"] == reason
    assert (reply.failure, reply.finish_reason) == (None, reason)
