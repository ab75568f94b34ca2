"""Short hands of the Bedrock tests: frames, readers and requests in a line each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from proapi_translate.dialects.bedrock import BACKEND
from proapi_translate.events import Event
from proapi_translate.eventstream import write_frame
from proapi_translate.interface import ReplyContext, Written
from proapi_translate.losses import Loss
from tests.translate.dialects import reading
from tests.translate.dialects.reading import finish_of, part_texts

__all__ = ["finish_of", "part_texts"]

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "amazon.nova-lite-v1:0"
LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0"

HEADERS = {":content-type": "application/json", ":message-type": "event"}


def frame(name: str, payload: dict[str, Any]) -> bytes:
    return write_frame({":event-type": name, **HEADERS}, json.dumps(payload, ensure_ascii=False).encode())


def exception_frame(name: str, payload: dict[str, Any]) -> bytes:
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return write_frame(headers, json.dumps(payload).encode())


def text_stream(*texts: str, stop_reason: str = "end_turn") -> list[bytes]:
    """The frames of a plain answer."""
    return [
        frame("messageStart", {"role": "assistant"}),
        *(frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}}) for text in texts),
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        frame("messageStop", {"stopReason": stop_reason}),
        frame(
            "metadata", {"usage": {"inputTokens": 6, "outputTokens": 9, "totalTokens": 15}, "metrics": {"latencyMs": 1}}
        ),
    ]


def reply_context(model: str = CLAUDE, **fields: Any) -> ReplyContext:
    return ReplyContext("chatcmpl-abc123", model, **fields)


def read_stream(pieces: Iterable[bytes], context: ReplyContext | None = None) -> list[Event]:
    return reading.read_pieces(BACKEND, pieces, context or reply_context())


def read_body(reply: dict[str, Any], context: ReplyContext | None = None) -> list[Event]:
    return list(BACKEND.read_body(json.dumps(reply).encode(), context or reply_context()))


def whole_reply(content: Sequence[dict[str, Any]], stop_reason: str = "end_turn", **fields: Any) -> dict[str, Any]:
    return {"output": {"message": {"role": "assistant", "content": list(content)}}, "stopReason": stop_reason, **fields}


def write_chat(body: dict[str, Any], model: str = CLAUDE, **context: Any) -> tuple[Written, tuple[Loss, ...]]:
    return reading.write_chat(BACKEND, body, model, **context)


def lost_fields(losses: Iterable[Loss]) -> list[str]:
    return [loss.field for loss in losses]
