"""The dials: where each goes, by model, and what is reported."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.errors import ClientFault

from .wire import CLAUDE, LLAMA, NOVA, lost_fields, write_chat

CLAUDE_3, OPUS_4_7, GPT_OSS = (
    "anthropic.claude-3-haiku-20240307-v1:0",
    "us.anthropic.claude-opus-4-7",
    "openai.gpt-oss-20b-1:0",
)
COHERE = "cohere.command-r-v1:0"


@pytest.mark.parametrize(
    ("model", "dials", "config", "fields", "lost"),
    [
        (CLAUDE, {}, None, None, []),
        (CLAUDE, {"max_tokens": 9}, {"maxTokens": 9}, None, []),
        (CLAUDE, {"max_completion_tokens": 9, "max_tokens": 8}, {"maxTokens": 9}, None, []),
        (CLAUDE, {"temperature": 0}, {"temperature": 0}, None, []),
        (CLAUDE, {"temperature": 1.7}, {"temperature": 1}, None, ["temperature"]),
        (CLAUDE, {"temperature": 0.4, "top_p": 0.9}, {"temperature": 0.4}, None, ["top_p"]),
        (CLAUDE, {"top_p": 0.9}, {"topP": 0.9}, None, []),
        (CLAUDE_3, {"temperature": 0.4, "top_p": 0.9}, {"temperature": 0.4, "topP": 0.9}, None, []),
        (OPUS_4_7, {"temperature": 0.4, "top_p": 0.9, "top_k": 5}, None, None, ["temperature", "top_p", "top_k"]),
        (CLAUDE, {"top_k": 5}, None, {"top_k": 5}, []),
        (NOVA, {"top_k": 5}, None, {"inferenceConfig": {"topK": 5}}, []),
        (COHERE, {"top_k": 5}, None, {"k": 5}, []),
        (LLAMA, {"top_k": 5}, None, None, ["top_k"]),
        (CLAUDE, {"stop": "X"}, {"stopSequences": ["X"]}, None, []),
        (CLAUDE, {"stop": ["X", "\n", ""]}, {"stopSequences": ["X"]}, None, ["stop"]),
        (LLAMA, {"stop": ["\n"]}, {"stopSequences": ["\n"]}, None, []),
        (CLAUDE, {"seed": 3, "frequency_penalty": 0.5}, None, None, ["seed", "frequency_penalty"]),
        (GPT_OSS, {"seed": 3, "presence_penalty": 0.5}, None, {"seed": 3, "presence_penalty": 0.5}, []),
        (CLAUDE, {"logit_bias": {"1": 5}}, None, None, ["logit_bias"]),
        (CLAUDE, {"n": 1, "logprobs": False}, None, None, []),
    ],
)
def test_every_dial(
    model: str, dials: dict[str, Any], config: dict[str, Any] | None, fields: dict[str, Any] | None, lost: list[str]
) -> None:
    written, losses = write_chat(dials, model)
    assert written.body.get("inferenceConfig") == config
    assert written.body.get("additionalModelRequestFields") == fields
    assert lost_fields(losses) == lost


@pytest.mark.parametrize(
    ("dials", "param"),
    [({"n": 3}, "n"), ({"logprobs": True, "top_logprobs": 2}, "logprobs"), ({"top_logprobs": 2}, "top_logprobs")],
)
def test_what_cannot_be_had_is_refused(dials: dict[str, Any], param: str) -> None:
    with pytest.raises(ClientFault) as caught:
        write_chat(dials)
    assert (caught.value.status, caught.value.param) == (400, param)


def test_thinking_leaves_no_room_for_dials() -> None:
    dials = {"reasoning_effort": "low", "temperature": 0.3, "top_p": 0.5, "top_k": 5}
    written, losses = write_chat(dials, "us.anthropic.claude-sonnet-4-20250514-v1:0")
    assert "inferenceConfig" not in written.body
    assert lost_fields(losses) == ["temperature", "top_p", "top_k"]
    kept, losses = write_chat(
        {"reasoning_effort": "low", "temperature": 1, "top_p": 0.97}, CLAUDE_3.replace("3-haiku", "3-7-sonnet")
    )
    assert kept.body["inferenceConfig"] == {"temperature": 1, "topP": 0.97}
    assert losses == ()


def test_the_limit_speaks_the_clients_name() -> None:
    written, losses = write_chat({"max_completion_tokens": 700, "reasoning_effort": "low"})
    assert written.body["inferenceConfig"] == {"maxTokens": 700}
    assert lost_fields(losses) == ["reasoning_effort"]
