"""reasoning_effort as each OpenAI-compatible backend knows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import Target, translate_request

ON, OFF = {"thinking": {"type": "enabled"}}, {"thinking": {"type": "disabled"}}


def sent(provider: str, model: str, **fields: Any) -> tuple[dict[str, Any], dict[str, str]]:
    body = {"model": "asked", "messages": [{"role": "user", "content": "hi"}], **fields}
    translation = translate_request("chat", json.dumps(body).encode(), Target(provider, model, credential="k"))
    whole = json.loads(translation.upstream.body)
    given = {name: value for name, value in whole.items() if name not in ("model", "messages")}
    return given, {loss.field: loss.what for loss in translation.losses}


@pytest.mark.parametrize(
    ("provider", "model", "effort", "fields", "what"),
    [
        ("deepseek", "deepseek-v4-pro", "none", OFF, "renamed"),
        ("deepseek", "deepseek-v4-pro", "xhigh", {"reasoning_effort": "xhigh"}, ""),
        ("glm", "glm-4.6", "none", OFF, "renamed"),
        ("glm", "glm-4.6", "low", ON, "approximated"),
        ("glm", "glm-5.2", "medium", {"reasoning_effort": "medium"}, ""),
        ("glm", "glm-5.3", "none", {"reasoning_effort": "low"}, "approximated"),
        ("glm", "glm-5.3", "max", {"reasoning_effort": "max"}, ""),
        ("moonshot", "kimi-k2.6", "none", OFF, "renamed"),
        ("moonshot", "kimi-k2.6", "high", ON, "approximated"),
        ("moonshot", "kimi-k2.7-code", "none", {}, "approximated"),
        ("moonshot", "kimi-k3", "medium", {"reasoning_effort": "high"}, "approximated"),
        ("qwen", "qwen3-max", "none", {"enable_thinking": False}, "renamed"),
        ("qwen", "qwen3-max", "low", {"enable_thinking": True}, "approximated"),
        ("qwen", "qwen3.8-plus", "low", {"enable_thinking": True, "reasoning_effort": "low"}, ""),
        ("doubao", "doubao-seed-1-6", "none", OFF, "renamed"),
        ("doubao", "doubao-seed-1-6", "max", {"reasoning_effort": "high"}, "approximated"),
        ("xai", "grok-4.3", "none", {"reasoning_effort": "none"}, ""),
        ("xai", "grok-4.5", "none", {"reasoning_effort": "low"}, "approximated"),
        ("xai", "grok-3-mini", "medium", {"reasoning_effort": "high"}, "approximated"),
        ("xai", "grok-4-fast-reasoning", "low", {}, "dropped"),
        ("xai", "grok-4.20-reasoning", "low", {}, "dropped"),
        ("groq", "openai/gpt-oss-120b", "xhigh", {"reasoning_effort": "high"}, "approximated"),
        ("groq", "llama-3.3-70b-versatile", "low", {"reasoning_effort": "low"}, ""),
        ("openrouter", "z-ai/glm-5.3", "none", {"reasoning_effort": "none"}, ""),
        ("mistral", "mistral-medium-latest", "high", {"reasoning_effort": "high"}, ""),
        ("mistral", "mistral-medium-latest", "low", {"reasoning_effort": "high"}, "approximated"),
        ("mistral", "mistral-medium-latest", "minimal", {"reasoning_effort": "none"}, "approximated"),
        ("mistral", "mistral-large-4-0", "low", {"reasoning_effort": "low"}, ""),
    ],
)
def test_each_backends_own_words(provider: str, model: str, effort: str, fields: dict[str, Any], what: str) -> None:
    assert sent(provider, model, reasoning_effort=effort) == (fields, {"reasoning_effort": what} if what else {})


def test_a_field_of_the_backends_own_that_the_client_sets_is_kept() -> None:
    own = {"thinking": {"type": "enabled", "clear_thinking": False}}
    assert sent("glm", "glm-4.7", reasoning_effort="high", **own)[0] == own


@pytest.mark.parametrize("effort", [None, 3, ["low"]])
def test_what_is_no_word_is_left_to_the_backend(effort: Any) -> None:
    assert sent("glm", "glm-4.7", reasoning_effort=effort) == ({"reasoning_effort": effort}, {})


def test_qwens_thoughts_on_groq_are_asked_for_apart_from_the_answer() -> None:
    assert sent("groq", "qwen/qwen3-32b")[0] == {"reasoning_format": "parsed"}
    assert sent("groq", "qwen/qwen3-32b", reasoning_format="raw")[0] == {"reasoning_format": "raw"}
    assert sent("groq", "openai/gpt-oss-20b")[0] == {}


@pytest.mark.parametrize(
    ("provider", "model", "given", "fields"),
    [
        ("minimax", "MiniMax-M2.7", 0, {"temperature": 0.01}),
        ("minimax", "MiniMax-M2.7", 1.4, {"temperature": 1.0}),
        ("minimax", "MiniMax-M2.7", 0.5, {"temperature": 0.5}),
        ("moonshot", "moonshot-v1-8k", 1.4, {"temperature": 1.0}),
        ("moonshot", "kimi-k3", 0.6, {}),
    ],
)
def test_temperatures(provider: str, model: str, given: float, fields: dict[str, Any]) -> None:
    body, losses = sent(provider, model, temperature=given)
    assert body == fields
    assert bool(losses) == (body.get("temperature") != given)
