"""A reply's work grows with its bytes, whatever the backend: large events that come in pieces, and many tiny ones."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from proapi_translate import ReplyTranslator, Target, translate_request
from proapi_translate.eventstream import write_frame

AWS = {"region": "us-east-1", "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "none"}
Wire = Callable[[list[str]], Iterator[bytes]]


def sse(value: dict[str, Any]) -> bytes:
    return b"data: %s\n\n" % json.dumps(value).encode()


def claude(texts: list[str]) -> Iterator[bytes]:
    yield sse({"type": "message_start", "message": {"id": "m", "usage": {}}})
    yield sse({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    for text in texts:
        yield sse({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
    yield sse({"type": "content_block_stop", "index": 0})
    yield sse({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}})
    yield sse({"type": "message_stop"})


def gemini(texts: list[str]) -> Iterator[bytes]:
    for text in texts:
        yield sse({"candidates": [{"content": {"parts": [{"text": text}]}}]})
    yield sse({"candidates": [{"finishReason": "STOP"}]})


def gemini_array(texts: list[str]) -> Iterator[bytes]:
    for number, piece in enumerate(gemini(texts)):
        yield (b",\r\n" if number else b"[") + piece[6:].strip()
    yield b"]"


def cohere(texts: list[str]) -> Iterator[bytes]:
    yield sse({"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}})
    for text in texts:
        yield sse({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}})
    yield sse({"type": "content-end", "index": 0})
    yield sse({"type": "message-end", "delta": {"finish_reason": "COMPLETE"}})


def workers_ai(texts: list[str]) -> Iterator[bytes]:
    yield from (sse({"response": text}) for text in texts)
    yield b"data: [DONE]\n\n"


def converse(texts: list[str]) -> Iterator[bytes]:
    def frame(name: str, value: dict[str, Any]) -> bytes:
        headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
        return write_frame(headers, json.dumps(value).encode())

    for text in texts:
        yield frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}})
    yield frame("messageStop", {"stopReason": "end_turn"})


def chat(texts: list[str]) -> Iterator[bytes]:
    for text in texts:
        yield sse({"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"content": text}}]})
    yield sse({"id": "c", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    yield b"data: [DONE]\n\n"


def responses(texts: list[str]) -> Iterator[bytes]:
    item = {"type": "message", "id": "i", "content": []}
    yield sse({"type": "response.created", "response": {"id": "r", "output": []}})
    yield sse({"type": "response.output_item.added", "output_index": 0, "item": item})
    for text in texts:
        yield sse({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text})
    yield sse({"type": "response.completed", "response": {"id": "r", "status": "completed", "output": [item]}})


BACKENDS: dict[str, tuple[str, dict[str, str], Wire]] = {
    "anthropic": ("anthropic", {}, claude),
    "gemini": ("gemini", {}, gemini),
    "gemini, as an array": ("gemini", {}, gemini_array),
    "cohere": ("cohere", {}, cohere),
    "cloudflare": ("cloudflare", {"account_id": "a"}, workers_ai),
    "bedrock": ("bedrock", AWS, converse),
    "openai": ("openai", {"api": "chat"}, chat),
    "openai responses": ("openai", {"api": "responses"}, responses),
}
CLIENTS = {"chat": {"messages": [{"role": "user", "content": "hi"}]}, "responses": {"input": "hi"}}
SCALE = 16


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("shape", ["tiny events", "one large event in pieces"])
@pytest.mark.parametrize("name", BACKENDS)
def test_sixteen_times_the_bytes_take_about_sixteen_times_as_long(name: str, shape: str, client: str) -> None:
    """A quadratic reader takes 256 times as long. Ratios only: the machine's own speed plays no part."""
    provider, options, wire = BACKENDS[name]
    body = json.dumps({"model": "m", "stream": True, **CLIENTS[client]}).encode()
    translation = translate_request(client, body, Target(provider, "m", credential="k", options=options))

    def seconds(scale: int) -> float:
        texts = ["a"] * (400 * scale) if shape == "tiny events" else ["x" * (60_000 * scale)]
        data, size = b"".join(wire(texts)), 64 if shape == "tiny events" else 1460
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        reply = ReplyTranslator(translation, "chatcmpl-1", 1)
        reply.start(200, {})
        start = time.thread_time()
        given = sum(len(reply.feed(piece)) for piece in pieces) + len(reply.finish())
        assert given >= len("".join(texts))
        assert reply.failure is None
        return time.thread_time() - start

    assert min(seconds(SCALE) for _ in range(2)) < 4 * SCALE * max(min(seconds(1) for _ in range(3)), 0.0005)
