"""Short hands of the Gemini tests: requests, streams and bodies in a line each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from proapi_translate.dialects.gemini import BACKEND
from proapi_translate.dialects.openai_chat import CLIENT as CHAT
from proapi_translate.events import Event, Finish, Usage
from proapi_translate.interface import Asked, ReplyContext, ReplyFacts, Written
from proapi_translate.losses import Loss
from proapi_translate.translated_reply import TranslatedReply
from tests.translate.dialects import reading
from tests.translate.dialects.reading import USER

__all__ = ["USER"]

PRO_25, FLASH_25, LITE_25 = "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"
FLASH_20, PRO_3, FLASH_3 = "gemini-2.0-flash", "gemini-3-pro-preview", "gemini-3-flash-preview"


def write_chat(fields: dict[str, Any], model: str = FLASH_25, **context: Any) -> tuple[Written, tuple[Loss, ...]]:
    return reading.write_chat(BACKEND, fields, model, **context)


def body_of(fields: dict[str, Any], model: str = FLASH_25, **context: Any) -> dict[str, Any]:
    return write_chat(fields, model, **context)[0].body


def told(losses: Sequence[Loss]) -> list[tuple[str, str]]:
    return [(loss.field, loss.what) for loss in losses]


def function(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **fields}}


def call(call_id: str, name: str, arguments: str = "{}", **fields: Any) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}, **fields}


def answered(*calls: dict[str, Any], results: Sequence[Any] = ("4",)) -> list[dict[str, Any]]:
    """A history of one step: question, calls, results."""
    pairs = zip(calls, results, strict=True)
    tools = [{"role": "tool", "tool_call_id": one["id"], "content": content} for one, content in pairs]
    return [USER, {"role": "assistant", "content": None, "tool_calls": list(calls)}, *tools]


def sse(*events: dict[str, Any]) -> bytes:
    return b"".join(b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\r\n\r\n" for event in events)


def piece(*parts: dict[str, Any], finish: str = "", **fields: Any) -> dict[str, Any]:
    """One event, or whole body, with one candidate."""
    reason = {"finishReason": finish} if finish else {}
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, **reason, **fields}]}


def text(value: str, **fields: Any) -> dict[str, Any]:
    return {"text": value, **fields}


def context(**fields: Any) -> ReplyContext:
    return ReplyContext("chatcmpl-abc123", **fields)


def read_pieces(pieces: Iterable[bytes], reply_context: ReplyContext | None = None) -> list[Event]:
    return reading.read_pieces(BACKEND, pieces, reply_context or context())


def read_stream(*events: dict[str, Any]) -> list[Event]:
    return read_pieces([sse(*events)])


def read_body(body: dict[str, Any], **fields: Any) -> list[Event]:
    return list(BACKEND.read_body(json.dumps(body).encode(), context(**fields)))


def part_texts(events: Iterable[Event]) -> list[tuple[str, str]]:
    """[("thinking", "hm"), ("text", "hi")]: each part with its whole text."""
    return [(kind, value) for kind, _, _, value in reading.part_texts(events)]


def finishes(events: Iterable[Event]) -> list[tuple[int, str]]:
    return [(event.choice, event.reason) for event in events if isinstance(event, Finish)]


def last_usage(events: Iterable[Event]) -> Usage:
    return [event for event in events if isinstance(event, Usage)][-1]


def to_chat_stream(pieces: Iterable[bytes], **asked: Any) -> bytes:
    """The chat stream that a client gets for these bytes."""
    facts = ReplyFacts(Asked("chat", "gpt-4o", stream=True, **asked), "chatcmpl-abc123", 1764000000)
    reply = TranslatedReply(BACKEND, CHAT, context(), facts)
    return b"".join([reply.feed(data) for data in pieces]) + reply.finish()


def to_chat_body(body: dict[str, Any]) -> dict[str, Any]:
    facts = ReplyFacts(Asked("chat", "gpt-4o"), "chatcmpl-abc123", 1764000000)
    answer = TranslatedReply(BACKEND, CHAT, context(), facts).whole(json.dumps(body).encode())
    return dict(json.loads(answer))
