"""Thoughts of passed-through replies: kept by tool call, and put back where a client has dropped them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import Context, ReplyTranslator, Target, Thinking, Translation, translate_request
from proapi_translate.prompt import Signature

USER = {"role": "user", "content": "weigh it"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weigh", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "5"}
STEP = [USER, CALLING, RESULT]
SAID = {"role": "assistant", "content": "five"}
KNOWN = {"call_1": (Thinking("use "), Thinking("the scale"))}


def translated(
    messages: list[dict[str, Any]], provider: str, model: str, known: Any = None, **fields: Any
) -> Translation:
    context = Context(recall=lambda call_id: (known or {}).get(call_id, ()))
    body = json.dumps({"model": "asked", "messages": messages, **fields}).encode()
    return translate_request("chat", body, Target(provider, model, credential="k"), context)


def thoughts_sent(messages: list[dict[str, Any]], provider: str, model: str, known: Any = None) -> list[Any]:
    """What each assistant turn carries; "-" for a turn without the field."""
    translation = translated(messages, provider, model, known)
    assert translation.losses == ()
    sent = json.loads(translation.upstream.body)["messages"]
    return [turn.get("reasoning_content", "-") for turn in sent if turn["role"] == "assistant"]


@pytest.mark.parametrize(
    ("provider", "model", "remembered", "forgotten"),
    [
        ("deepseek", "deepseek-v4-pro", "use \nthe scale", ""),
        ("deepseek", "deepseek-reasoner", "use \nthe scale", "-"),
        ("moonshot", "kimi-k2.6", "use \nthe scale", " "),
        ("moonshot", "kimi-k2-thinking", "use \nthe scale", " "),
        ("moonshot", "moonshot-v1-8k", "-", "-"),
        ("glm", "glm-4.7", "use \nthe scale", "-"),
        ("openai", "gpt-4o", "-", "-"),
    ],
)
def test_C017_a_thought_goes_back_with_its_call(provider: str, model: str, remembered: str, forgotten: str) -> None:
    assert thoughts_sent(STEP, provider, model, KNOWN) == [remembered]
    assert thoughts_sent(STEP, provider, model) == [forgotten]


def test_what_the_client_carries_itself_is_left_as_it_is() -> None:
    own = {**CALLING, "reasoning_content": "mine"}
    assert thoughts_sent([USER, own, RESULT], "deepseek", "deepseek-v4-pro", KNOWN) == ["mine"]


def test_turns_without_calls_hold_the_field_where_the_backend_wants_it_in_all() -> None:
    assert thoughts_sent([USER, SAID, *STEP], "deepseek", "deepseek-v4-pro", KNOWN) == ["", "use \nthe scale"]
    assert thoughts_sent([USER, SAID, *STEP], "moonshot", "kimi-k3", KNOWN) == ["-", "use \nthe scale"]


def test_r1_gets_none_before_the_last_user_message() -> None:
    assert thoughts_sent([*STEP, SAID, *STEP], "deepseek", "deepseek-reasoner", KNOWN) == ["-", "-", "use \nthe scale"]


@pytest.mark.parametrize("messages", ["assistant", [{"role": "assistant", "tool_calls": 3}], [["assistant"]], None])
def test_odd_messages_are_left_to_the_backend(messages: Any) -> None:
    sent = json.loads(translated(messages, "moonshot", "kimi-k3").upstream.body)["messages"]
    assert sent == messages or sent == [{**messages[0], "reasoning_content": " "}]


def reply_to(provider: str, *, stream: bool) -> ReplyTranslator:
    return ReplyTranslator(translated([USER], provider, "m", stream=stream), "chatcmpl-1", 7)


def chunk(**delta: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return b"data: %s\n\n" % json.dumps({"id": "c", "choices": [choice]}).encode()


END = b'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n'


@pytest.mark.parametrize(("provider", "kept"), [("deepseek", {"call_1": (Thinking("use it"),)}), ("openai", {})])
def test_a_streams_thoughts_are_kept_by_call(provider: str, kept: Any) -> None:
    pieces = [
        chunk(role="assistant", reasoning_content="use "),
        chunk(reasoning_content="it"),
        chunk(tool_calls=[{"index": 0, **CALL}]),
        END,
    ]
    reply = reply_to(provider, stream=True)
    reply.start(200, {})
    assert b"".join(map(reply.feed, pieces)) + reply.finish()
    assert reply.failure is None
    assert reply.thoughts_by_call == kept


def test_a_whole_replys_thoughts_are_kept_by_call() -> None:
    message = {**CALLING, "reasoning_content": "use it", "tool_calls": [CALL, {**CALL, "id": "call_2"}]}
    reply = reply_to("deepseek", stream=False)
    reply.start(200, {})
    reply.whole(json.dumps({"id": "c", "choices": [{"message": message, "finish_reason": "tool_calls"}]}).encode())
    assert reply.thoughts_by_call == dict.fromkeys(("call_1", "call_2"), (Thinking("use it"),))


# Claude's text comes in pieces, its signature last; Gemini's proof names its call, and comes after it.
CLAUDE_PIECES = [
    {"type": "reasoning.text", "text": "use ", "format": "anthropic-claude-v1", "index": 0},
    {"type": "reasoning.text", "text": "it", "index": 0},
    {"type": "reasoning.text", "signature": "c2ln", "index": 0},
]
GEMINI_PROOF = {"type": "reasoning.encrypted", "id": "call_1", "data": "AA==", "format": "google-gemini-v1", "index": 0}
CALLED = {"tool_calls": [{"index": 0, **CALL}]}
WHOLE = {**CLAUDE_PIECES[0], "text": "use it", "signature": "c2ln"}


def openrouter_details(known: Any, **carried: Any) -> Any:
    sent = translated([USER, {**CALLING, **carried}, RESULT], "openrouter", "m", known)
    assert sent.losses == ()
    return json.loads(sent.upstream.body)["messages"][1].get("reasoning_details")


@pytest.mark.parametrize(
    ("pieces", "details"),
    [
        ([*({"reasoning_details": [piece]} for piece in CLAUDE_PIECES), CALLED], [WHOLE]),
        ([CALLED, {"reasoning_details": [GEMINI_PROOF]}], [GEMINI_PROOF]),
        ([{"reasoning_details": [*CLAUDE_PIECES, GEMINI_PROOF]}, CALLED], [WHOLE, GEMINI_PROOF]),
        ([{"reasoning_details": [WHOLE, WHOLE]}, CALLED], [WHOLE, WHOLE]),
        ([{"reasoning_details": [None, 3]}, CALLED], None),
    ],
)
def test_C017_openrouters_proofs_go_back_with_their_call(pieces: list[Any], details: Any) -> None:
    reply = reply_to("openrouter", stream=True)
    reply.start(200, {})
    assert b"".join(reply.feed(chunk(**piece)) for piece in pieces) + reply.feed(END) + reply.finish()
    assert reply.failure is None
    assert openrouter_details(reply.thoughts_by_call) == details


def test_C017_a_whole_replys_proofs_go_back_and_the_clients_own_come_first() -> None:
    message = {**CALLING, "reasoning_details": [WHOLE]}
    reply = reply_to("openrouter", stream=False)
    reply.start(200, {})
    reply.whole(json.dumps({"id": "c", "choices": [{"message": message, "finish_reason": "tool_calls"}]}).encode())
    known = reply.thoughts_by_call
    assert openrouter_details(known) == [WHOLE]
    assert openrouter_details(known, reasoning_details=[GEMINI_PROOF]) == [GEMINI_PROOF]
    assert openrouter_details({}) is None
    others = translated(STEP, "anthropic", "claude-sonnet-4-5", known)
    assert (others.losses, b"c2ln" in others.upstream.body) == ((), False)


def test_another_vendors_thought_is_no_loss_of_the_client_on_bedrock() -> None:
    target = Target("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", credential="k", options={"region": "r"})
    body = json.dumps({"model": "asked", "messages": STEP}).encode()
    signed = {"call_1": (Thinking("plain"), Thinking("ours", Signature("c2ln", "anthropic")))}
    translation = translate_request("chat", body, target, Context(recall=lambda call_id: signed.get(call_id, ())))
    assert translation.losses == ()
    assert list(json.loads(translation.upstream.body)["messages"][1]["content"][0]) == ["reasoningContent"]
