"""generateContent's whole body → events."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import BackendFailure
from ...events import Event
from ...interface import ReplyContext
from .stream import GeminiStreamReader

_COMPLETE = "STOP"


def read_body(body: bytes, context: ReplyContext) -> Iterator[Event]:
    """b'{"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}' → Start, PartStart,
    TextDelta("hi"), PartEnd, Finish("stop").

    Raises BackendFailure for an error inside a 200 and for a reply without any candidate, ValueError for no JSON.
    """
    reader = GeminiStreamReader(context)
    yield from reader.read("", body)
    if reader.empty:
        raise BackendFailure("the backend sent no candidates", code="empty_reply")
    yield from reader.end_whole(_COMPLETE)
