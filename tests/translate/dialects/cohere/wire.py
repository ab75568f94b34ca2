"""Short hands of the Cohere tests: events on the wire, readers and requests in a line each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from proapi_translate.dialects.cohere import BACKEND
from proapi_translate.errors import BackendFailure
from proapi_translate.events import Event
from proapi_translate.interface import ReplyContext, Written
from proapi_translate.losses import Loss
from tests.translate.dialects import reading
from tests.translate.dialects.reading import all_parts_ended, finish_of, part_texts

__all__ = ["all_parts_ended", "finish_of", "part_texts"]

COMMAND = "command-a-03-2025"
REASONING = "command-a-reasoning-08-2025"
TOOL = {
    "type": "function",
    "function": {
        "name": "f",
        "description": "x",
        "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
    },
}


def event(kind: str, index: int | None = None, **message: Any) -> bytes:
    """One event with what its delta's message holds: event("tool-plan-delta", tool_plan="I will")."""
    value: dict[str, Any] = {"type": kind} | ({} if index is None else {"index": index})
    if message:
        value["delta"] = {"message": message}
    return framed(value)


def framed(value: dict[str, Any]) -> bytes:
    return f"event: {value.get('type')}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def message_end(reason: str | None = "COMPLETE", **delta: Any) -> bytes:
    usage = {
        "billed_units": {"input_tokens": 3, "output_tokens": 4},
        "tokens": {"input_tokens": 70, "output_tokens": 11},
    }
    return framed({"type": "message-end", "delta": {"finish_reason": reason, "usage": usage, **delta}})


def text_stream(*texts: str, reason: str | None = "COMPLETE") -> list[bytes]:
    """The events of a plain answer, each with its blank line."""
    return [
        framed({"type": "message-start", "id": "m1", "delta": {"message": {"role": "assistant", "content": []}}}),
        event("content-start", 0, content={"type": "text", "text": ""}),
        *(event("content-delta", 0, content={"text": text}) for text in texts),
        event("content-end", 0),
        message_end(reason),
        b"data: [DONE]\n\n",
    ]


def reply_context(**fields: Any) -> ReplyContext:
    return ReplyContext(**{"reply_id": "chatcmpl-abc", "model": COMMAND} | fields)


def read_stream(pieces: Iterable[bytes], context: ReplyContext | None = None) -> list[Event]:
    return reading.read_pieces(BACKEND, pieces, context or reply_context())


def read_until_failure(pieces: Iterable[bytes]) -> tuple[list[Event], BackendFailure]:
    events: list[Event] = []
    splitter, reader = BACKEND.splitter(), BACKEND.stream_reader(reply_context())
    try:
        for piece in pieces:
            for name, data in splitter.feed(piece):
                for told in reader.read(name, data):
                    events.append(told)
    except BackendFailure as failure:
        return events, failure
    raise AssertionError("no failure")


def read_reply(reply: dict[str, Any], **fields: Any) -> list[Event]:
    return list(BACKEND.read_body(json.dumps(reply).encode(), reply_context(**fields)))


def write(body: dict[str, Any], model: str = COMMAND) -> tuple[dict[str, Any], list[Loss]]:
    """A chat body → (Cohere's body, losses)."""
    written, losses = write_whole(body, model)
    return written.body, losses


def write_whole(body: dict[str, Any], model: str = COMMAND) -> tuple[Written, list[Loss]]:
    written, losses = reading.write_chat(BACKEND, body, model)
    return written, list(losses)


def write_messages(*messages: dict[str, Any], model: str = COMMAND) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = write({"messages": list(messages)}, model)[0]["messages"]
    return written
