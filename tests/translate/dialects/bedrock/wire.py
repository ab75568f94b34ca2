"""Short hands of the Bedrock tests: frames, readers and requests in a line each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from proapi_translate.dialects.bedrock import BACKEND
from proapi_translate.dialects.openai_chat import CLIENT as CHAT
from proapi_translate.events import Event, Finish, PartStart, TextDelta
from proapi_translate.eventstream import write_frame
from proapi_translate.interface import ReplyContext, RequestContext, Written
from proapi_translate.losses import Loss, Losses

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
    """All events of a stream that comes in these pieces."""
    splitter, reader = BACKEND.splitter(), BACKEND.stream_reader(context or reply_context())
    events: list[Event] = []
    for piece in pieces:
        for name, data in splitter.feed(piece):
            events += reader.read(name, data)
    for name, data in splitter.finish():
        events += reader.read(name, data)
    return [*events, *reader.end()]


def read_body(reply: dict[str, Any], context: ReplyContext | None = None) -> list[Event]:
    return list(BACKEND.read_body(json.dumps(reply).encode(), context or reply_context()))


def whole_reply(content: Sequence[dict[str, Any]], stop_reason: str = "end_turn", **fields: Any) -> dict[str, Any]:
    return {"output": {"message": {"role": "assistant", "content": list(content)}}, "stopReason": stop_reason, **fields}


def part_texts(events: Iterable[Event]) -> list[tuple[str, str, str, str]]:
    """(kind, id, name, text) of each part, in order."""
    parts: dict[int, list[str]] = {}
    for event in events:
        if isinstance(event, PartStart):
            parts[event.part] = [event.kind, event.id, event.name, ""]
        elif isinstance(event, TextDelta):
            parts[event.part][3] += event.text
    return [(kind, call_id, name, text) for kind, call_id, name, text in parts.values()]


def finish_of(events: Iterable[Event]) -> Finish | None:
    return next((event for event in events if isinstance(event, Finish)), None)


def write_chat(body: dict[str, Any], model: str = CLAUDE, **context: Any) -> tuple[Written, tuple[Loss, ...]]:
    """A chat client's body as Bedrock gets it, and what was lost. `model` and a first message are filled in."""
    whole = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **body}
    prompt = CHAT.read_request(whole)
    losses = Losses(prompt.spelling)
    return BACKEND.write_request(prompt, RequestContext(model, losses, **context)), losses.report()


def lost_fields(losses: Iterable[Loss]) -> list[str]:
    return [loss.field for loss in losses]
