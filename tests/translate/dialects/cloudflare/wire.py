"""Short hands of the Workers AI tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from proapi_translate.dialects.cloudflare import BACKEND
from proapi_translate.events import Event
from proapi_translate.interface import ReplyContext
from proapi_translate.losses import Loss
from tests.translate.dialects import reading
from tests.translate.dialects.reading import all_parts_ended, finish_of, part_texts

__all__ = ["all_parts_ended", "finish_of", "part_texts"]

MODEL = "@cf/meta/llama-3.1-8b-instruct"
DONE = b"data: [DONE]\n\n"


def chunk(value: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def delta(finish_reason: str | None = None, **fields: Any) -> bytes:
    """A chunk of OpenAI's shape."""
    return chunk(
        {"id": "id-1", "model": MODEL, "choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}]}
    )


def reply_context() -> ReplyContext:
    return ReplyContext("chatcmpl-abc", MODEL)


def read_stream(pieces: Iterable[bytes]) -> list[Event]:
    return reading.read_pieces(BACKEND, pieces, reply_context())


def read_reply(reply: Any) -> list[Event]:
    return list(BACKEND.read_body(json.dumps(reply).encode(), reply_context()))


def reason_of(events: Iterable[Event]) -> str:
    return getattr(finish_of(events), "reason", "")


def write(body: dict[str, Any]) -> tuple[dict[str, Any], list[Loss]]:
    """A chat body → (the body of ai/run, losses)."""
    written, losses = reading.write_chat(BACKEND, body, MODEL)
    return written.body, list(losses)
