"""Chat bodies → prompts: every form that clients send, and the faults that name their field."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.dialects.openai_chat.client_request import read_request
from proapi_translate.errors import ClientFault
from proapi_translate.prompt import (
    Audio,
    File,
    Image,
    Media,
    OutputFormat,
    Part,
    Prompt,
    Reasoning,
    Refusal,
    Signature,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)

PNG = "iVBORw0KGgo="
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"n":1}'}}


def read(**fields: Any) -> Prompt:
    return read_request({"model": "m", "messages": [{"role": "user", "content": "hi"}], **fields})


def read_messages(*messages: dict[str, Any]) -> list[tuple[str, tuple[Part, ...]]]:
    return [(turn.role, turn.parts) for turn in read(messages=list(messages)).turns]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("hi", (Text("hi"),)),
        ("", ()),
        (None, ()),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": ""}], (Text("a"),)),
        (
            [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}],
            (Text("a", {"anthropic": {"cache_control": {"type": "ephemeral"}}}),),
        ),
        (
            [{"type": "image_url", "image_url": {"url": f"data:image/jpg;base64,{PNG}", "detail": "low"}}],
            (Image(Media("base64", PNG, "image/png"), "low"),),
        ),
        ([{"type": "image_url", "image_url": "https://h/a.png"}], (Image(Media("url", "https://h/a.png")),)),
        (
            [{"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}],
            (Audio(Media("base64", "UklG", "audio/wav"), "wav"),),
        ),
        (  # the bytes are an MP3's, whatever the label says
            [{"type": "input_audio", "input_audio": {"data": "//uQxAAA", "format": "wav"}}],
            (Audio(Media("base64", "//uQxAAA", "audio/mpeg"), "wav"),),
        ),
        (
            [{"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0x"}}],
            (File(Media("base64", "JVBERi0x", "application/pdf"), "a.pdf"),),
        ),
        ([{"type": "file", "file": {"file_id": "file_1"}}], (File(Media("file_id", "file_1")),)),
    ],
)
def test_content(content: Any, parts: tuple[Part, ...]) -> None:
    assert read_messages({"role": "user", "content": content}) == [("user", parts)]


def test_calls_and_results_find_each_other() -> None:
    turns = read_messages(
        {"role": "assistant", "content": None, "refusal": "no", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "ok"},
        {"role": "tool", "tool_call_id": "other", "content": [{"type": "text", "text": "x"}]},
    )
    assert turns == [
        ("assistant", (Refusal("no"), ToolCall("call_1", "f", '{"n":1}'))),
        ("tool", (ToolResult("call_1", (Text("ok"),), "f"),)),
        ("tool", (ToolResult("other", (Text("x"),)),)),
    ]


@pytest.mark.parametrize("arguments", ["", "  ", None])
def test_c002_a_call_without_arguments_has_an_empty_object(arguments: str | None) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    assert read_messages({"role": "assistant", "tool_calls": [call]}) == [("assistant", (ToolCall("c", "f", "{}"),))]


def test_the_old_functions_are_tools() -> None:
    prompt = read(functions=[{"name": "f"}], function_call={"name": "f"})
    assert (prompt.tools, prompt.tool_choice) == ((Tool("f"),), ToolChoice("named", ("f",)))
    turns = read_messages(
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "1"},
    )
    assert turns == [("assistant", (ToolCall("call_f", "f"),)), ("tool", (ToolResult("call_f", (Text("1"),), "f"),))]


@pytest.mark.parametrize(
    ("fields", "thoughts"),
    [
        ({"reasoning_content": "hm"}, (Thinking("hm"),)),
        ({"reasoning": "hm"}, (Thinking("hm"),)),
        (
            {
                "reasoning_content": "hm",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "hm", "signature": "s", "format": "anthropic-claude-v1"},
                    {"type": "reasoning.encrypted", "data": "d", "format": "anthropic-claude-v1"},
                ],
            },
            (Thinking("hm", Signature("s", "anthropic")), Thinking("", Signature("d", "anthropic"), redacted=True)),
        ),
    ],
)
def test_earlier_thoughts(fields: dict[str, Any], thoughts: tuple[Part, ...]) -> None:
    assert read_messages({"role": "assistant", "content": "a", **fields}) == [("assistant", (*thoughts, Text("a")))]


def test_c013_a_gemini_signature_rides_on_its_call() -> None:
    call = CALL | {"extra_content": {"google": {"thought_signature": "U0lH"}}}
    ((_, parts),) = read_messages({"role": "assistant", "tool_calls": [call]})
    assert parts == (ToolCall("call_1", "f", '{"n":1}', Signature("U0lH", "google")),)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", ToolChoice("auto")),
        ("none", ToolChoice("none")),
        ("required", ToolChoice("required")),
        ("any", ToolChoice("required")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice("named", ("f",))),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [{"function": {"name": "f"}}]}},
            ToolChoice("required", ("f",)),
        ),
    ],
)
def test_tool_choice(choice: Any, expected: ToolChoice) -> None:
    assert read(tools=[{"type": "function", "function": {"name": "f"}}], tool_choice=choice).tool_choice == expected


@pytest.mark.parametrize(
    ("field", "choice"),
    [
        ("tool_choice", "required"),
        ("tool_choice", {"type": "function", "function": {"name": "f"}}),
        ("function_call", {"name": "f"}),
    ],
)
def test_a_call_that_must_be_made_needs_a_tool(field: str, choice: Any) -> None:
    with pytest.raises(ClientFault, match="there is no tool") as caught:
        read(**{field: choice})
    assert caught.value.param == field


@pytest.mark.parametrize("choice", ["auto", "none"])
def test_a_choice_that_asks_for_nothing_needs_none(choice: str) -> None:
    assert read(tool_choice=choice).tool_choice == ToolChoice(choice)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, OutputFormat("json_object")),
        (
            {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": {"type": "array"}}},
            OutputFormat("json_schema", {"type": "array"}, "n", strict=True),
        ),
    ],
)
def test_output_format(given: dict[str, Any], expected: OutputFormat | None) -> None:
    assert read(response_format=given).output == expected


def test_dials_are_read_and_spelled_as_the_client_did() -> None:
    prompt = read(max_completion_tokens=9, stop="X", temperature=0, seed=3, reasoning_effort="low", odd=1)
    assert prompt.sampling.given() == {"max_tokens": 9, "temperature": 0, "stop": ("X",), "seed": 3}
    assert prompt.spelling["max_tokens"] == "max_completion_tokens"
    assert prompt.reasoning == Reasoning("low")
    assert prompt.other == {"odd": 1}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": [{"role": "bot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "UklG"}}]}]},
            "messages[0].content[0].input_audio.format",
        ),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"n": 0}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": [1]}, "stop"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.function"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
    ],
)
def test_faults_name_their_field(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(ClientFault) as caught:
        read(**fields)
    assert (caught.value.status, caught.value.param) == (400, param)


def test_what_a_message_carries_beside_its_words_is_not_forgotten() -> None:
    asked = {"role": "assistant", "content": "x", "audio": {"id": "a1"}, "annotations": [{}], "refusal": None}
    assert read(messages=[asked]).other == {"messages[].audio": {"id": "a1"}}
    assert read(reasoning={"effort": "low", "exclude": True}).other == {"reasoning.exclude": True}


@pytest.mark.parametrize(
    ("role", "more"), [("system", {}), ("developer", {}), ("function", {"name": "f"})]
)
def test_only_text_in_messages_that_hold_nothing_else(role: str, more: dict[str, str]) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://h/a.png"}}
    with pytest.raises(ClientFault) as caught:
        read(messages=[{"role": role, "content": [picture], **more}])
    assert caught.value.param == "messages[0].content[0].type"
