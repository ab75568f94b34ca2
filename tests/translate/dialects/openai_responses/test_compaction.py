"""/v1/responses/compact: earlier turns become a sealed summary, before every backend that can answer a prompt."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import ResponseCompactionItem, ResponseUsage

from proapi_translate import BackendFailure, ClientFault, ReplyTranslator, Target, Translation, translate_request
from proapi_translate.sealed_summaries import unseal_summary

from .lanes import CREATED, MODEL, REPLY_ID, target

SAID = {"role": "user", "content": "book a table"}
TURNS = [
    SAID,
    {"type": "function_call", "call_id": "c1", "name": "book", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "c1", "output": "done"},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Booked."}]},
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "thanks"}]},
]
TOOLS = [{"type": "function", "name": "book"}, {"type": "web_search"}]


def translated(body: dict[str, Any], provider: str = "anthropic") -> Translation:
    asked = {"model": MODEL, **body}
    return translate_request("compaction", json.dumps(asked).encode(), target(provider))


def message(*blocks: dict[str, Any], stop_reason: str = "end_turn") -> bytes:
    usage = {"input_tokens": 30, "output_tokens": 5}
    return json.dumps(
        {"type": "message", "model": "claude", "content": blocks, "stop_reason": stop_reason, "usage": usage}
    ).encode()


def reply_to(body: dict[str, Any]) -> ReplyTranslator:
    reply = ReplyTranslator(translated(body), REPLY_ID, CREATED)
    reply.start(200, {})
    return reply


def test_the_model_is_asked_for_a_summary_and_calls_nothing() -> None:
    sent = json.loads(translated({"input": TURNS, "instructions": "Be kind.", "tools": TOOLS}).upstream.body)
    assert "summary of this conversation" in json.dumps(sent["messages"][-1])
    assert sent["system"] == "Be kind."
    assert sent["tool_choice"] == {"type": "none"}
    assert [tool["name"] for tool in sent["tools"]] == ["book"]  # a search of the vendor's own has nothing to do here
    assert "stream" not in sent


def test_the_reply_holds_what_the_user_said_and_the_summary() -> None:
    body = {"input": TURNS, "instructions": "Be kind.", "stream": True}  # there is no stream of it
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    told = json.loads(reply_to(body).whole(message(thought, {"type": "text", "text": "A table is booked."})))
    assert (told["id"], told["object"], told["created_at"]) == (REPLY_ID, "response.compaction", CREATED)
    usage = ResponseUsage.model_validate(told["usage"])
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (30, 5, 35)
    *said, summary = told["output"]
    assert [item["content"][0]["text"] for item in said] == ["book a table", "thanks"]
    ResponseCompactionItem.model_validate(summary)
    assert "A table is booked." in (unseal_summary(summary["encrypted_content"]) or "")


@pytest.mark.parametrize("provider", ["anthropic", "gemini", "cohere", "deepseek", "bedrock"])
def test_the_next_turn_of_any_model_knows_it(provider: str) -> None:
    told = json.loads(reply_to({"input": "a table"}).whole(message({"type": "text", "text": "They want a table."})))
    turn = {"model": MODEL, "input": [*told["output"], {"role": "user", "content": "for two"}]}
    model = "us.anthropic.claude-haiku-4-5-20251001-v1:0" if provider == "bedrock" else ""
    sent = translate_request("responses", json.dumps(turn).encode(), target(provider, model)).upstream.body.decode()
    for text in ("a table", "They want a table.", "for two"):
        assert text in sent


@pytest.mark.parametrize(
    "reply",
    [
        message({"type": "text", "text": "A ta"}, stop_reason="max_tokens"),
        message({"type": "text", "text": "I will not"}, stop_reason="refusal"),
        message(),
    ],
)
def test_half_a_summary_is_none(reply: bytes) -> None:
    answering = reply_to({"input": TURNS})
    told = json.loads(answering.whole(reply))
    assert answering.status == 502
    assert told["error"]["code"] == "no_summary"
    assert isinstance(answering.failure, BackendFailure)


@pytest.mark.parametrize("given", [None, "", [], 5])
def test_without_input_there_is_nothing_to_make_shorter(given: Any) -> None:
    with pytest.raises(ClientFault) as caught:
        translated({"input": given})
    assert (caught.value.status, caught.value.param) == (400, "input")


def test_a_wish_that_stands_there_already_is_not_doubled() -> None:
    sent = translated({"input": [SAID, {"type": "compaction_trigger"}]}).upstream.body.decode()
    assert sent.count("summary of this conversation") == 1


@pytest.mark.parametrize(
    ("provider", "base_url", "url"),
    [
        ("openai", "", "https://api.openai.com/v1/responses/compact"),
        ("azure", "https://r.openai.azure.com", "https://r.openai.azure.com/openai/v1/responses/compact"),
    ],
)
def test_who_has_it_is_passed_it(provider: str, base_url: str, url: str) -> None:
    body = b'{"model": "m", "input": "hi", "new_field": 1.50}'
    translation = translate_request("compaction", body, Target(provider, "gpt-5", base_url, "k"))
    assert translation.upstream.url == url
    assert translation.upstream.body == b'{"model":"gpt-5","input":"hi","new_field":1.50}'
    reply = ReplyTranslator(translation, REPLY_ID, CREATED)
    reply.start(200, {})
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    theirs = {"id": "resp_x", "object": "response.compaction", "created_at": 1, "output": [], "usage": usage}
    assert json.loads(reply.whole(json.dumps(theirs).encode())) == theirs
    assert reply.usage is not None
    assert reply.usage.total_tokens == 5


def test_what_is_no_summary_there_is_a_failure() -> None:
    reply = ReplyTranslator(
        translate_request("compaction", b'{"model": "m", "input": "hi"}', Target("openai", "gpt-5", "", "k")), "r", 1
    )
    reply.start(200, {})
    reply.whole(b'{"error": {"message": "no such thing", "code": "x"}}')
    assert reply.failure is not None


@pytest.mark.parametrize("provider", ["openrouter", "xai", "deepseek"])
def test_who_may_not_have_it_is_asked_for_a_summary(provider: str) -> None:
    translation = translated({"input": "hi"}, provider)
    assert translation.upstream.url.endswith("/chat/completions")
