"""A Claude on loopback that takes nothing that Anthropic's API would refuse, and answers by scripted_model.py.

It thinks where thinking is on, and then wants each thought back, signed, at the head of the turn that called a tool.
(With thinking switched off since, the API would let a missing one pass; here it would be lost all the same.)
The rules: platform.claude.com/docs/en/build-with-claude/extended-thinking and …/api/messages, read 2026-11-25.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.clients.scripted_model import Move, RefusedError, Seen, in_pieces, must, next_move, sign
from tests.end_to_end.paced_backend import ReceivedRequest, Reply

MODEL = "claude-sonnet-4-5"
_FIELDS = {
    "model", "messages", "max_tokens", "system", "tools", "tool_choice", "thinking", "output_config", "stream",
    "temperature", "top_p", "top_k", "stop_sequences", "metadata", "service_tier",
}  # fmt: skip
_THOUGHT_OF = "thought_of_"  # within the id of a call that was thought about
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_USAGE = {"input_tokens": 11, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4, "output_tokens": 7}


def answer(request: ReceivedRequest) -> Reply:
    try:
        body = request.json()
        _check_head(request, body)
        move = next_move(_read(body))
    except RefusedError as refused:
        told = {"type": "error", "error": {"type": "invalid_request_error", "message": str(refused)}}
        return Reply.json({**told, "request_id": "req_1"}, status=400)
    message = _write(move, thinks=_thinks(body))
    return Reply.stream(_as_stream(message)) if body.get("stream") else Reply.json(message)


def _thinks(body: dict[str, Any]) -> bool:
    return body.get("thinking", {}).get("type") == "enabled"


def _check_head(request: ReceivedRequest, body: dict[str, Any]) -> None:
    must(request.path == "/v1/messages", f"path {request.path}")
    must(request.headers.get("x-api-key") == "key-anthropic", "invalid x-api-key")
    must(request.headers.get("anthropic-version") == "2023-06-01", "anthropic-version: header is required")
    must(set(body) <= _FIELDS, f"Extra inputs are not permitted: {set(body) - _FIELDS}")
    must(body["model"] == MODEL, f"model: {body['model']}")
    must(isinstance(body.get("max_tokens"), int), "max_tokens: Field required")
    if _thinks(body):
        budget = body["thinking"]["budget_tokens"]
        must(1024 <= budget < body["max_tokens"], "`max_tokens` must be greater than `thinking.budget_tokens`")
        must(body.get("temperature", 1) == 1, "`temperature` may only be set to 1 when thinking is enabled")
        forced = body.get("tool_choice", {}).get("type") in {"any", "tool"}
        must(not forced, "Thinking may not be enabled when tool_choice forces tool use.")


def _read(body: dict[str, Any]) -> Seen:
    tools = body.get("tools", [])
    for tool in tools:
        must(_NAME.fullmatch(tool["name"]), f"tools: name {tool['name']!r} should match the pattern")
        server_tool = tool.get("type", "custom") != "custom"
        must(server_tool or tool["input_schema"]["type"] == "object", "tools: input_schema.type: Field required")
    calls, results = _read_messages(body["messages"], thinks=_thinks(body))
    form = body.get("output_config", {}).get("format")
    if form is not None:
        schema = form["schema"]
        must(schema["additionalProperties"] is False, "output_config.format.schema: additionalProperties must be false")
        must(set(schema["properties"]) == {"city", "degrees"}, f"unexpected schema {schema}")
    said = "".join(
        block.get("text", "")
        for message in body["messages"]
        if message["role"] == "user"
        for block in _blocks(message["content"])
    )
    return Seen(tuple(tool["name"] for tool in tools), calls, results, form is not None, said)


def _read_messages(messages: list[dict[str, Any]], *, thinks: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names called, and the results; every block in its place."""
    must(messages and messages[0]["role"] == "user", "messages: first message must use the user role")
    calls: list[str] = []
    results: list[str] = []
    waiting: list[str] = []
    for message in messages:
        content = _blocks(message["content"])
        must(content, "messages: content must not be empty")
        if message["role"] == "user":
            answered = [block["tool_use_id"] for block in content[: len(waiting)] if block["type"] == "tool_result"]
            must(sorted(answered) == sorted(waiting), f"`tool_use` ids without `tool_result` after: {waiting}")
            waiting = []
            results += [_text(block["content"]) for block in content if block["type"] == "tool_result"]
        else:
            must(message["role"] == "assistant", f"messages: unexpected role {message['role']}")
            made = [block for block in content if block["type"] == "tool_use"]
            waiting = [block["id"] for block in made]
            calls += [block["name"] for block in made]
            _check_thoughts(content, wanted=any(thinks or _THOUGHT_OF in call["id"] for call in made))
        for block in content:
            must(block["type"] != "text" or block["text"].strip(), "messages: text must contain non-whitespace text")
    return tuple(calls), tuple(results)


def _check_thoughts(content: list[dict[str, Any]], *, wanted: bool) -> None:
    must(not wanted or content[0]["type"] == "thinking", "Expected `thinking`, but found `tool_use`")
    for block in content:
        if block["type"] == "thinking":
            must(block["signature"] == sign(block["thinking"]), "Invalid `signature` in `thinking` block")


def _blocks(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _text(content: Any) -> str:
    return "".join(block["text"] for block in _blocks(content))


def _write(move: Move, *, thinks: bool) -> dict[str, Any]:
    thought = {"type": "thinking", "thinking": move.thought, "signature": sign(move.thought)}
    head = f"toolu_{_THOUGHT_OF if thinks else ''}"
    calls = [
        {"type": "tool_use", "id": head + call.id, "name": call.name, "input": call.arguments} for call in move.calls
    ]
    text = [{"type": "text", "text": move.text}] if move.text else []
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [*([thought] if thinks else []), *text, *calls],
        "stop_reason": "tool_use" if calls else "end_turn",
        "stop_sequence": None,
        "usage": _USAGE,
    }


def _as_stream(message: dict[str, Any]) -> list[bytes]:
    start = {**message, "content": [], "stop_reason": None, "usage": {**_USAGE, "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
    for index, block in enumerate(message["content"]):
        empty, deltas = _in_deltas(block)
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        events.append({"type": "ping"})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events += [{"type": "message_delta", "delta": stop, "usage": _USAGE}, {"type": "message_stop"}]
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]


def _in_deltas(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The block as it starts, and what is added to it."""
    if block["type"] == "text":
        return {**block, "text": ""}, [{"type": "text_delta", "text": piece} for piece in in_pieces(block["text"])]
    if block["type"] == "thinking":
        pieces = [{"type": "thinking_delta", "thinking": piece} for piece in in_pieces(block["thinking"])]
        signature = {"type": "signature_delta", "signature": block["signature"]}
        return {**block, "thinking": "", "signature": ""}, [*pieces, signature]
    arguments = json.dumps(block["input"]) if block["input"] else ""
    pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *in_pieces(arguments)]]
    return {**block, "input": {}}, pieces
