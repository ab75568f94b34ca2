"""Depth: each word of the tables, as it is sent, judged by the vendor's own SDK with unknown fields forbidden."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from proapi_translate import ClientFault

from .depth import TARGETS, Body, send

TABLES = ("about", "media", "output", "reasoning", "roles", "sampling", "tool_choice", "tool_history")
_THEMES = {name: import_module(f"tests.translate.test_depth_{name}") for name in TABLES}
# The package names these no more, since Claude from 4.7 on takes none; the API takes them of the models before.
_OLD_DIALS = ("temperature", "top_p", "top_k")
WORDS: dict[str, Body] = {
    f"{name}: {word}": {**theme.BASE, **fields}
    for name, theme in _THEMES.items()
    for word, (fields, _) in theme.TABLE.items()
}


def judge_claude(body: Body, backend: str) -> None:
    params = pytest.importorskip("anthropic.types.message_create_params", reason="anthropic is not installed here")
    check_params = import_module("tests.translate.openai_params").check_params
    kind = params.MessageCreateParamsStreaming if body.get("stream") else params.MessageCreateParamsNonStreaming
    check_params(kind, {name: value for name, value in body.items() if name not in _OLD_DIALS})


def judge_gemini(body: Body, backend: str) -> None:
    assert import_module("tests.translate.dialects.gemini.sdk_types").faults_of(body) == []


def judge_cohere(body: Body, backend: str) -> None:
    pytest.importorskip("cohere", reason="the cohere package is not installed here")
    assert import_module("tests.translate.dialects.cohere.sdk_types").faults_of(body) == []


def judge_bedrock(body: Body, backend: str) -> None:
    model = TARGETS[backend].model
    assert import_module("tests.translate.dialects.bedrock.service_model").faults_of(body, model) == []


def judge_responses(body: Body, backend: str) -> None:
    params = pytest.importorskip("openai.types.responses.response_create_params", reason="openai is not installed here")
    kind = params.ResponseCreateParamsStreaming if body.get("stream") else params.ResponseCreateParamsNonStreaming
    items = [{"type": "message", **item} if "role" in item else item for item in body["input"]]
    import_module("tests.translate.openai_params").check_params(kind, {**body, "input": items})


JUDGES: dict[str, Callable[[Any, str], None]] = {
    "claude": judge_claude,
    "claude4.8": judge_claude,
    "gemini": judge_gemini,
    "gemini3": judge_gemini,
    "vertex_gemini": judge_gemini,
    "cohere": judge_cohere,
    "bedrock_claude": judge_bedrock,
    "nova": judge_bedrock,
    "responses": judge_responses,
}


@pytest.mark.parametrize("backend", JUDGES)
@pytest.mark.parametrize("word", WORDS)
def test_what_is_sent_is_what_the_sdk_knows(word: str, backend: str) -> None:
    try:
        body, _ = send(backend, WORDS[word])
    except ClientFault:
        return  # the tables say which are refused
    JUDGES[backend](body, backend)
