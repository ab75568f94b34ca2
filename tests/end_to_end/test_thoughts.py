"""A chat client that cannot carry a signed thought, and a backend that wants it back with the tool's result."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.end_to_end.configs import AUTHORIZATION, TOKEN
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy

THOUGHT = {"type": "thinking", "thinking": "use the scale", "signature": "c2ln"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "weigh", "input": {}}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [THOUGHT, CALL],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
ASKED = {"model": "m", "reasoning_effort": "low", "max_tokens": 6000}
TOOLS = [{"type": "function", "function": {"name": "weigh", "parameters": {"type": "object"}}}]
HI: dict[str, Any] = {"role": "user", "content": "weigh it"}


def config(url: str) -> str:
    return f"""
providers:
  - provider: anthropic
    base_url: {url}
    api_key: sk-ant-of-the-backend
    model: [ {{ claude-sonnet-4-5: m }} ]
tokens:
  - api_key: {TOKEN}
    model: [ all ]
  - api_key: sk-of-another-client
    model: [ all ]
"""


def as_stream(message: dict[str, Any]) -> list[bytes]:
    """The same message as the stream that it would have been."""
    natives: list[dict[str, Any]] = [{"type": "message_start", "message": {**message, "content": []}}]
    for index, block in enumerate(message["content"]):
        natives.append({"type": "content_block_start", "index": index, "content_block": block})
        natives.append({"type": "content_block_stop", "index": index})
    natives.append({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": message["usage"]})
    natives.append({"type": "message_stop"})
    return [b"data: %s\n\n" % json.dumps(native).encode() for native in natives]


@pytest.mark.parametrize("stream", [False, True])
def test_c016_the_thought_goes_back_with_its_call_to_its_own_client(stream: bool) -> None:
    reply = Reply.stream(as_stream(MESSAGE)) if stream else Reply.json(MESSAGE)
    with PacedBackend(answer=lambda request: reply) as backend, RunningProxy(config(backend.url)) as proxy:
        first = {**ASKED, "messages": [HI], "tools": TOOLS, "stream": stream}
        told = httpx.post(f"{proxy.base_url}/chat/completions", json=first, headers=AUTHORIZATION)
        assert "toolu_1" in told.text
        call = {"id": "toolu_1", "type": "function", "function": {"name": "weigh", "arguments": "{}"}}
        history = [
            HI,
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "toolu_1", "content": "3 g"},
        ]
        for key in (TOKEN, "sk-of-another-client"):
            headers = {"authorization": f"Bearer {key}"}
            body = {**ASKED, "messages": history, "tools": TOOLS}
            httpx.post(f"{proxy.base_url}/chat/completions", json=body, headers=headers).raise_for_status()
        known, unknown = (json.loads(request.body) for request in backend.requests[1:])
    assert known["messages"][1]["content"] == [THOUGHT, CALL]
    assert known["thinking"]["type"] == "enabled"
    assert unknown["messages"][1]["content"] == [CALL]
    assert "thinking" not in unknown


SEALED = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "use it"}], "encrypted_content": "gAAA"}
OUTPUT = [SEALED, {"type": "function_call", "call_id": "call_1", "name": "weigh", "arguments": "{}"}]
RESPONSE = {"id": "r", "status": "completed", "output": OUTPUT, "usage": {"input_tokens": 1, "output_tokens": 1}}


@pytest.mark.parametrize("stream", [False, True])
def test_a_sealed_thought_of_a_responses_backend_goes_back_with_its_call(stream: bool) -> None:
    done = [
        {"type": "response.output_item.done", "output_index": index, "item": item} for index, item in enumerate(OUTPUT)
    ]
    events = [{"type": "response.created", "response": {"id": "r"}}, *done]
    events.append({"type": "response.completed", "response": RESPONSE})
    pieces = [b"data: %s\n\n" % json.dumps(event).encode() for event in events]
    reply = Reply.stream(pieces) if stream else Reply.json(RESPONSE)
    with PacedBackend(answer=lambda request: reply) as backend:
        text = config(backend.url).replace("provider: anthropic", "provider: openai\n    api: responses")
        with RunningProxy(text) as proxy:
            first = {"model": "m", "messages": [HI], "tools": TOOLS, "stream": stream}
            told = httpx.post(f"{proxy.base_url}/chat/completions", json=first, headers=AUTHORIZATION)
            assert "use it" in told.text
            call = {"id": "call_1", "type": "function", "function": {"name": "weigh", "arguments": "{}"}}
            result = {"role": "tool", "tool_call_id": "call_1", "content": "3 g"}
            history = [HI, {"role": "assistant", "content": None, "tool_calls": [call]}, result]
            body = {"model": "m", "messages": history, "tools": TOOLS}
            httpx.post(f"{proxy.base_url}/chat/completions", json=body, headers=AUTHORIZATION).raise_for_status()
        request = json.loads(backend.requests[-1].body)
    assert request["store"] is False
    assert [item.get("type") for item in request["input"]] == [
        None, "reasoning", "function_call", "function_call_output",
    ]  # fmt: skip
    assert request["input"][1] == SEALED
