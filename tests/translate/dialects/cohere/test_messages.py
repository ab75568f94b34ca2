"""Turns as Cohere's messages."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from proapi_translate.dialects.cohere import BACKEND
from proapi_translate.errors import ClientFault
from proapi_translate.interface import RequestContext
from proapi_translate.losses import Losses
from proapi_translate.prompt import Prompt, Text, ToolResult, Turn

from .wire import COMMAND, REASONING, write, write_messages

PNG = "iVBORw0KGgo="
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"n":1}'}}


def image(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def file(data: str, **more: Any) -> dict[str, Any]:
    return {"type": "file", "file": {"file_data": data, **more}}


def user(*content: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(content)}


def test_system_texts_stay_where_they_stand() -> None:
    assert write_messages(
        {"role": "developer", "content": "Be terse."},
        {"role": "system", "content": [text("Use metric."), text("Be kind.")]},
        {"role": "user", "content": "hi"},
        {"role": "system", "content": "Now in French."},
        {"role": "system", "content": " "},
    ) == [
        {"role": "system", "content": "Be terse."},
        {"role": "system", "content": [text("Use metric."), text("Be kind.")]},
        {"role": "user", "content": "hi"},
        {"role": "system", "content": "Now in French."},
    ]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (image("https://h/a.png"), image("https://h/a.png")),
        (image("https://h/a.png", detail="low"), image("https://h/a.png", detail="low")),
        # The label lies: the bytes are a PNG's.
        (image(f"data:image/jpeg;base64,{PNG}"), image(f"data:image/png;base64,{PNG}")),
    ],
)
def test_images(given: dict[str, Any], sent: dict[str, Any]) -> None:
    assert write_messages(user(text("see"), given)) == [{"role": "user", "content": [text("see"), sent]}]


def test_an_empty_user_message_stays_one() -> None:
    assert write_messages({"role": "user", "content": ""}) == [{"role": "user", "content": ""}]


def test_a_text_file_becomes_a_document() -> None:
    data = base64.b64encode("Grüße".encode()).decode()
    body, losses = write(
        {"messages": [user(text("read"), file(f"data:text/plain;base64,{data}", filename="a.txt"))], "documents": ["d"]}
    )
    assert body["messages"] == [{"role": "user", "content": "read"}]
    assert body["documents"] == ["d", {"id": "file:0", "data": {"title": "a.txt", "text": "Grüße"}}]
    assert [(loss.field, loss.what) for loss in losses] == [("file", "approximated")]


def test_a_message_of_nothing_but_a_file_says_so() -> None:
    data = base64.b64encode(b"x").decode()
    attached = {"role": "user", "content": "The document is attached."}
    assert write_messages(user(file(f"data:text/csv;base64,{data}"))) == [attached]


@pytest.mark.parametrize(
    ("part", "field"),
    [
        (file("data:application/pdf;base64,JVBERi0="), "file"),
        (file("data:text/plain;base64,/w=="), "file"),
        ({"type": "file", "file": {"file_id": "file-1"}}, "file"),
        ({"type": "input_audio", "input_audio": {"data": "UklGRgAA", "format": "wav"}}, "input_audio"),
    ],
)
def test_what_its_models_cannot_read_is_refused(part: dict[str, Any], field: str) -> None:
    with pytest.raises(ClientFault) as caught:
        write_messages(user(part))
    assert (caught.value.status, caught.value.param) == (400, field)
    assert field in caught.value.message


@pytest.mark.parametrize(
    ("model", "calls", "message"),
    [
        (COMMAND, [CALL], {"role": "assistant", "tool_plan": "hm", "content": "ok", "tool_calls": [CALL]}),
        (COMMAND, [], {"role": "assistant", "content": "ok"}),
        (
            REASONING,
            [CALL],
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "hm"}, text("ok")],
                "tool_calls": [CALL],
            },
        ),
    ],
)
def test_earlier_thoughts(model: str, calls: list[Any], message: dict[str, Any]) -> None:
    given = {"role": "assistant", "content": "ok", "reasoning_content": "hm", "tool_calls": calls}
    assert write_messages({"role": "user", "content": "u"}, given, model=model)[1] == message


def test_thoughts_without_a_place_are_reported() -> None:
    _, losses = write({"messages": [{"role": "assistant", "content": "ok", "reasoning_content": "hm"}]})
    assert [loss.field for loss in losses] == ["messages[].reasoning_content"]


def test_an_assistant_message_without_anything_to_say_is_left_out() -> None:
    assert write_messages({"role": "user", "content": "u"}, {"role": "assistant", "content": None}) == [
        {"role": "user", "content": "u"}
    ]


def result(call_id: str, content: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


@pytest.mark.parametrize(
    ("content", "sent"),
    [("ok", "ok"), ([text("ok")], "ok"), ([text("a"), text("b")], [text("a"), text("b")]), ("", "")],
)
def test_tool_results(content: Any, sent: Any) -> None:
    assert write_messages(result("c1", content)) == [result("c1", sent)]


def test_C010_pictures_of_tools_follow_all_their_results_as_the_users() -> None:
    calls = [CALL, CALL | {"id": "c2"}]
    body, losses = write(
        {
            "messages": [
                {"role": "assistant", "content": None, "tool_calls": calls},
                result("c1", [text("shot:"), image(f"data:image/png;base64,{PNG}")]),
                result("c2", "b"),
                {"role": "user", "content": "and?"},
            ]
        }
    )
    assert body["messages"][1:] == [
        result("c1", "shot:"),
        result("c2", "b"),
        {"role": "user", "content": [image(f"data:image/png;base64,{PNG}")]},
        {"role": "user", "content": "and?"},
    ]
    assert [(loss.field, loss.what) for loss in losses] == [("messages[].content", "approximated")]


def test_calls_of_custom_tools_are_told_as_a_functions() -> None:
    custom = {"id": "c1", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    body, losses = write({"messages": [{"role": "assistant", "tool_calls": [custom]}, result("c1", "x")]})
    assert body["messages"][0]["tool_calls"][0]["function"] == {"name": "sh", "arguments": '{"input":"ls"}'}
    assert [loss.what for loss in losses] == ["approximated"]


def test_names_and_cache_marks_are_reported() -> None:
    marked = text("a") | {"cache_control": {"type": "ephemeral"}}
    _, losses = write({"messages": [{"role": "user", "name": "bob", "content": [marked]}]})
    assert [(loss.field, loss.what) for loss in losses] == [
        ("messages[].name", "dropped"),
        ("cache_control", "dropped"),
    ]


def test_a_failed_tool_is_reported() -> None:
    losses = Losses({})
    turn = Turn("tool", (ToolResult("c1", (Text("boom"),), is_error=True),))
    written = BACKEND.write_request(Prompt("m", (turn,)), RequestContext(COMMAND, losses))
    assert written.body["messages"] == [result("c1", "boom")]
    assert [loss.field for loss in losses.report()] == ["is_error"]
