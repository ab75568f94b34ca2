"""Prompt → chat body: what each kind of request becomes, and how a backend's quirks are obeyed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate.dialects.openai_chat import BACKEND, CLIENT
from proapi_translate.errors import ClientFault
from proapi_translate.interface import RequestContext
from proapi_translate.json_text import encode
from proapi_translate.losses import Losses
from proapi_translate.prompt import (
    Audio,
    File,
    HostedTool,
    Image,
    Media,
    OutputFormat,
    Prompt,
    Reasoning,
    Refusal,
    Sampling,
    Signature,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from proapi_translate.providers import openai_quirks as quirks
from proapi_translate.providers.openai_quirks import RequestQuirks

PLAIN = RequestQuirks()
HI = Turn("user", (Text("hi"),))
PNG = Media("base64", "iVBORw0KGgo=", "image/png")
PLAN = Thinking("use f", Signature("c2ln", "anthropic"))
TOOL = Tool("f", "does f", {"type": "object", "properties": {"a": {"type": "integer"}}}, strict=True)


def write(
    prompt: Prompt, profile: RequestQuirks = PLAIN, recall: dict[str, tuple[Thinking, ...]] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """(the body, what was lost by field)."""
    losses = Losses(prompt.spelling)
    known = recall or {}
    context = RequestContext("sent", losses, profile=profile, recall=lambda call_id: known.get(call_id, ()))
    body = json.loads(encode(BACKEND.write_request(prompt, context).body))
    return body, {loss.field: loss.what for loss in losses.report()}


def message_of(*parts: Any, role: Any = "user", profile: RequestQuirks = PLAIN) -> dict[str, Any]:
    body, _ = write(Prompt("asked", (Turn(role, parts),)), profile)
    message: dict[str, Any] = body["messages"][0]
    return message


ROUND_TRIPS: list[dict[str, Any]] = [
    {},
    {"temperature": 0.5, "top_p": 0.9, "seed": 7, "n": 2, "stop": ["X", "Y"], "max_tokens": 9, "user": "u"},
    {"frequency_penalty": 1, "presence_penalty": -1, "logit_bias": {"5": 1}, "logprobs": True, "top_logprobs": 3},
    {"reasoning_effort": "low", "service_tier": "flex", "prompt_cache_key": "k", "verbosity": "low"},
    {"response_format": {"type": "json_object"}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}},
    {
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}, "strict": True}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
    },
    {"messages": [{"role": "system", "content": "s"}, {"role": "developer", "content": "d"}]},
    {"messages": [{"role": "user", "name": "Ann", "content": "u"}, {"role": "assistant", "content": "a"}]},
    {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "look"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}},
                    {"type": "image_url", "image_url": {"url": "https://h/a.png"}},
                    {"type": "file", "file": {"filename": "a", "file_data": "data:application/pdf;base64,JVBERi0="}},
                    {"type": "file", "file": {"file_id": "file-1"}},
                    {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                ],
            }
        ]
    },
    {
        "messages": [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
                    {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
                ],
            },
            {"role": "tool", "tool_call_id": "a", "content": "1"},
            {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": t} for t in ("x", "y")]},
        ]
    },
]  # fmt: skip


@pytest.mark.parametrize("fields", ROUND_TRIPS, ids=lambda fields: "-".join(fields) or "plain")
def test_what_a_chat_body_says_is_said_again(fields: dict[str, Any]) -> None:
    """Read into a prompt and written from it, a body of OpenAI's own is the same; and it is of the SDK's type."""
    client = {"messages": [{"role": "user", "content": "hi"}], **fields}
    body, losses = write(CLIENT.read_request({"model": "asked", **client}), quirks.OPENAI)
    assert body == {"model": "sent", **client}
    assert losses == {}
    params = pytest.importorskip("openai.types.chat.completion_create_params", reason="the openai package is not here")
    from tests.translate.openai_params import check_params

    check_params(params.CompletionCreateParamsNonStreaming, body)


def test_a_stream_asks_for_its_usage() -> None:
    assert write(Prompt("asked", (HI,), stream=True))[0] == {
        "model": "sent",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_the_quirks_of_a_backend_are_obeyed_and_told_in_the_clients_words() -> None:
    prompt = Prompt(
        "asked",
        (Turn("developer", (Text("s"),)), HI),
        output=OutputFormat("json_schema", {"type": "object"}),
        sampling=Sampling(max_tokens=5, temperature=1.5, seed=3),
        spelling={"output": "text.format", "max_tokens": "max_output_tokens"},
    )
    body, losses = write(prompt, quirks.GLM)
    assert [message["role"] for message in body["messages"]] == ["system", "system", "user"]
    assert "valid against this JSON schema" in body["messages"][1]["content"]
    assert (body["response_format"], body["temperature"], body["max_tokens"]) == ({"type": "json_object"}, 1, 5)
    assert losses == {"text.format": "approximated", "temperature": "approximated"}
    mistral, losses = write(prompt, quirks.MISTRAL)
    assert (mistral["random_seed"], mistral["max_tokens"]) == (3, 5)
    assert losses == {}
    assert "max_completion_tokens" in write(prompt, quirks.OPENAI_REASONING)[0]
    assert write(prompt, quirks.OPENAI_NO_SAMPLING)[1] == {"temperature": "dropped"}


def test_parts_of_a_user() -> None:
    assert message_of(Text("a"))["content"] == "a"
    assert message_of()["content"] == ""
    (image, by_id, file, audio) = message_of(
        Image(PNG, "high"), Image(Media("file_id", "f1")), File(Media("url", "https://h/x.pdf"), "x.pdf"),
        Audio(Media("base64", "AA==", "audio/wav"), "wav"),
    )["content"]  # fmt: skip
    assert image["image_url"] == {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "high"}
    assert by_id == {"type": "file", "file": {"file_id": "f1"}}
    assert file["file"] == {"filename": "x.pdf", "file_data": "https://h/x.pdf"}
    assert audio["input_audio"] == {"data": "AA==", "format": "wav"}


def test_parts_of_an_assistant() -> None:
    call = ToolCall("c1", "f", signature=Signature("Zw==", "google"))
    message = message_of(Thinking("hm"), Text("a"), Text("b"), Refusal("no"), call, role="assistant")
    assert message == {
        "role": "assistant",
        "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        "refusal": "no",
        "reasoning_content": "hm",
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "f", "arguments": "{}"},
                "extra_content": {"google": {"thought_signature": "Zw=="}},
            }
        ],
    }
    assert message_of(Thinking("hm"), role="assistant", profile=quirks.OPENAI) == {"role": "assistant", "content": ""}


def test_pictures_of_a_tool_follow_its_results() -> None:
    turns = (
        Turn("assistant", (ToolCall("a", "f"), ToolCall("b", "f"))),
        Turn("tool", (ToolResult("a", (Text("see"), Image(PNG))),)),
        Turn("tool", (ToolResult("b", (Text("2"),), is_error=True),)),
        HI,
    )
    body, losses = write(Prompt("asked", turns))
    assert [(m["role"], m["content"]) for m in body["messages"][1:]] == [
        ("tool", "see"),
        ("tool", "2"),
        ("user", [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]),
        ("user", "hi"),
    ]
    assert losses == {"messages": "approximated", "is_error": "dropped"}


def test_thoughts_go_back_where_the_backend_takes_them() -> None:
    turns = (HI, Turn("assistant", (ToolCall("c1", "f"),)), Turn("tool", (ToolResult("c1", (Text("1"),)),)))
    known = {"c1": (PLAN, Thinking("", Signature("Zw==", "google")))}
    plain = write(Prompt("asked", turns), PLAIN, known)[0]["messages"][1]
    assert plain["reasoning_content"] == "use f"
    assert plain["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "Zw=="}}
    signed = write(Prompt("asked", turns), quirks.OPENROUTER, known)[0]["messages"][1]
    assert signed["reasoning_details"] == [
        {"type": "reasoning.text", "text": "use f", "signature": "c2ln", "format": "anthropic-claude-v1", "index": 0}
    ]
    none, losses = write(Prompt("asked", turns), quirks.OPENAI, known)
    assert none["messages"][1].keys() == {"role", "content", "tool_calls"}
    assert none["messages"][1]["tool_calls"][0].keys() == {"id", "type", "function"}
    assert losses == {}  # the client did not send them


def test_cache_marks_go_on_where_they_are_taken() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    tool = Tool("f", extra={"anthropic": mark})
    prompt = Prompt("asked", (Turn("user", (Text("a", {"anthropic": mark}),)),), tools=(tool,))
    content = write(prompt, quirks.OPENROUTER)[0]["messages"][0]["content"]
    assert content == [{"type": "text", "text": "a", **mark}]
    body, losses = write(prompt, quirks.OPENAI)
    assert (body["messages"][0]["content"], losses) == ("a", {"cache_control": "dropped"})


def test_the_clients_own_thoughts_are_reported_where_they_are_refused() -> None:
    turns = (HI, Turn("assistant", (Thinking("hm"), Text("a"))), HI)
    assert write(Prompt("asked", turns), quirks.OPENAI)[1] == {"messages[].reasoning_content": "dropped"}
    sealed = (HI, Turn("assistant", (Thinking("", Signature("s", "openai"), redacted=True), Text("a"))), HI)
    assert write(Prompt("asked", sealed), PLAIN)[1] == {"thoughts": "dropped"}
    assert write(Prompt("asked", sealed), quirks.OPENROUTER)[1] == {}


@pytest.mark.parametrize(
    ("choice", "sent", "names"),
    [
        (ToolChoice("none"), "none", ["f", "g"]),
        (ToolChoice("named", ("g",)), {"type": "function", "function": {"name": "g"}}, ["f", "g"]),
        (ToolChoice("auto", ("g",)), "auto", ["g"]),
        (ToolChoice("required", ("f",)), "required", ["f"]),
    ],
)
def test_tool_choices(choice: ToolChoice, sent: Any, names: list[str]) -> None:
    body, _ = write(Prompt("asked", (HI,), tools=(TOOL, Tool("g")), tool_choice=choice))
    assert body["tool_choice"] == sent
    assert [tool["function"]["name"] for tool in body["tools"]] == names


def test_a_choice_without_tools_is_not_sent() -> None:
    prompt = Prompt("asked", (HI,), tool_choice=ToolChoice("auto"), parallel_tool_calls=True)
    assert write(prompt)[0].keys() == {"model", "messages"}


@pytest.mark.parametrize("profile", [PLAIN, quirks.OPENAI])
def test_tools_that_chat_has_not_are_refused_by_name(profile: RequestQuirks) -> None:
    with pytest.raises(ClientFault, match="'web_search'"):
        write(Prompt("asked", (HI,), hosted_tools=(HostedTool("web_search", {"type": "web_search"}),)), profile)


def test_a_custom_call_in_the_history_of_a_backend_without_them() -> None:
    turns = (Turn("assistant", (ToolCall("c", "patch", "a b", kind="custom"),)),)
    body, losses = write(Prompt("asked", turns))
    assert body["messages"][0]["tool_calls"][0]["function"] == {"name": "patch", "arguments": '{"input":"a b"}'}
    assert losses == {"tools": "approximated"}


@pytest.mark.parametrize(
    ("reasoning", "effort"),
    [
        (Reasoning("none"), "none"),
        (Reasoning(budget_tokens=900), "minimal"),
        (Reasoning(budget_tokens=10_000), "medium"),
        (Reasoning(budget_tokens=90_000), "high"),
        (Reasoning(), None),
    ],
)
def test_effort(reasoning: Reasoning, effort: str | None) -> None:
    assert write(Prompt("asked", (HI,), reasoning=reasoning))[0].get("reasoning_effort") == effort


def test_fields_that_chat_has_not_are_reported() -> None:
    prompt = Prompt("asked", (HI,), metadata={"a": "b"}, other={"suffix": "x", "min_p": 0.1, "verbosity": "low"})
    body, losses = write(prompt)
    assert (body["min_p"], body["verbosity"]) == (0.1, "low")
    assert losses == {"metadata": "dropped", "suffix": "dropped"}
