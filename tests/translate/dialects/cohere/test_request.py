"""What of a chat request Cohere is sent, field by field, and what is reported."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.errors import ClientFault

from .wire import COMMAND, REASONING, TOOL, write, write_whole

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
FORMAT = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}}


def reported(body: dict[str, Any], model: str = COMMAND) -> dict[str, str]:
    return {loss.field: loss.what for loss in write(body, model)[1]}


def test_nothing_that_the_client_did_not_set_is_sent() -> None:
    assert write({}) == ({"model": COMMAND, "messages": [{"role": "user", "content": "hi"}]}, [])


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"max_completion_tokens": 9}, {"max_tokens": 9}),
        ({"max_tokens": 9}, {"max_tokens": 9}),
        ({"temperature": 1.7}, {"temperature": 1.7}),
        ({"top_p": 0.5}, {"p": 0.5}),
        ({"top_k": 40}, {"k": 40}),
        ({"stop": "X"}, {"stop_sequences": ["X"]}),
        ({"stop": ["X", "Y"]}, {"stop_sequences": ["X", "Y"]}),
        ({"seed": 7}, {"seed": 7}),
        ({"frequency_penalty": 0.5, "presence_penalty": 0}, {"frequency_penalty": 0.5, "presence_penalty": 0}),
        ({"logprobs": True}, {"logprobs": True}),
        ({"stream": True}, {"stream": True}),
        ({"n": 1}, {}),
        ({"store": False, "service_tier": "auto", "modalities": ["text"]}, {}),
        (
            {"safety_mode": "OFF", "citation_options": {"mode": "OFF"}},
            {"safety_mode": "OFF", "citation_options": {"mode": "OFF"}},
        ),
        ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
        ({"response_format": FORMAT}, {"response_format": {"type": "json_object", "json_schema": SCHEMA}}),
        ({"response_format": {"type": "text"}}, {}),
    ],
)
def test_fields_with_a_place(given: dict[str, Any], sent: dict[str, Any]) -> None:
    body, losses = write(given)
    assert {name: value for name, value in body.items() if name not in ("model", "messages")} == sent
    assert losses == []


@pytest.mark.parametrize(
    ("given", "sent", "losses"),
    [
        ({"top_p": 1}, {"p": 0.99}, {"top_p": "approximated"}),
        ({"top_p": 0}, {"p": 0.01}, {"top_p": "approximated"}),
        ({"top_k": 600}, {"k": 500}, {"top_k": "approximated"}),
        ({"frequency_penalty": -1}, {"frequency_penalty": 0.0}, {"frequency_penalty": "approximated"}),
        ({"presence_penalty": 1.5}, {"presence_penalty": 1.0}, {"presence_penalty": "approximated"}),
        ({"stop": list("abcdef")}, {"stop_sequences": list("abcde")}, {"stop": "approximated"}),
        ({"logit_bias": {"1": 5}}, {}, {"logit_bias": "dropped"}),
        ({"logprobs": True, "top_logprobs": 3}, {"logprobs": True}, {"top_logprobs": "dropped"}),
        ({"user": "u", "metadata": {"a": "b"}}, {}, {"user": "dropped", "metadata": "dropped"}),
        ({"service_tier": "flex", "store": True}, {}, {"service_tier": "dropped", "store": "dropped"}),
        ({"prediction": {"type": "content"}}, {}, {"prediction": "dropped"}),
        ({"reasoning_effort": "high"}, {}, {"reasoning_effort": "dropped"}),
        ({"parallel_tool_calls": False}, {}, {"parallel_tool_calls": "dropped"}),
    ],
)
def test_losses_are_reported(given: dict[str, Any], sent: dict[str, Any], losses: dict[str, str]) -> None:
    body, _ = write(given)
    assert {name: value for name, value in body.items() if name not in ("model", "messages")} == sent
    assert reported(given) == losses


@pytest.mark.parametrize(
    ("effort", "thinking"),
    [
        ("none", {"type": "disabled"}),
        ("low", {"type": "enabled", "token_budget": 4096}),
        ("high", {"type": "enabled"}),
        ("something_new", {"type": "enabled"}),
    ],
)
def test_effort_becomes_a_thinking_budget(effort: str, thinking: dict[str, Any]) -> None:
    assert write({"reasoning_effort": effort}, REASONING) == (
        {"model": REASONING, "messages": [{"role": "user", "content": "hi"}], "thinking": thinking},
        [],
    )


def test_a_budget_of_the_client_is_kept_and_no_effort_is_nothing_to_a_model_that_does_not_think() -> None:
    assert write({"reasoning": {"max_tokens": 500}}, REASONING)[0]["thinking"] == {
        "type": "enabled",
        "token_budget": 500,
    }
    assert write({"reasoning_effort": "none"}) == write({})


@pytest.mark.parametrize(("given", "field"), [({"n": 2}, "n"), ({"tools": [{"type": "web_search"}]}, "tools")])
def test_what_cannot_be_done_is_refused_by_name(given: dict[str, Any], field: str) -> None:
    with pytest.raises(ClientFault) as caught:
        write(given)
    assert (caught.value.status, caught.value.param) == (400, field)


def test_a_schema_beside_tools_becomes_a_tool_that_answers() -> None:
    written, losses = write_whole({"tools": [TOOL], "response_format": FORMAT})
    tools = written.body["tools"]
    assert [tool["function"]["name"] for tool in tools] == ["f", written.output_tool]
    assert tools[1]["function"]["parameters"] == SCHEMA
    assert written.body["tool_choice"] == "REQUIRED"
    assert "response_format" not in written.body
    assert [(loss.field, loss.what) for loss in losses] == [("response_format", "approximated")]


@pytest.mark.parametrize(
    ("given", "tools", "losses"),
    [
        ({"tool_choice": "none"}, ["answer_in_the_required_form"], {"response_format": "approximated"}),
        ({"tool_choice": "required"}, ["f"], {"response_format": "approximated"}),
        ({"response_format": {"type": "json_object"}}, ["f"], {"response_format": "dropped"}),
    ],
)
def test_forms_beside_tools(given: dict[str, Any], tools: list[str], losses: dict[str, str]) -> None:
    request = {"tools": [TOOL], "response_format": FORMAT, **given}
    body, _ = write(request)
    assert [tool["function"]["name"] for tool in body["tools"]] == tools
    assert reported(request) == losses
