"""A whole message → neutral events: it is told as the stream that it might have been, and read by the same reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...errors import BackendFailure
from ...events import Event
from ...interface import ReplyContext
from ...json_text import read_reply
from .stream import MessageStreamReader


def read_body(body: bytes, context: ReplyContext) -> Iterable[Event]:
    """{"type": "message", "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn", "usage": …} → events.

    Raises BackendFailure for an error object in its place.
    """
    message = read_reply(body)
    if message.get("type") == "error":
        return MessageStreamReader(context).take(message)
    if "content" not in message:
        raise BackendFailure("The backend's reply is not a message.", code="bad_upstream_reply")
    return _read_message(message, MessageStreamReader(context))


def _read_message(message: dict[str, Any], reader: MessageStreamReader) -> Iterator[Event]:
    yield from reader.take({"type": "message_start", "message": message})
    for index, block in enumerate(message["content"]):
        yield from reader.take({"type": "content_block_start", "index": index, "content_block": block})
        yield from reader.take({"type": "content_block_stop", "index": index})
    yield from reader.take({"type": "message_delta", "delta": message, "usage": message.get("usage")})
    yield from reader.take({"type": "message_stop"})
