"""Depth: one rich answer of each backend (a thought, a text, two calls, all counts), both ways, to each client."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from proapi_translate import ReplyTranslator, Target, translate_request
from proapi_translate.eventstream import write_frame

Body = dict[str, Any]
VERTEX = {"PROJECT_ID": "p", "location": "global", "access_token": "t"}
AWS = {"region": "us-east-1", "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "none"}
# What every one of them says: it thinks "hm", says "né", calls f({"n": 1}) and g(); 30 tokens in, 10 of them from a
# cache; 12 out, 5 of them thoughts.
THOUGHT, SAID, CALLS = "hm", "né", [("f", {"n": 1}), ("g", {})]


def sse(*values: Body, done: bool = False) -> bytes:
    lines = [f"event: {value.get('type', '')}\ndata: {json.dumps(value)}\n\n".encode() for value in values]
    return b"".join(lines) + (b"data: [DONE]\n\n" if done else b"")


def whole(value: Body) -> bytes:
    return json.dumps(value).encode()


@dataclass(frozen=True)
class Wire:
    """`ids`: does the backend give its calls ids (c1, c2)? `cached`, `reasoning`: does it count those tokens?"""

    target: Target
    body: bytes
    stream: bytes
    ids: bool = True
    thinks: bool = True
    cached: int = 10
    reasoning: int = 5


# -- Claude ------------------------------------------------------------------------------------------------------------
_USAGE: Body = {"input_tokens": 20, "cache_read_input_tokens": 10, "output_tokens": 12}
_TOLD: Body = {**_USAGE, "output_tokens_details": {"thinking_tokens": 5}}
_BLOCKS: list[Body] = [
    {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
    {"type": "text", "text": "né"},
    {"type": "tool_use", "id": "c1", "name": "f", "input": {"n": 1}},
    {"type": "tool_use", "id": "c2", "name": "g", "input": {}},
]
_DELTAS: list[list[Body]] = [
    [{"type": "thinking_delta", "thinking": "hm"}, {"type": "signature_delta", "signature": "c2ln"}],
    [{"type": "text_delta", "text": "n"}, {"type": "text_delta", "text": "é"}],
    [{"type": "input_json_delta", "partial_json": '{"n"'}, {"type": "input_json_delta", "partial_json": ": 1}"}],
    [{"type": "input_json_delta", "partial_json": ""}],
]


def claude_stream() -> bytes:
    events: list[Body] = [{"type": "message_start", "message": {"id": "m", "usage": _USAGE}}]
    for index, (block, deltas) in enumerate(zip(_BLOCKS, _DELTAS, strict=True)):
        empty = {name: {"input": {}}.get(name, "") for name in block.keys() - {"type", "id", "name"}}
        events.append({"type": "content_block_start", "index": index, "content_block": {**block, **empty}})
        events += ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        events.append({"type": "content_block_stop", "index": index})
    events.append({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": _TOLD})
    return sse(*events, {"type": "message_stop"})


CLAUDE = whole({"id": "m", "type": "message", "content": _BLOCKS, "stop_reason": "tool_use", "usage": _TOLD})

# -- Gemini ------------------------------------------------------------------------------------------------------------
_COUNTS = {
    "promptTokenCount": 30, "cachedContentTokenCount": 10, "candidatesTokenCount": 7, "thoughtsTokenCount": 5,
    "totalTokenCount": 42,
}  # fmt: skip
_PARTS: list[Body] = [
    {"text": "hm", "thought": True},
    {"text": "né"},
    {"functionCall": {"name": "f", "args": {"n": 1}}},
    {"functionCall": {"name": "g"}},
]


def gemini_reply(*parts: Body, finish: str = "STOP") -> Body:
    candidate: Body = {"content": {"role": "model", "parts": list(parts)}}
    candidate |= {"finishReason": finish} if finish else {}
    return {"candidates": [candidate], "usageMetadata": _COUNTS}


GEMINI = whole(gemini_reply(*_PARTS))
GEMINI_STREAM = sse(*(gemini_reply(part, finish="") for part in _PARTS), gemini_reply())

# -- Cohere ------------------------------------------------------------------------------------------------------------
_COHERE_USAGE = {"tokens": {"input_tokens": 30, "output_tokens": 12}, "cached_tokens": 10}
_COHERE_CALLS: list[Body] = [
    {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"n":1}'}},
    {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
]
_COHERE_CONTENT: list[Body] = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "né"}]


def cohere_stream() -> bytes:
    events: list[Body] = [{"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant"}}}]
    for index, item in enumerate(_COHERE_CONTENT):
        kind = item["type"]
        start = {"type": kind, kind: ""}
        events += [
            {"type": "content-start", "index": index, "delta": {"message": {"content": start}}},
            {"type": "content-delta", "index": index, "delta": {"message": {"content": {kind: item[kind]}}}},
            {"type": "content-end", "index": index},
        ]
    for index, call in enumerate(_COHERE_CALLS):
        bare = {**call, "function": {**call["function"], "arguments": ""}}
        arguments = {"function": {"arguments": call["function"]["arguments"]}}
        events += [
            {"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": bare}}},
            {"type": "tool-call-delta", "index": index, "delta": {"message": {"tool_calls": arguments}}},
            {"type": "tool-call-end", "index": index},
        ]
    return sse(*events, {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": _COHERE_USAGE}})


_COHERE_MESSAGE = {"role": "assistant", "content": _COHERE_CONTENT, "tool_calls": _COHERE_CALLS}
COHERE = whole({"id": "m", "message": _COHERE_MESSAGE, "finish_reason": "TOOL_CALL", "usage": _COHERE_USAGE})

# -- Workers AI --------------------------------------------------------------------------------------------------------
_CHAT_USAGE: Body = {
    "prompt_tokens": 30, "completion_tokens": 12, "total_tokens": 42, "prompt_tokens_details": {"cached_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 5},
}  # fmt: skip
_RUN_CALLS: list[Body] = [{"name": "f", "arguments": {"n": 1}}, {"name": "g", "arguments": {}}]
WORKERS_AI = whole(
    {"result": {"response": "né", "tool_calls": _RUN_CALLS, "usage": _CHAT_USAGE}, "success": True, "errors": []}
)
WORKERS_AI_STREAM = sse(
    {"response": "né"}, {"response": "", "tool_calls": _RUN_CALLS}, {"response": "", "usage": _CHAT_USAGE}, done=True
)

# -- Converse ----------------------------------------------------------------------------------------------------------
_AWS_USAGE = {"inputTokens": 20, "cacheReadInputTokens": 10, "outputTokens": 12, "totalTokens": 42}
_AWS_BLOCKS: list[Body] = [
    {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "c2ln"}}},
    {"text": "né"},
    {"toolUse": {"toolUseId": "c1", "name": "f", "input": {"n": 1}}},
    {"toolUse": {"toolUseId": "c2", "name": "g", "input": {}}},
]
CONVERSE = whole(
    {
        "output": {"message": {"role": "assistant", "content": _AWS_BLOCKS}},
        "stopReason": "tool_use",
        "usage": _AWS_USAGE,
    }
)


def converse_stream() -> bytes:
    def frame(name: str, payload: Body) -> bytes:
        headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
        return write_frame(headers, json.dumps(payload).encode())

    def delta(index: int, told: Body) -> bytes:
        return frame("contentBlockDelta", {"contentBlockIndex": index, "delta": told})

    def start(index: int, call_id: str, name: str) -> bytes:
        called = {"toolUse": {"toolUseId": call_id, "name": name}}
        return frame("contentBlockStart", {"contentBlockIndex": index, "start": called})

    def stop(index: int) -> bytes:
        return frame("contentBlockStop", {"contentBlockIndex": index})

    thought = delta(0, {"reasoningContent": {"text": "hm"}}) + delta(0, {"reasoningContent": {"signature": "c2ln"}})
    calls = start(2, "c1", "f") + delta(2, {"toolUse": {"input": '{"n":1}'}}) + stop(2) + start(3, "c2", "g") + stop(3)
    end = frame("messageStop", {"stopReason": "tool_use"}) + frame("metadata", {"usage": _AWS_USAGE})
    opening = frame("messageStart", {"role": "assistant"})
    return opening + thought + stop(0) + delta(1, {"text": "né"}) + stop(1) + calls + end


# -- OpenAI's own ------------------------------------------------------------------------------------------------------
_CHAT_HEAD: Body = {"id": "c", "created": 1, "model": "m"}
_NUMBERED = [{"index": index, **call} for index, call in enumerate(_COHERE_CALLS)]
_MESSAGE: Body = {"role": "assistant", "reasoning_content": "hm", "content": "né", "tool_calls": _COHERE_CALLS}
CHAT = whole(
    {
        **_CHAT_HEAD,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": _MESSAGE, "finish_reason": "tool_calls"}],
        "usage": _CHAT_USAGE,
    }
)


def chat_stream() -> bytes:
    deltas: list[Body] = [{"role": "assistant", "reasoning_content": "hm"}, {"content": "né"}]
    deltas += ({"tool_calls": [call]} for call in _NUMBERED)
    choices: list[Body] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": "tool_calls"})
    chunks = [{**_CHAT_HEAD, "object": "chat.completion.chunk", "choices": [choice]} for choice in choices]
    return sse(*chunks, {**_CHAT_HEAD, "choices": [], "usage": _CHAT_USAGE}, done=True)


_ITEMS: list[Body] = [
    {"type": "reasoning", "id": "r1", "summary": [{"type": "summary_text", "text": "hm"}]},
    {"type": "message", "id": "m1", "role": "assistant", "status": "completed",
     "content": [{"type": "output_text", "text": "né", "annotations": []}]},
    {"type": "function_call", "id": "fc1", "call_id": "c1", "name": "f", "arguments": '{"n":1}', "status": "completed"},
    {"type": "function_call", "id": "fc2", "call_id": "c2", "name": "g", "arguments": "{}", "status": "completed"},
]  # fmt: skip
_RESPONSE: Body = {
    "id": "r", "object": "response", "created_at": 1, "model": "m", "status": "completed", "output": _ITEMS,
    "usage": {
        "input_tokens": 30, "output_tokens": 12, "total_tokens": 42, "input_tokens_details": {"cached_tokens": 10},
        "output_tokens_details": {"reasoning_tokens": 5},
    },
}  # fmt: skip
RESPONSES_STREAM = sse(
    {"type": "response.created", "response": {**_RESPONSE, "status": "in_progress", "output": []}},
    *({"type": "response.output_item.done", "output_index": index, "item": item} for index, item in enumerate(_ITEMS)),
    {"type": "response.completed", "response": _RESPONSE},
)

BACKENDS: dict[str, Wire] = {
    "anthropic": Wire(Target("anthropic", "claude-sonnet-4-5"), CLAUDE, claude_stream()),
    "vertexai_claude": Wire(Target("vertexai_claude", "claude-sonnet-4-5", options=VERTEX), CLAUDE, claude_stream()),
    "gemini": Wire(Target("gemini", "gemini-2.5-flash"), GEMINI, GEMINI_STREAM, ids=False),
    "vertexai_gemini": Wire(
        Target("vertexai_gemini", "gemini-2.5-flash", options=VERTEX), GEMINI, GEMINI_STREAM, ids=False
    ),
    "cohere": Wire(Target("cohere", "command-a-reasoning-08-2025"), COHERE, cohere_stream(), reasoning=0),
    "cloudflare": Wire(
        Target("cloudflare", "@cf/meta/llama", options={"account_id": "a"}),
        WORKERS_AI, WORKERS_AI_STREAM, ids=False, thinks=False,
    ),
    "bedrock": Wire(
        Target("bedrock", "us.anthropic.claude-sonnet-4-5", options=AWS), CONVERSE, converse_stream(), reasoning=0
    ),
    "azure": Wire(Target("azure", "gpt-5", "https://r.openai.azure.com", options={"api": "chat"}), CHAT, chat_stream()),
    "deepseek": Wire(Target("deepseek", "deepseek-v4-pro"), CHAT, chat_stream()),
    "responses": Wire(Target("openai", "gpt-5", options={"api": "responses"}), whole(_RESPONSE), RESPONSES_STREAM),
}  # fmt: skip


def chat_told(reply: Body) -> tuple[str, str, list[tuple[str, str, Any]], str, Body]:
    """(thought, text, calls, finish reason, usage) of a whole chat completion."""
    choice, usage = reply["choices"][0], reply["usage"]
    message = choice["message"]
    calls = [(c["id"], c["function"]["name"], json.loads(c["function"]["arguments"])) for c in message["tool_calls"]]
    return message.get("reasoning_content") or "", message["content"], calls, choice["finish_reason"], usage


def chat_streamed(data: bytes) -> tuple[str, str, list[tuple[str, str, Any]], str, Body]:
    chunks = [json.loads(line[6:]) for line in data.splitlines() if line.startswith(b"data: {")]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    calls: dict[int, list[str]] = {}
    for piece in (piece for choice in choices for piece in choice["delta"].get("tool_calls") or ()):
        call = calls.setdefault(piece["index"], ["", "", ""])
        for place, text in enumerate((piece.get("id"), piece["function"].get("name"), piece["function"]["arguments"])):
            assert not (place < 2 and call[place] and text)  # id and name once
            call[place] += text or ""

    def joined(field: str) -> str:
        return "".join(choice["delta"].get(field) or "" for choice in choices)

    (finish,) = [choice["finish_reason"] for choice in choices if choice["finish_reason"]]
    assert chunks[-1]["choices"] == []
    told = [(call[0], call[1], json.loads(call[2])) for _, call in sorted(calls.items())]
    return joined("reasoning_content"), joined("content"), told, finish, chunks[-1]["usage"]


def response_told(response: Body) -> tuple[str, str, list[tuple[str, str, Any]], str, Body]:
    items, usage = response["output"], response["usage"]
    thought = "".join(part["text"] for item in items if item["type"] == "reasoning" for part in item["summary"])
    text = "".join(part["text"] for item in items if item["type"] == "message" for part in item["content"])
    called = [item for item in items if item["type"] == "function_call"]
    calls = [(item["call_id"], item["name"], json.loads(item["arguments"])) for item in called]
    counts = {
        "prompt_tokens": usage["input_tokens"], "completion_tokens": usage["output_tokens"],
        "total_tokens": usage["total_tokens"], "prompt_tokens_details": usage["input_tokens_details"],
        "completion_tokens_details": usage["output_tokens_details"],
    }  # fmt: skip
    return thought, text, calls, "tool_calls" if response["status"] == "completed" else "", counts


def response_streamed(data: bytes) -> tuple[str, str, list[tuple[str, str, Any]], str, Body]:
    events = [json.loads(line[6:]) for line in data.splitlines() if line.startswith(b"data: {")]
    assert events[-1]["type"] == "response.completed"
    return response_told(events[-1]["response"])


Read = Callable[[Any], tuple[str, str, list[tuple[str, str, Any]], str, Body]]
CLIENTS: dict[str, tuple[Body, Read, Read]] = {
    "chat": ({"messages": [{"role": "user", "content": "hi"}]}, chat_told, chat_streamed),
    "responses": ({"input": "hi", "store": False}, response_told, response_streamed),
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_all_that_a_backend_says_reaches_each_client(backend: str, stream: bool, client: str) -> None:
    wire, (fields, read_whole, read_stream) = BACKENDS[backend], CLIENTS[client]
    body: Body = {"model": "m", "stream": stream, **fields}
    body |= {"stream_options": {"include_usage": True}} if stream and client == "chat" else {}
    reply = ReplyTranslator(translate_request(client, json.dumps(body).encode(), wire.target), "chatcmpl-1", 1)
    reply.start(200, {})
    if stream:
        told = read_stream(reply.feed(wire.stream) + reply.finish())
    else:
        told = read_whole(json.loads(reply.whole(wire.body)))
    thought, text, calls, finish, usage = told
    assert (thought, text, finish) == (THOUGHT if wire.thinks else "", SAID, "tool_calls")
    assert [(name, arguments) for _, name, arguments in calls] == CALLS
    assert [call_id for call_id, _, _ in calls] == ["c1", "c2"] if wire.ids else len({c[0] for c in calls}) == 2
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (30, 12, 42)
    assert usage["prompt_tokens_details"]["cached_tokens"] == wire.cached
    assert usage["completion_tokens_details"]["reasoning_tokens"] == wire.reasoning
    assert reply.failure is None
