"""Effort → each model's own thinking fields, and what forbids thinking."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from proapi_translate.errors import ClientFault
from proapi_translate.prompt import Signature, Thinking

from .test_messages import ANSWERED
from .wire import CLAUDE, NOVA, lost_fields, write_chat

OPUS_4_6, OPUS_4_7 = "anthropic.claude-opus-4-6-v1", "us.anthropic.claude-opus-4-7"
OPUS_5, OPUS_5_5, SONNET_5_5 = "anthropic.claude-opus-5", "anthropic.claude-opus-5-5", "anthropic.claude-sonnet-5-5"
NOVA_2, GPT_OSS, QWEN = "us.amazon.nova-2-lite-v1:0", "openai.gpt-oss-120b-1:0", "qwen.qwen3-32b-v1:0"
TOOL = {"type": "function", "function": {"name": "add"}}
ADAPTIVE = {"thinking": {"type": "adaptive"}}
SHOWN = {"thinking": {"type": "adaptive", "display": "summarized"}}
SIGNED = (Thinking("t", Signature("c2ln", "anthropic")),)


def budget(tokens: int) -> dict[str, Any]:
    return {"thinking": {"type": "enabled", "budget_tokens": tokens}}


@pytest.mark.parametrize(
    ("model", "request_fields", "fields", "effort"),
    [
        (CLAUDE, {"reasoning_effort": "minimal"}, budget(1024), None),
        (CLAUDE, {"reasoning_effort": "medium", "max_tokens": 32000}, budget(8192), None),
        (CLAUDE, {"reasoning_effort": "high", "max_tokens": 6000}, budget(3000), None),
        (CLAUDE, {"reasoning": {"max_tokens": 5000}}, budget(5000), None),
        (CLAUDE, {"reasoning_effort": "none"}, None, None),
        (OPUS_4_6, {"reasoning_effort": "low"}, ADAPTIVE, "low"),
        (OPUS_4_7, {"reasoning_effort": "xhigh"}, SHOWN, "xhigh"),
        (OPUS_4_7, {"reasoning_effort": "none"}, None, None),
        (OPUS_5, {"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}, None),
        (SONNET_5_5, {"reasoning_effort": "none"}, {"thinking": {"type": "between_tools"}}, None),
        (
            NOVA_2,
            {"reasoning_effort": "low"},
            {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}},
            None,
        ),
        (NOVA_2, {"reasoning_effort": "none"}, {"reasoningConfig": {"type": "disabled"}}, None),
        (GPT_OSS, {"reasoning_effort": "high"}, {"reasoning_effort": "high"}, None),
        (QWEN, {"reasoning_effort": "low"}, {"reasoning_config": "low"}, None),
        (NOVA, {"reasoning_effort": "none"}, None, None),
    ],
)
def test_what_the_model_knows_is_sent_without_a_loss(
    model: str, request_fields: dict[str, Any], fields: dict[str, Any] | None, effort: str | None
) -> None:
    written, losses = write_chat(request_fields, model)
    assert written.body.get("additionalModelRequestFields") == fields
    assert written.body.get("outputConfig", {}).get("effort") == effort
    assert losses == ()


@pytest.mark.parametrize(
    ("model", "request_fields", "fields", "what"),
    [
        (CLAUDE, {"reasoning_effort": "low", "max_tokens": 600}, None, "dropped"),
        (CLAUDE, {"reasoning_effort": "low", "tools": [TOOL], "tool_choice": "required"}, None, "dropped"),
        (OPUS_4_6, {"reasoning_effort": "xhigh"}, ADAPTIVE, "approximated"),
        (OPUS_4_6, {"reasoning": {"max_tokens": 5000}}, ADAPTIVE, "approximated"),
        (OPUS_5_5, {"reasoning_effort": "none"}, SHOWN, "approximated"),
        (GPT_OSS, {"reasoning_effort": "none"}, {"reasoning_effort": "low"}, "approximated"),
        (GPT_OSS, {"reasoning_effort": "xhigh"}, {"reasoning_effort": "high"}, "approximated"),
        (QWEN, {"reasoning_effort": "medium"}, {"reasoning_config": "high"}, "approximated"),
        (NOVA, {"reasoning_effort": "low"}, None, "dropped"),
        (
            NOVA_2,
            {"reasoning_effort": "high", "max_tokens": 9},
            {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}},
            "approximated",
        ),
    ],
)
def test_what_it_does_not_know_is_reported(
    model: str, request_fields: dict[str, Any], fields: dict[str, Any] | None, what: str
) -> None:
    written, losses = write_chat(request_fields, model)
    assert written.body.get("additionalModelRequestFields") == fields
    assert [(loss.field, loss.what) for loss in losses] == [(next(iter(request_fields)), what)]


class TestAfterAToolCall:
    REQUEST: ClassVar[dict[str, Any]] = {"reasoning_effort": "low", "messages": ANSWERED, "tools": [TOOL]}

    def test_without_its_thought_a_counting_claude_does_not_think(self) -> None:
        written, losses = write_chat(self.REQUEST)
        assert "additionalModelRequestFields" not in written.body
        assert lost_fields(losses) == ["reasoning_effort"]

    def test_with_its_thought_it_does(self) -> None:
        written, losses = write_chat(self.REQUEST, recall=lambda call_id: SIGNED)
        assert written.body["additionalModelRequestFields"] == budget(2048)
        assert losses == ()

    def test_an_adaptive_one_always_may(self) -> None:
        assert write_chat(self.REQUEST, OPUS_4_6)[0].body["additionalModelRequestFields"] == ADAPTIVE


def test_claudes_own_words_go_through() -> None:
    own = {"thinking": {"type": "enabled", "budget_tokens": 2000}}
    written, losses = write_chat({**own, "reasoning_effort": "high", "temperature": 0.3})
    assert written.body == {"messages": written.body["messages"], "additionalModelRequestFields": own}
    assert lost_fields(losses) == ["temperature"]


def test_an_unknown_effort_is_the_clients_fault() -> None:
    with pytest.raises(ClientFault, match="ultra") as caught:
        write_chat({"reasoning_effort": "ultra"})
    assert caught.value.param == "reasoning_effort"


def test_no_thinking_where_the_answers_beginning_is_given() -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "{"}]
    written, losses = write_chat({"messages": messages, "reasoning_effort": "high"})
    assert "thinking" not in written.body.get("additionalModelRequestFields", {})
    assert lost_fields(losses) == ["reasoning_effort"]
