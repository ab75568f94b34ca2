"""A whole Converse reply → neutral events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ...events import Event, Start
from ...interface import ReplyContext
from ...json_text import encode, read_reply
from .error import failure_from
from .reply_parts import SEARCH_RESULT, SEARCH_TOOL, SERVER_TOOL, ReplyParts, read_usage


def read_body(body: bytes, context: ReplyContext) -> Iterable[Event]:
    """{"output": {"message": {"content": [{"text": "hi"}]}}, "stopReason": "end_turn", "usage": {…}} → events.

    Raises BackendFailure for a body that is an error, ValueError for what is no JSON.
    """
    reply = read_reply(body)
    message = (reply.get("output") or {}).get("message")
    if message is None:
        raise failure_from(reply, 502, "")
    return _read_message(reply, message, context)


def _read_message(reply: dict[str, Any], message: dict[str, Any], context: ReplyContext) -> Iterator[Event]:
    parts = ReplyParts(context)
    yield Start(service_tier=str((reply.get("serviceTier") or {}).get("type", "")))
    for block in message.get("content") or ():
        for kind, value in block.items():
            reader = _BLOCKS.get(kind)
            if reader is not None:
                yield from reader(value, parts)
        yield from parts.end_block()
    if reply.get("usage"):
        yield read_usage(reply["usage"])
    yield from parts.finish(reply.get("stopReason") or "end_turn")


def _read_text(text: str, parts: ReplyParts) -> Iterator[Event]:
    yield from parts.text(text)


def _read_call(call: dict[str, Any], parts: ReplyParts) -> Iterator[Event]:
    if call.get("type") == SERVER_TOOL:
        if call.get("name") == SEARCH_TOOL:
            yield from parts.search(call.get("toolUseId"), call.get("input"))
        return
    yield from parts.call(call.get("toolUseId", ""), call.get("name", ""))
    value = call.get("input")
    if value:
        yield from parts.call_input(value if isinstance(value, str) else encode(value).decode())


def _read_result(result: dict[str, Any], parts: ReplyParts) -> Iterator[Event]:
    if result.get("type") == SEARCH_RESULT:
        yield from parts.search_result(result.get("toolUseId"), result.get("status"))


def _read_reasoning(content: dict[str, Any], parts: ReplyParts) -> Iterator[Event]:
    text = content.get("reasoningText") or {}
    yield from parts.thinking(text.get("text", ""))
    yield from parts.signature(text.get("signature") or "")
    if content.get("redactedContent"):
        yield from parts.redacted(content["redactedContent"])


def _read_citations(content: dict[str, Any], parts: ReplyParts) -> Iterator[Event]:
    for citation in content.get("citations") or ():
        parts.cite(citation)
    for piece in content.get("content") or ():
        yield from parts.text(piece.get("text", ""))


_BLOCKS: Mapping[str, Callable[[Any, ReplyParts], Iterator[Event]]] = {
    "text": _read_text,
    "toolUse": _read_call,
    "toolResult": _read_result,
    "reasoningContent": _read_reasoning,
    "citationsContent": _read_citations,
}


