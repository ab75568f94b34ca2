"""A whole ai/run reply → neutral events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...errors import BackendFailure
from ...events import Event
from ...interface import ReplyContext
from ...json_text import read_reply
from .error import failure_from
from .stream import Native, RunReader


def read_body(body: bytes, context: ReplyContext) -> Iterable[Event]:
    """{"result": {"response": "hey", "usage": {…}}, "success": true, "errors": []} → events.

    A whole reply is one chunk, then the end. Raises BackendFailure for `success: false`, and for an envelope with
    nothing in it (what models that cannot stream here answer to `stream`).
    """
    reply = read_reply(body)
    if reply.get("success") is False or reply.get("errors"):
        raise failure_from(reply)
    result = reply.get("result", reply)
    if not isinstance(result, dict) or not {"response", "choices", "tool_calls"} & result.keys():
        raise BackendFailure("The backend's reply is not a chat reply.", code="bad_upstream_reply")
    return _read_result(result, RunReader(context))


def _read_result(result: Native, reader: RunReader) -> Iterator[Event]:
    yield from reader.take(result)
    yield from reader.finish()
