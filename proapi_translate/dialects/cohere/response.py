"""A whole Cohere reply → neutral events: it is told as the stream that it might have been, and read by its reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...errors import BackendFailure
from ...events import Event
from ...interface import ReplyContext
from ...json_text import encode, read_reply
from .stream import ChatStreamReader

Native = dict[str, Any]


def read_body(body: bytes, context: ReplyContext) -> Iterable[Event]:
    """{"id", "message": {"content": [{"type": "text", "text": "hi"}]}, "finish_reason": "COMPLETE", "usage"} → events.

    Replies of v1, which a relay in front of an older deployment may give, are read too. Raises BackendFailure for an
    error object in its place.
    """
    reply = read_reply(body)
    if "message" not in reply and "text" in reply:
        reply = _from_v1(reply)
    message = reply.get("message")
    if isinstance(message, str):
        raise BackendFailure(message, code=reply.get("code"))
    if not isinstance(message, dict):
        raise BackendFailure("The backend's reply is not a chat reply.", code="bad_upstream_reply")
    return _read_events(reply, message, ChatStreamReader(context))


def _read_events(reply: Native, message: Native, reader: ChatStreamReader) -> Iterator[Event]:
    for native in _tell(reply, message):
        yield from reader.take(native)


def _tell(reply: Native, message: Native) -> Iterator[Native]:
    yield {"type": "message-start", "id": reply.get("id")}
    content = message.get("content") or ()
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    for index, item in enumerate(content):
        yield _event("content-start", index, content=item)
        if item.get("type") == "text":
            for piece in reply.get("logprobs") or ():
                yield {**_event("content-delta", index, content={}), "logprobs": piece}
            for citation in message.get("citations") or ():
                if citation.get("content_index", index) == index:
                    yield _event("citation-start", 0, citations=citation)
        yield {"type": "content-end", "index": index}
    if message.get("tool_plan"):
        yield _event("tool-plan-delta", 0, tool_plan=message["tool_plan"])
    for index, call in enumerate(message.get("tool_calls") or ()):
        yield _event("tool-call-start", index, tool_calls=call)
        yield {"type": "tool-call-end", "index": index}
    yield {"type": "message-end", "delta": reply}


def _event(kind: str, index: int, **message: Any) -> Native:
    return {"type": kind, "index": index, "delta": {"message": message}}


def _from_v1(reply: Native) -> Native:
    """v1 has the text at the top, `parameters` as an object, no call ids, and its counts under `meta`."""
    calls = [
        {"function": {"name": call.get("name"), "arguments": encode(call.get("parameters") or {}).decode()}}
        for call in reply.get("tool_calls") or ()
    ]
    content = [{"type": "text", "text": reply["text"]}] if reply["text"] else []
    message = {"content": content, "tool_calls": calls, "citations": reply.get("citations")}
    return {
        "id": reply.get("generation_id") or reply.get("response_id"),
        "message": message,
        "finish_reason": reply.get("finish_reason"),
        "usage": reply.get("meta"),
    }
