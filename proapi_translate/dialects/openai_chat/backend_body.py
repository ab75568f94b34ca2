"""A whole chat completion → neutral events: it is told as the stream that it might have been."""

from __future__ import annotations

from collections.abc import Iterator

from ...events import Event
from ...interface import ReplyContext
from ...passthrough.chat_shapes import as_chunks
from ...passthrough.event_value import read_object
from .backend_stream import ChatStreamReader


def read_body(body: bytes, context: ReplyContext) -> Iterator[Event]:
    """{"choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}], "usage": …} → events.

    Raises BackendFailure for an error object in its place, and for a body without choices.
    """
    reader = ChatStreamReader(context)
    for chunk in as_chunks(read_object(body)):
        yield from reader.take(chunk)
    yield from reader.end_at_mark()
