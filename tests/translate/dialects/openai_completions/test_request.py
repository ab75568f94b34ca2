"""Completions body → Prompt: the prompt's forms, the dials, and what no chat model can be asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from proapi_translate import ClientFault, Context, Target, translate_request

CLAUDE = Target("anthropic", "claude-sonnet-4-5")
CHAT = Target("deepseek", "deepseek-chat")


def decode(model: str, tokens: Sequence[int]) -> str:
    return f"{model}:{tokens}"


def write(
    target: Target = CHAT, decode_tokens: Callable[[str, Sequence[int]], str] | None = None, **fields: Any
) -> tuple[dict[str, Any], dict[str, str]]:
    """(the body sent, what was lost by field)."""
    body = json.dumps({"model": "asked", "prompt": "hi"} | fields).encode()
    translation = translate_request("completions", body, target, Context(decode_tokens=decode_tokens))
    return json.loads(translation.upstream.body), {loss.field: loss.what for loss in translation.losses}


def refused(**fields: Any) -> ClientFault:
    with pytest.raises(ClientFault) as caught:
        write(**fields)
    assert caught.value.status == 400
    return caught.value


@pytest.mark.parametrize("prompt", ["hi", ["hi"]])
def test_the_prompt_is_what_a_user_says(prompt: Any) -> None:
    assert write(prompt=prompt) == ({"model": "deepseek-chat", "messages": [{"role": "user", "content": "hi"}]}, {})


@pytest.mark.parametrize("prompt", [[1, 2], [[1, 2]]])
def test_token_ids_become_text_by_the_name_that_was_asked_for(prompt: Any) -> None:
    assert write(decode_tokens=decode, prompt=prompt)[0]["messages"][0]["content"] == "asked:[1, 2]"
    fault = refused(prompt=prompt)
    assert fault.param == "prompt"
    assert "tiktoken" in fault.message


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (["a", "b"], "one prompt at a time"),
        ([[1], [2]], "one prompt at a time"),
        (None, "required"),
        ("", "required"),
        ([], "required"),
        ([""], "required"),
        ({"a": 1}, "expected a string"),
        ([1.5], "expected a string"),
    ],
)
def test_prompts_that_cannot_be_served(prompt: Any, words: str) -> None:
    fault = refused(prompt=prompt)
    assert fault.param == "prompt"
    assert words in fault.message


def test_the_dials_go_on_and_no_limit_is_made_up() -> None:
    dials = {"temperature": 0.5, "top_p": 0.9, "seed": 3, "n": 2, "frequency_penalty": 1, "presence_penalty": -1}
    body, losses = write(**dials, max_tokens=9, stop=["X"], user="u")
    assert body == {
        "model": "deepseek-chat", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 9, "stop": ["X"],
        "user": "u", **dials,
    }  # fmt: skip
    assert losses == {}
    assert "max_tokens" not in write()[0]


def test_a_stream_asks_for_its_usage() -> None:
    body, _ = write(stream=True)
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})


@pytest.mark.parametrize("target", [CHAT, CLAUDE])
def test_what_is_lost_is_told(target: Target) -> None:
    assert write(target, suffix="end", logprobs=0, best_of=3)[1] == {
        "suffix": "dropped", "logprobs": "dropped", "best_of": "dropped",
    }  # fmt: skip
    assert write(target, suffix=None, logprobs=None, best_of=1, echo=True)[1] == {}
    assert write(target, unknown=1)[1] == {"unknown": "dropped"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"temperature": 3}, "temperature"),
        ({"n": 0}, "n"),
        ({"n": 3, "best_of": 2}, "best_of"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": 1}, "stop"),
        ({"logit_bias": [1]}, "logit_bias"),
    ],
)
def test_values_that_openai_refuses_too(fields: dict[str, Any], param: str) -> None:
    assert refused(**fields).param == param
