"""Short hands of the Workers AI tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from proapi_translate.dialects.cloudflare import BACKEND
from proapi_translate.dialects.openai_chat import CLIENT as CHAT
from proapi_translate.events import Event, Finish, PartEnd, PartStart, TextDelta
from proapi_translate.interface import ReplyContext, RequestContext
from proapi_translate.losses import Loss, Losses

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
    splitter, reader = BACKEND.splitter(), BACKEND.stream_reader(reply_context())
    events = [told for piece in pieces for name, data in splitter.feed(piece) for told in reader.read(name, data)]
    events += [told for name, data in splitter.finish() for told in reader.read(name, data)]
    return [*events, *reader.end()]


def read_reply(reply: Any) -> list[Event]:
    return list(BACKEND.read_body(json.dumps(reply).encode(), reply_context()))


def part_texts(events: Iterable[Event]) -> list[tuple[str, str, str, str]]:
    """(kind, id, name, text) of each part, in order."""
    starts = {told.part: told for told in events if isinstance(told, PartStart)}
    texts = dict.fromkeys(starts, "")
    for told in events:
        if isinstance(told, TextDelta):
            texts[told.part] += told.text
    return [(start.kind, start.id, start.name, texts[part]) for part, start in starts.items()]


def finish_of(events: Iterable[Event]) -> Finish | None:
    return next((told for told in events if isinstance(told, Finish)), None)


def reason_of(events: Iterable[Event]) -> str:
    return getattr(finish_of(events), "reason", "")


def all_parts_ended(events: list[Event]) -> bool:
    starts = sorted(told.part for told in events if isinstance(told, PartStart))
    return starts == sorted(told.part for told in events if isinstance(told, PartEnd))


def write(body: dict[str, Any]) -> tuple[dict[str, Any], list[Loss]]:
    """A chat body → (the body of ai/run, losses)."""
    prompt = CHAT.read_request({"model": "asked", "messages": [{"role": "user", "content": "go"}], **body})
    losses = Losses(prompt.spelling)
    return BACKEND.write_request(prompt, RequestContext(MODEL, losses)).body, list(losses.report())
