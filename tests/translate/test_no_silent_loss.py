"""Nothing is lost in silence: each field of the official SDK's chat request is sent, reported, or refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from proapi_translate import ClientFault, Target, translate_request
from proapi_translate.providers.table import provider_keys
from tests.translate.chat_fields import ABOUT_THE_REPLY, ALL_PAIRS, ALWAYS_STRICT, BASE, LABELS, STRICT, Body, walk

OPTIONS = {"PROJECT_ID": "p", "account_id": "a", "region": "us-east-1", "api_version": "2024-10-21"}
# A model of each kind that a backend treats differently.
MODELS = {
    "anthropic": ("claude-3-5-haiku-latest", "claude-sonnet-4-5", "claude-opus-4-7"),
    "vertexai_claude": ("claude-sonnet-4-5",),
    "gemini": ("gemini-2.0-flash", "gemini-2.5-pro", "gemini-3-pro-preview"),
    "vertexai_gemini": ("gemini-2.5-flash",),
    "cohere": ("command-a-03-2025", "command-a-reasoning-08-2025"),
    "bedrock": (
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "amazon.nova-pro-v1:0",
        "meta.llama3-3-70b-instruct-v1:0",
        "openai.gpt-oss-120b-1:0",
    ),
}
TARGETS = [(provider, model) for provider in sorted(provider_keys()) for model in MODELS.get(provider, ("some-model",))]
TARGETS += [("openai", "gpt-5"), ("openai by responses", "gpt-4.1"), ("openai by responses", "gpt-5")]


def outcome(provider: str, model: str, body: Body) -> tuple[Any, set[tuple[str, str]]] | None:
    """(what is sent, the losses); None for a refusal."""
    provider, by, api = provider.partition(" by ")
    options = OPTIONS | ({"api": api} if by else {})
    target = Target(provider, model, "https://h/v1" if provider == "vllm" else "", "key", options)
    if provider == "azure":
        target = Target(provider, model, "https://r.openai.azure.com", "key", OPTIONS)
    try:
        translation = translate_request("chat", json.dumps({"model": "alias", **BASE, **body}).encode(), target)
    except ClientFault as fault:
        if not fault.param:
            raise  # a refusal names the field
        return None
    upstream = translation.upstream
    sent = (upstream.url, json.loads(upstream.body), upstream.headers["accept"])
    return sent, {(loss.field, loss.what) for loss in translation.losses}


_WHOLE_PROMPT = ("messages", "tools")  # something within is reported under these names: it may be something else


def is_within(path: str, field: str) -> bool:
    """Is the field at `path` a part of what was reported under the name `field`?"""
    plain = re.sub(r"\[\w+\]", "[]", path)
    return plain == field or plain.startswith((f"{field}.", f"{field}["))


def silent(provider: str, model: str, path: str) -> bool:
    with_it, without = (outcome(provider, model, body) for body in ALL_PAIRS[path])
    if with_it is None or without is None:
        return False
    sent, losses = with_it
    whole_is_lost = any(
        is_within(path, field) for field, what in losses if what == "dropped" or field not in _WHOLE_PROMPT
    )
    return sent == without[0] and not losses - without[1] and not whole_is_lost


def test_the_table_holds_every_field_of_the_sdk() -> None:
    assert set(walk()) - ABOUT_THE_REPLY <= set(ALL_PAIRS)


@pytest.mark.parametrize(("provider", "model"), TARGETS)
def test_no_field_is_lost_in_silence(provider: str, model: str) -> None:
    known = LABELS | ({STRICT} if provider in ALWAYS_STRICT else set())
    if provider == "echo":  # says back the user's words, and takes nothing else
        known |= {path for path in ALL_PAIRS if path.startswith(("messages", "function", "tools", "tool_choice"))}
    assert [path for path in ALL_PAIRS if path not in known and silent(provider, model, path)] == []


# What this library's own replies carry beyond OpenAI's fields, and apps send back with the next turn.
THOUGHT = {"role": "assistant", "content": "ok", "reasoning_content": "weighed it"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "4"}
HISTORIES = {"an answer": [THOUGHT], "a call": [THOUGHT | {"content": None, "tool_calls": [CALL]}, RESULT]}


@pytest.mark.parametrize("turns", HISTORIES.values(), ids=HISTORIES)
@pytest.mark.parametrize(("provider", "model"), [target for target in TARGETS if target[0] != "echo"])
def test_the_thoughts_of_a_history(provider: str, model: str, turns: list[Body]) -> None:
    """Of all but echo, which looks at the last words alone."""
    user = {"role": "user", "content": "go"}
    tools = [{"type": "function", "function": {"name": "f"}}]
    found = outcome(provider, model, {"messages": [user, *turns, user], "tools": tools})
    if found is not None:
        sent, losses = found
        assert ("weighed it" in json.dumps(sent)) is not (("messages[].reasoning_content", "dropped") in losses)
