"""A Responses body → Prompt: every field of the SDK's request, each form of input, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.responses.response_create_params import ResponseCreateParamsBase, ResponseCreateParamsStreaming

from proapi_translate import ClientFault
from proapi_translate.dialects.openai_responses import CLIENT
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
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)

from .lanes import losses, sent, translate

PNG = "data:image/png;base64,iVBORw0KGgo="
F = {"type": "function", "name": "f"}
AUDIO = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}


def read(**fields: Any) -> Prompt:
    return CLIENT.read_request({"model": "m", "input": "hi", **fields})


def refused(**fields: Any) -> ClientFault:
    with pytest.raises(ClientFault) as caught:
        read(**fields)
    return caught.value


# -- every field -----------------------------------------------------------------------------------------------------
def at(path: str, value: Any) -> tuple[str, Any]:
    return path, value


# Field → a value, and where it is found again: a path in the Prompt, "lost" and the report's field, "reply" (it decides
# what is told back), or "400" and the field that the fault names.
FIELDS: dict[str, tuple[Any, tuple[str, Any]]] = {
    "access_programs": ({"cyber": "standard"}, at("other.access_programs", {"cyber": "standard"})),
    "background": (True, at("lost", "background")),
    "background_options": ({"completion_window": "2h"}, at("other.background_options", {"completion_window": "2h"})),
    "context_management": ([{"type": "compaction"}], at("lost", "context_management")),
    "conversation": ("conv_1", at("400", "conversation")),
    "image": ({"context_compression": "enabled"}, at("other.image", {"context_compression": "enabled"})),
    "include": (["file_search_call.results"], at("lost", "include")),
    "input": ("hello", at("turns", (Turn("user", (Text("hello"),)),))),
    "instructions": ("brief", at("turns", (Turn("system", (Text("brief"),)), Turn("user", (Text("hi"),))))),
    "max_output_tokens": (99, at("sampling.max_tokens", 99)),
    "max_tool_calls": (3, at("other.max_tool_calls", 3)),
    "metadata": ({"a": "b"}, at("metadata", {"a": "b"})),
    "model": ("asked", at("model", "asked")),
    "moderation": ({"model": "x"}, at("other.moderation", {"model": "x"})),
    "parallel_tool_calls": (False, at("parallel_tool_calls", False)),
    "previous_response_id": ("resp_1", at("400", "previous_response_id")),
    "prompt": ({"id": "pmpt_1"}, at("400", "prompt")),
    "prompt_cache_key": ("k", at("other.prompt_cache_key", "k")),
    "prompt_cache_options": ({"mode": "explicit"}, at("other.prompt_cache_options", {"mode": "explicit"})),
    "prompt_cache_retention": ("24h", at("other.prompt_cache_retention", "24h")),
    "reasoning": ({"effort": "low", "summary": "auto"}, at("reasoning", Reasoning("low", "auto"))),
    "safety_identifier": ("u1", at("user", "u1")),
    "service_tier": ("fast", at("service_tier", "priority")),
    "store": (False, at("reply", None)),
    "stream": (True, at("reply", None)),
    "stream_options": ({"include_obfuscation": True}, at("lost", "stream_options.include_obfuscation")),
    "temperature": (0.5, at("sampling.temperature", 0.5)),
    "text": ({"verbosity": "low"}, at("other.verbosity", "low")),
    "tool_choice": ("none", at("tool_choice", ToolChoice("none"))),
    "tools": ([F], at("tools", (Tool("f"),))),
    "top_logprobs": (2, at("sampling.top_logprobs", 2)),
    "top_p": (0.5, at("sampling.top_p", 0.5)),
    "truncation": ("auto", at("other.truncation", "auto")),
    "user": ("u2", at("user", "u2")),
}


def test_the_walk_knows_every_field_of_the_sdk() -> None:
    """Of any release: an older one knows fewer."""
    known = {*ResponseCreateParamsBase.__annotations__, *ResponseCreateParamsStreaming.__annotations__}
    assert known <= set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_no_field_is_lost_in_silence(name: str) -> None:
    value, (where, found) = FIELDS[name]
    if where == "400":
        assert refused(**{name: value}).param == found
        return
    prompt = read(**{name: value})
    if where == "lost":
        assert [loss.field for loss in prompt.lost] == [found]
    elif where == "reply":
        assert (prompt.other, prompt.lost) == ({}, ())
    elif where.startswith("other."):
        assert prompt.other == {where.removeprefix("other."): found}
    else:
        told: Any = prompt
        for step in where.split("."):
            told = getattr(told, step)
        assert told == found
        assert (prompt.other, prompt.lost) == ({}, ())


@pytest.mark.parametrize("provider", ["anthropic", "gemini", "cohere", "bedrock", "deepseek"])
@pytest.mark.parametrize("name", [name for name, (_, (where, _)) in FIELDS.items() if where.startswith("other.")])
def test_fields_without_a_place_are_reported_by_the_clients_name(provider: str, name: str) -> None:
    value, _ = FIELDS[name]
    if provider == "deepseek" and name in ("prompt_cache_key", "prompt_cache_retention", "text"):
        return  # a field of chat's too: it goes on
    spelled = "text.verbosity" if name == "text" else name
    assert losses({name: value}, provider) == {spelled: "dropped"}


@pytest.mark.parametrize(
    "fields",
    [
        {"truncation": "disabled"}, {"background": False}, {"store": True}, {"text": {"verbosity": "medium"}},
        {"text": {"format": {"type": "text"}}}, {"include": []}, {"include": ["reasoning.encrypted_content"]},
        {"stream_options": {"include_obfuscation": False}}, {"top_logprobs": 0}, {"metadata": None}, {"tools": []},
        {"reasoning": None}, {"max_output_tokens": None}, {"user": None},
        {"include": ["message.input_image.image_url"]},
    ],
)  # fmt: skip
def test_what_asks_for_nothing_is_no_loss(fields: dict[str, Any]) -> None:
    assert losses(fields) == {}


def test_a_previous_response_that_is_not_known_is_openais_error() -> None:
    fault = refused(previous_response_id="resp_9")
    assert (fault.status, fault.code, fault.type) == (404, "previous_response_not_found", "invalid_request_error")
    assert "resp_9" in fault.message


# -- input -----------------------------------------------------------------------------------------------------------
def items(*given: Any) -> tuple[Turn, ...]:
    return read(input=list(given)).turns


def test_messages_in_both_forms() -> None:
    assert items(
        {"role": "developer", "content": "d"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "u"}]},
        {
            "type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "phase": "final_answer",
            "content": [
                {"type": "output_text", "text": "a", "annotations": [], "logprobs": []},
                {"type": "refusal", "refusal": "no"},
            ],
        },
    ) == (
        Turn("developer", (Text("d"),)), Turn("user", (Text("u"),)), Turn("assistant", (Text("a"), Refusal("no"))),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("part", "found"),
    [
        (
            {"type": "input_image", "image_url": PNG, "detail": "low"},
            Image(Media("base64", PNG[22:], "image/png"), "low"),
        ),
        ({"type": "input_image", "image_url": "https://h/a"}, Image(Media("url", "https://h/a"))),
        ({"type": "input_image", "file_id": "file-1"}, Image(Media("file_id", "file-1"))),
        ({"type": "input_file", "file_id": "file-1", "filename": "a.pdf"}, File(Media("file_id", "file-1"), "a.pdf")),
        ({"type": "input_file", "file_url": "https://h/a.pdf"}, File(Media("url", "https://h/a.pdf"))),
        (
            {"type": "input_file", "file_data": "JVBERi0xLjQK", "filename": "a.pdf"},
            File(Media("base64", "JVBERi0xLjQK", "application/pdf"), "a.pdf"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
            Audio(Media("base64", "UklGRg==", "audio/wav"), "wav"),
        ),
        (
            {"type": "input_text", "text": "t", "prompt_cache_breakpoint": {"mode": "explicit"}},
            Text("t", {"anthropic": {"cache_control": {"type": "ephemeral", "ttl": "1h"}}}),
        ),
    ],
)
def test_parts(part: dict[str, Any], found: Any) -> None:
    assert items({"role": "user", "content": [part]}) == (Turn("user", (found,)),)


def test_calls_and_results() -> None:
    turns = items(
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'},
        {"type": "custom_tool_call", "call_id": "c2", "name": "sh", "input": 'say "hi"'},
        {"type": "function_call_output", "call_id": "c1", "output": "one"},
        {
            "type": "custom_tool_call_output", "call_id": "c2",
            "output": [{"type": "input_text", "text": "two"}, {"type": "input_image", "image_url": PNG}],
        },
    )  # fmt: skip
    picture = Image(Media("base64", PNG[22:], "image/png"))
    assert turns == (
        Turn("assistant", (ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "sh", '{"input":"say \\"hi\\""}'))),
        Turn("tool", (ToolResult("c1", (Text("one"),), "f"),)),
        Turn("tool", (ToolResult("c2", (Text("two"), picture), "sh"),)),
    )


def test_a_thought_without_proof_is_its_words() -> None:
    summary = [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]
    thought = {"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": None}
    assert items({"role": "user", "content": "x"}, thought)[1] == Turn("assistant", (Thinking("a\n\nb"),))
    content = [{"type": "reasoning_text", "text": "whole"}]
    assert items({**thought, "content": content})[0].parts == (Thinking("whole"),)


def test_what_hosted_tools_did_is_left_out_and_told() -> None:
    call = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}}
    prompt = read(input=[call, {"role": "user", "content": "x"}])
    assert prompt.other == {}
    assert prompt.turns == (Turn("user", (Text("x"),)),)
    assert [(loss.field, loss.what) for loss in prompt.lost] == [("input.web_search_call", "dropped")]


def test_an_unknown_field_of_a_part_is_told() -> None:
    part = {"type": "input_file", "file_id": "f", "detail": "high"}
    assert read(input=[{"role": "user", "content": [part]}]).other == {"input[].content[].detail": "high"}
    assert read(input=[{"role": "user", "content": [{**part, "detail": "auto"}]}]).other == {}
    assert read(tools=[{**F, "defer_loading": True}]).other == {"tools[].defer_loading": True}
    assert read(reasoning={"mode": "pro"}).other == {"reasoning.mode": "pro"}
    assert read(text={"new": 1}).other == {"text.new": 1}


@pytest.mark.parametrize(
    ("given", "param"),
    [
        (None, "input"), ("", "input"), ([], "input"), (7, "input"), (["x"], "input[0]"),
        ([{"type": "item_reference", "id": "rs_1"}], "input[0].id"), ([{"id": "rs_1"}], "input[0].id"),
        ([{"type": "computer_call", "call_id": "c"}], "input[0].type"),
        ([{"type": "compaction"}], "input[0].encrypted_content"),
        ([{"role": "tool", "content": "x"}], "input[0].role"), ([{"role": "user", "content": 7}], "input[0].content"),
        ([{"role": "user", "content": [{"type": "video"}]}], "input[0].content[0].type"),
        ([{"role": "user", "content": [{"type": "input_image"}]}], "input[0].content[0].image_url"),
        ([{"type": "function_call", "name": "f", "arguments": "{}"}], "input[0].call_id"),
        ([{"type": "function_call_output", "output": "x"}], "input[0].call_id"),
    ],
)  # fmt: skip
def test_inputs_that_are_refused(given: Any, param: str) -> None:
    fault = refused(input=given)
    assert (fault.status, fault.param) == (400, param)


# -- the answer's form -----------------------------------------------------------------------------------------------
def test_formats() -> None:
    schema = {"type": "object", "properties": {}}
    form = {"type": "json_schema", "name": "n", "schema": schema, "strict": True, "description": "d"}
    assert read(text={"format": form}).output == OutputFormat("json_schema", schema, "n", "d", True)
    assert read(text={"format": {"type": "json_object"}}).output == OutputFormat("json_object")
    assert refused(text={"format": {"type": "json_schema", "name": "n"}}).param == "text.format.schema"
    assert refused(text={"format": {"type": "xml"}}).param == "text.format.type"
    assert sent({"text": {"format": form}}, "gemini")["generationConfig"]["responseMimeType"] == "application/json"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"temperature": 3}, "temperature"), ({"top_p": 2}, "top_p"), ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"tool_choice": 7}, "tool_choice"), ({"tools": [{"name": "f"}]}, "tools[0].type"),
        ({"tool_choice": {"type": "function", "name": "g"}, "tools": [F]}, "tool_choice"),
        ({"tool_choice": {"type": "allowed_tools", "tools": [{"type": "function", "name": "g"}]}}, "tool_choice.tools"),
    ],
)  # fmt: skip
def test_values_that_are_refused(fields: dict[str, Any], param: str) -> None:
    assert refused(**fields).param == param


def test_logprobs_are_asked_for_in_two_ways() -> None:
    assert read(include=["message.output_text.logprobs"]).sampling.logprobs is True
    assert read(top_logprobs=3).sampling.logprobs is True
    assert read().sampling.logprobs is None


# -- tools -----------------------------------------------------------------------------------------------------------
def test_tools() -> None:
    search = {"type": "web_search_preview", "search_context_size": "low"}
    prompt = read(tools=[{**F, "description": "d", "parameters": {"type": "object"}, "strict": True}, search])
    assert prompt.tools == (Tool("f", "d", {"type": "object"}, strict=True),)
    assert prompt.hosted_tools == (HostedTool("web_search", search),)


def test_a_custom_tool_is_a_function_with_one_text() -> None:
    form = {"type": "grammar", "syntax": "lark", "definition": "start: X"}
    prompt = read(tools=[{"type": "custom", "name": "patch", "description": "d", "format": form}])
    (tool,) = prompt.tools
    assert tool.name == "patch"
    assert tool.description == 'd\n\nThe input must follow this grammar: {"syntax":"lark","definition":"start: X"}'
    assert tool.parameters is not None
    assert tool.parameters["required"] == ["input"]
    assert [(loss.field, loss.what) for loss in prompt.lost] == [("tools", "approximated")]


def test_the_tools_of_a_namespace_are_offered_too() -> None:
    prompt = read(tools=[{"type": "namespace", "name": "crm", "description": "d", "tools": [F]}])
    assert prompt.tools == (Tool("f"),)


TOOLS = [F, {"type": "function", "name": "g"}, {"type": "web_search"}]


@pytest.mark.parametrize(
    ("choice", "found", "names", "hosted"),
    [
        ("auto", ToolChoice("auto"), ["f", "g"], 1),
        ("required", ToolChoice("required"), ["f", "g"], 1),
        ({"type": "function", "name": "g"}, ToolChoice("named", ("g",)), ["f", "g"], 1),
        ({"type": "web_search_preview"}, ToolChoice("named", ("web_search",)), ["f", "g"], 1),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "g"}]},
            ToolChoice("required"), ["g"], 0,
        ),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}, TOOLS[2]]},
            ToolChoice("auto"), ["f"], 1,
        ),
    ],
)  # fmt: skip
def test_tool_choices(choice: Any, found: ToolChoice, names: list[str], hosted: int) -> None:
    prompt = read(tools=TOOLS, tool_choice=choice)
    assert prompt.tool_choice == found
    assert [tool.name for tool in prompt.tools] == names
    assert len(prompt.hosted_tools) == hosted


def test_web_search_is_served_by_claude_and_gemini() -> None:
    location = {"type": "approximate", "country": "DE"}
    search = {"type": "web_search", "user_location": location, "search_context_size": "low"}
    assert sent({"tools": [search]}, "anthropic")["tools"] == [
        {"type": "web_search_20250305", "name": "web_search", "user_location": location}
    ]
    assert losses({"tools": [search]}, "anthropic") == {"tools.web_search.search_context_size": "dropped"}
    assert sent({"tools": [search]}, "gemini")["tools"] == [{"googleSearch": {}}]
    assert losses({"tools": [search]}, "gemini") == {
        "tools.web_search.user_location": "dropped", "tools.web_search.search_context_size": "dropped",
    }  # fmt: skip


# -- reasoning -------------------------------------------------------------------------------------------------------
def test_a_summary_alone_makes_nobody_think() -> None:
    assert "thinking" not in sent({"reasoning": {"summary": "auto"}}, "anthropic")
    config = sent({"reasoning": {"summary": "auto"}}, "gemini")["generationConfig"]
    assert config["thinkingConfig"] == {"includeThoughts": True}


def test_claude_gets_what_the_client_said() -> None:
    body = {
        "instructions": "Be brief.", "input": "hi", "max_output_tokens": 5000, "temperature": 0.3, "user": "u",
        "service_tier": "auto", "tools": [F], "tool_choice": "required", "parallel_tool_calls": False,
    }  # fmt: skip
    written = sent(body)
    assert written == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 5000,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        "tools": [{"name": "f", "input_schema": {"type": "object", "properties": {}}}],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        "temperature": 0.3,
        "metadata": {"user_id": "u"},
        "service_tier": "auto",
    }
    assert translate(body).streaming is False


@pytest.mark.parametrize(
    ("fields", "provider", "param"),
    [
        ({"input": [{"role": "user", "content": [AUDIO]}]}, "anthropic", "input"),
        ({"input": [{"role": "user", "content": " "}]}, "gemini", "input"),
        ({"text": {"format": {"type": "json_schema", "schema": {"$ref": "#/nowhere"}}}}, "gemini", "text.format"),
    ],
)
def test_what_a_backend_cannot_do_is_told_in_the_clients_words(
    fields: dict[str, Any], provider: str, param: str
) -> None:
    with pytest.raises(ClientFault) as caught:
        translate(fields, provider)
    assert caught.value.param == param
    assert caught.value.message.startswith(f"{param}: ")
