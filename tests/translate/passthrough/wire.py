"""Hand-written chat chunks, and the lane that they go through."""

from __future__ import annotations

import json
from typing import Any

from proapi_translate.interface import Asked
from proapi_translate.passthrough import PassthroughReply, passthrough_reply

from ..chat_contract import check_chat_stream, feed_in_pieces

MODEL = "asked"
OWN_ID = "chatcmpl-own"
CREATED = 1_700_000_000
# Under the very name that was asked for: so a chunk whose mends are not noted goes on as it came, and is found out.
ENVELOPE = {"id": "c-1", "object": "chat.completion.chunk", "created": 1_700_000_001, "model": MODEL}
DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def lane(dialect: str = "chat", *, stream: bool = True, include_usage: bool = False) -> PassthroughReply:
    return passthrough_reply(Asked(dialect, MODEL, stream, include_usage), OWN_ID, CREATED)


def failed_first(reply: PassthroughReply) -> bool:
    """Has the client been given nothing but an error? Then the attempt can still be replaced."""
    return reply.failure is not None and not reply.opened


def chunk(delta: Any = None, finish: Any = None, *, index: int = 0, **fields: Any) -> dict[str, Any]:
    """One chunk of one choice; `fields` join or replace those of the envelope."""
    return {**ENVELOPE, "choices": [{"index": index, "delta": delta or {}, "finish_reason": finish}], **fields}


def calling(*calls: dict[str, Any], finish: Any = None) -> dict[str, Any]:
    return chunk({"tool_calls": list(calls)}, finish)


def call(
    index: int | None = None, id: str | None = None, name: str | None = None, arguments: Any = None
) -> dict[str, Any]:
    """One tool-call delta; what is None is absent."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    delta: dict[str, Any] = {key: value for key, value in (("index", index), ("id", id)) if value is not None}
    return {**delta, "type": "function", "function": function} if id else {**delta, "function": function}


def wire(*events: Any, done: bool = True) -> bytes:
    """The events as a backend's stream."""
    return b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in events) + (DONE if done else b"")


def through(stream: bytes, *, include_usage: bool = False) -> bytes:
    """What the client gets, the same for every cut."""
    whole = lane(include_usage=include_usage)
    given = whole.feed(stream) + whole.finish()
    for size in (1, 7):
        cut = lane(include_usage=include_usage)
        assert feed_in_pieces(cut.feed, stream, size) + cut.finish() == given
    return given


def checked(*events: Any, done: bool = True, include_usage: bool = False) -> list[dict[str, Any]]:
    """The client's chunks, held against the contract."""
    stream = through(wire(*events, done=done), include_usage=include_usage)
    return check_chat_stream(stream, model=MODEL, include_usage=include_usage)


START = chunk({"role": "assistant", "content": ""})
STOP = chunk({}, "stop")
