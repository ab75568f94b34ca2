"""What of a chat request ai/run is sent, and what is reported."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.errors import ClientFault

from .wire import write

TOOL = {"type": "function", "function": {"name": "f", "description": "x", "parameters": {"type": "object"}}}
BARE = {"type": "function", "function": {"name": "g"}}
SCHEMA = {"type": "object", "properties": {}}
# AiRunParams.Messages of the `cloudflare` package 5.9, with tool_choice, which its own provider for the AI SDK sends.
KNOWN_FIELDS = {
    "messages", "frequency_penalty", "functions", "max_tokens", "presence_penalty", "raw", "repetition_penalty", "lora",
    "response_format", "seed", "stream", "temperature", "tools", "tool_choice", "top_k", "top_p",
    "chat_template_kwargs",
}  # fmt: skip


def named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def rest(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "messages"}


def test_nothing_that_the_client_did_not_set_is_sent() -> None:
    assert write({}) == ({"messages": [{"role": "user", "content": "hi"}]}, [])


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"max_completion_tokens": 9, "temperature": 2, "top_p": 1}, {"max_tokens": 9, "temperature": 2, "top_p": 1}),
        ({"top_k": 3, "seed": 1, "frequency_penalty": 2}, {"top_k": 3, "seed": 1, "frequency_penalty": 2}),
        ({"stream": True, "n": 1, "logprobs": False}, {"stream": True}),
        ({"lora": "a", "store": False}, {"lora": "a"}),
        ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "schema": SCHEMA},
                }
            },
            {"response_format": {"type": "json_schema", "json_schema": SCHEMA}},
        ),
    ],
)
def test_fields_with_a_place(given: dict[str, Any], sent: dict[str, Any]) -> None:
    body, losses = write(given)
    assert (rest(body), losses) == (sent, [])
    assert body.keys() <= KNOWN_FIELDS


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"stop": "X"}, ["stop"]),
        ({"logit_bias": {"1": 1}, "top_logprobs": 2}, ["logit_bias", "top_logprobs"]),
        ({"user": "u", "metadata": {"a": "b"}, "service_tier": "flex"}, ["user", "metadata", "service_tier"]),
        ({"reasoning_effort": "low", "store": True}, ["reasoning_effort", "store"]),
        ({"tools": [], "parallel_tool_calls": False}, ["parallel_tool_calls"]),
    ],
)
def test_losses_are_reported(given: dict[str, Any], fields: list[str]) -> None:
    body, losses = write(given)
    assert rest(body) == {}
    assert [(loss.field, loss.what) for loss in losses] == [(field, "dropped") for field in fields]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"tools": [TOOL], "tool_choice": named("h")}, "tool_choice"),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}],
                    }
                ]
            },
            "input_audio",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]}, "file"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(given: dict[str, Any], field: str) -> None:
    with pytest.raises(ClientFault) as caught:
        write(given)
    assert (caught.value.status, caught.value.param) == (400, field)


@pytest.mark.parametrize(
    ("choice", "sent", "names"),
    [
        (None, None, ["f", "g"]),
        ("auto", "auto", ["f", "g"]),
        ("none", "none", ["f", "g"]),
        ("required", "required", ["f", "g"]),
        (named("g"), "required", ["g"]),
    ],
)
def test_tool_choice(choice: Any, sent: str | None, names: list[str]) -> None:
    body, _ = write({"tools": [TOOL, BARE], **({} if choice is None else {"tool_choice": choice})})
    assert body.get("tool_choice") == sent
    assert [tool["function"]["name"] for tool in body["tools"]] == names
    # All three keys are required by its schema.
    assert all({"name", "description", "parameters"} == tool["function"].keys() for tool in body["tools"])


def test_strictness_is_reported() -> None:
    _, losses = write({"tools": [{"type": "function", "function": {"name": "f", "strict": True}}]})
    assert [loss.field for loss in losses] == ["tools.strict"]


def test_strictness_is_told_as_lost() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True, "description": "d"}}
    body, losses = write({"response_format": form})
    assert body["response_format"] == {"type": "json_schema", "json_schema": {**SCHEMA, "description": "d"}}
    assert [loss.field for loss in losses] == ["response_format.json_schema.strict"]
