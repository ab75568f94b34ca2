"""Thoughts that a client carries between turns come back to their maker, and to nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import Context, ReplyTranslator, Signature, Thinking
from proapi_translate.sealed_thoughts import seal

from .lanes import losses, sent, streamed, translate, whole

SEALED = {"include": ["reasoning.encrypted_content"]}
SIGNED = Thinking("plan", Signature("c2ln", "anthropic"))


# -- there and back, by each family ----------------------------------------------------------------------------------
CALL = {"functionCall": {"id": "call_1", "name": "f", "args": {}}, "thoughtSignature": "Y2FsbA=="}
GEMINI_PARTS = [{"text": "plan", "thought": True}, CALL]
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "4"}
TOOLS = [{"type": "function", "name": "f"}]


def gemini(parts: list[dict[str, Any]]) -> bytes:
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    return b"data: " + json.dumps({"candidates": [candidate]}).encode() + b"\n\n"


def next_turn(output: list[dict[str, Any]], *more: dict[str, Any]) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": "go"}, *output, *more], "tools": TOOLS}


def without_ids(output: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As clients send them that keep no ids (store: false)."""
    return [{name: value for name, value in item.items() if name not in ("id", "status")} for item in output]


def last_response(data: bytes, provider: str) -> tuple[dict[str, Any], ReplyTranslator]:
    _, reply = streamed(data, SEALED, provider)
    assert reply.response_object is not None
    return reply.response_object, reply


def test_geminis_signature_of_a_call_comes_back_on_the_call() -> None:
    response, _ = last_response(gemini(GEMINI_PARTS), "gemini")
    assert [item["type"] for item in response["output"]] == ["reasoning", "reasoning", "function_call"]
    written = sent(next_turn(without_ids(response["output"]), RESULT), "gemini")
    (part,) = written["contents"][1]["parts"]
    assert (part["functionCall"]["name"], part["thoughtSignature"]) == ("f", "Y2FsbA==")


def test_geminis_signature_of_a_text_comes_back_on_the_text() -> None:
    response, _ = last_response(gemini([{"text": "four", "thoughtSignature": "dGV4dA=="}]), "gemini")
    assert [item["type"] for item in response["output"]] == ["message", "reasoning"]
    written = sent(next_turn(response["output"], {"role": "user", "content": "more"}), "gemini")
    assert written["contents"][1]["parts"] == [{"text": "four", "thoughtSignature": "dGV4dA=="}]


def test_a_signature_amid_a_text_does_not_break_the_message() -> None:
    parts = [{"text": "fo", "thoughtSignature": "dGV4dA=="}]
    chunks = gemini(parts).replace(b',"finishReason": "STOP"', b"").replace(b', "finishReason": "STOP"', b"")
    response, _ = last_response(chunks + gemini([{"text": "ur"}]), "gemini")
    assert [item["type"] for item in response["output"]] == ["message", "reasoning"]
    assert response["output"][0]["content"][0]["text"] == "four"


def bedrock_reply() -> bytes:
    content = [
        {"reasoningContent": {"reasoningText": {"text": "plan", "signature": "c2ln"}}},
        {"toolUse": {"toolUseId": "call_1", "name": "f", "input": {}}},
    ]
    reply = {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": "tool_use"}
    return json.dumps({**reply, "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}}).encode()


CLAUDE_ON_BEDROCK = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def test_claudes_thoughts_go_between_its_doors() -> None:
    response, _ = whole(bedrock_reply(), SEALED, "bedrock", CLAUDE_ON_BEDROCK)
    body = next_turn(response["output"], RESULT)
    there = sent(body, "bedrock", CLAUDE_ON_BEDROCK)
    assert there["messages"][1]["content"][0] == {
        "reasoningContent": {"reasoningText": {"text": "plan", "signature": "c2ln"}}
    }
    direct = sent(body, "anthropic")
    assert direct["messages"][1]["content"][0] == {"type": "thinking", "thinking": "plan", "signature": "c2ln"}


@pytest.mark.parametrize("provider", ["gemini", "cohere", "bedrock", "cloudflare"])
def test_another_family_gets_nothing_of_it(provider: str) -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": seal(SIGNED)}
    said = {"type": "message", "role": "assistant", "content": "4"}
    body = next_turn([thought, said], {"role": "user", "content": "x"})
    model = {"bedrock": "us.amazon.nova-lite-v1:0", "cloudflare": "@cf/meta/m"}.get(provider, "")
    written = json.dumps(sent(body, provider, model))
    assert "plan" not in written
    assert "c2ln" not in written
    assert losses(body, provider, model)["input.reasoning"] == "dropped"


def test_a_foreign_proof_is_taken_off_a_call() -> None:
    response, _ = last_response(gemini([CALL]), "gemini")
    body = next_turn(response["output"], RESULT)
    assert "Y2FsbA" not in json.dumps(sent(body, "anthropic"))
    assert losses(body, "anthropic") == {"input.reasoning": "dropped"}


def test_a_client_that_carries_nothing_is_helped_by_memory() -> None:
    """It sends back the call alone, as a chat client does: the gateway remembers what went before it."""
    response, reply = last_response(gemini(GEMINI_PARTS), "gemini")
    calls = [item for item in response["output"] if item["type"] == "function_call"]
    known = reply.thoughts_by_call
    body = next_turn(calls, RESULT)
    written = sent(body, "gemini", context=Context(recall=lambda call_id: known.get(call_id, ())))
    assert written["contents"][1]["parts"][-1]["thoughtSignature"] == "Y2FsbA=="
    assert "Y2FsbA" not in json.dumps(sent(body, "gemini"))


def test_strict_refuses_to_lose_a_thought() -> None:
    thought = {"type": "reasoning", "summary": [], "encrypted_content": "gAAAA"}
    assert [loss.field for loss in translate({"input": [{"role": "user", "content": "x"}, thought]}).losses] == [
        "input.reasoning"
    ]
