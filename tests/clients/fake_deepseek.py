"""A DeepSeek V4 on loopback: chat completions with its own rules, answering by scripted_model.py.

It always thinks, and wants the thought back with each call that it made; it knows four roles, and JSON without a
schema (api-docs.deepseek.com/guides/thinking_mode and …/api/create-chat-completion, read 2026-11-25). Beside it, at
the same address, stands an OpenAI-compatible service of embeddings.
"""

from __future__ import annotations

import json
from typing import Any

from tests.clients.fake_gemini import as_base64, vector_of
from tests.clients.scripted_model import THOUGHT, Move, RefusedError, Seen, in_pieces, must, next_move
from tests.end_to_end.paced_backend import ReceivedRequest, Reply

MODEL = "deepseek-v4-flash"
EMBEDDING_MODEL = "bge-m3"
_ROLES = {"system", "user", "assistant", "tool"}
_USAGE = {
    "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18, "prompt_cache_hit_tokens": 4,
    "prompt_cache_miss_tokens": 7, "completion_tokens_details": {"reasoning_tokens": 2},
}  # fmt: skip


def answer(request: ReceivedRequest) -> Reply:
    try:
        must(request.headers.get("authorization") == "Bearer key-deepseek", "Authentication Fails")
        return _PATHS[request.path](request.json())
    except RefusedError as refused:
        error = {"message": str(refused), "type": "invalid_request_error", "param": None}
        return Reply.json({"error": {**error, "code": "invalid_request_error"}}, status=400)


def _chat(body: dict[str, Any]) -> Reply:
    must(body["model"] == MODEL, "Model Not Exist")
    move = next_move(_read(body))
    if not body.get("stream"):
        choice = {"index": 0, "message": _message(move), "logprobs": None, "finish_reason": _finish_reason(move)}
        return Reply.json({**_HEAD, "object": "chat.completion", "choices": [choice], "usage": _USAGE})
    chunks = [_chunk({"role": "assistant", "content": None, "reasoning_content": ""}), *map(_chunk, _deltas(move))]
    # its usage rides on the last chunk that has a choice
    chunks.append({**_chunk({"content": ""}, _finish_reason(move)), "usage": _USAGE})
    return Reply.stream([*(b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks), b"data: [DONE]\n\n"])


def _embed(body: dict[str, Any]) -> Reply:
    must(body["model"] == EMBEDDING_MODEL, "Model Not Exist")
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    write = as_base64 if body.get("encoding_format") == "base64" else list
    data = [
        {"object": "embedding", "index": place, "embedding": write(vector_of(text))}
        for place, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 2, "total_tokens": 2}
    return Reply.json({"object": "list", "model": EMBEDDING_MODEL, "data": data, "usage": usage})


_PATHS = {"/chat/completions": _chat, "/embeddings": _embed}
_HEAD = {"id": "5c1e", "created": 1, "model": MODEL, "system_fingerprint": "fp_1"}


def _read(body: dict[str, Any]) -> Seen:
    form = body.get("response_format", {"type": "text"})["type"]
    must(form in {"text", "json_object"}, f"This response_format type is unavailable now: {form}")
    if form == "json_object":
        must("json" in json.dumps(body["messages"]).lower(), "Prompt must contain the word 'json'")
    calls, results = _read_messages(body["messages"])
    tools = tuple(tool["function"]["name"] for tool in body.get("tools", []))
    return Seen(tools, calls, results, structured=form == "json_object")


def _read_messages(messages: list[dict[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names called, and the results; every message in its place."""
    calls: list[str] = []
    results: list[str] = []
    waiting: list[str] = []
    for message in messages:
        role, content = message["role"], message.get("content")
        must(role in _ROLES, f"unknown variant `{role}`, expected one of `system`, `user`, `assistant`, `tool`")
        must(content is None or isinstance(content, str), "messages: a list of parts is not taken here")
        if role == "tool":
            must(message["tool_call_id"] in waiting, "a 'tool' message must follow the 'tool_calls' that it answers")
            waiting.remove(message["tool_call_id"])
            results.append(message["content"])
            continue
        must(not waiting, f"insufficient tool messages following tool_calls message: {waiting}")
        made = message.get("tool_calls") or []
        waiting = [call["id"] for call in made]
        calls += [call["function"]["name"] for call in made]
        must(not made or message.get("reasoning_content", "").startswith(THOUGHT), "Missing `reasoning_content` field")
    must(not waiting, f"insufficient tool messages following tool_calls message: {waiting}")
    return tuple(calls), tuple(results)


def _finish_reason(move: Move) -> str:
    return "tool_calls" if move.calls else "stop"


def _calls(move: Move) -> list[dict[str, Any]]:
    return [
        {
            "index": place,
            "id": f"call_00_{call.id}",
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
        }
        for place, call in enumerate(move.calls)
    ]


def _message(move: Move) -> dict[str, Any]:
    message = {"role": "assistant", "content": move.text, "reasoning_content": move.thought}
    return {**message, "tool_calls": _calls(move)} if move.calls else message


def _deltas(move: Move) -> list[dict[str, Any]]:
    deltas: list[dict[str, Any]] = [{"reasoning_content": piece} for piece in in_pieces(move.thought)]
    deltas += [{"content": piece} for piece in in_pieces(move.text)]
    for call in _calls(move):
        function = call["function"]
        deltas.append({"tool_calls": [{**call, "function": {"name": function["name"], "arguments": ""}}]})
        deltas += [
            {"tool_calls": [{"index": call["index"], "function": {"arguments": piece}}]}
            for piece in in_pieces(function["arguments"])
        ]
    return deltas


def _chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return {**_HEAD, "object": "chat.completion.chunk", "choices": [choice], "usage": None}
