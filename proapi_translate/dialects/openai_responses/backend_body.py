"""A whole Responses reply → neutral events: it is told as the stream that it might have been."""

from __future__ import annotations

from collections.abc import Iterator

from ...error_bodies import failure_from
from ...events import Event
from ...interface import ReplyContext
from ...json_text import read_reply
from .backend_stream import ResponseStreamReader


def read_body(body: bytes, context: ReplyContext) -> Iterator[Event]:
    """{"object": "response", "status": "completed", "output": [{"type": "message", …}], "usage": …} → events.

    Raises BackendFailure for an error object in its place, and for a response that failed.
    """
    response = read_reply(body)
    if not isinstance(response.get("output"), list):
        raise failure_from(response)
    return ResponseStreamReader(context).take({"type": "response.completed", "response": response})
