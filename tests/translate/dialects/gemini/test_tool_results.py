"""What tools gave: always an object, in the order of the calls, pictures where the model takes them."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.dialects.gemini import BACKEND
from proapi_translate.errors import ClientFault
from proapi_translate.interface import RequestContext
from proapi_translate.losses import Losses
from proapi_translate.prompt import Prompt, Text, ToolCall, ToolResult, Turn

from .wire import FLASH_3, FLASH_25, answered, body_of, call

PNG = "data:image/png;base64,iVBORw0KGgo="
PICTURE = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
SHOT = [{"type": "text", "text": "shot:"}, {"type": "image_url", "image_url": {"url": PNG}}]


def results_of(messages: list[dict[str, Any]], model: str = FLASH_25) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = body_of({"messages": messages}, model)["contents"][2]["parts"]
    return parts


@pytest.mark.parametrize(
    ("content", "response"),
    [
        ("17 C", {"result": "17 C"}),
        ("[3,1,2]", {"result": [3, 1, 2]}),
        ('{"ok":true}', {"ok": True}),
        (' {"left": 0}\n', {"left": 0}),
        ("", {"result": ""}),
        (None, {"result": ""}),
        ("null", {"result": "null"}),
        ("4", {"result": "4"}),
        ("{half", {"result": "{half"}),
        ("[" * 3000, {"result": "[" * 3000}),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], {"result": "a\nb"}),
    ],
)
def test_c008_a_response_is_an_object(content: Any, response: dict[str, Any]) -> None:
    parts = results_of(answered(call("call_1", "probe"), results=[content]))
    assert parts == [{"functionResponse": {"name": "probe", "response": response}}]


@pytest.mark.parametrize(("text", "response"), [("boom", {"error": "boom"}), ('{"a":1}', {"error": {"a": 1}})])
def test_an_error_says_so(text: str, response: dict[str, Any]) -> None:
    turns = (
        Turn("user", (Text("x"),)),
        Turn("assistant", (ToolCall("c", "f"),)),
        Turn("tool", (ToolResult("c", (Text(text),), is_error=True),)),
    )
    written = BACKEND.write_request(Prompt("m", turns), RequestContext(FLASH_25, Losses({})))
    assert written.body["contents"][2]["parts"][0]["functionResponse"]["response"] == response


def test_results_stand_in_the_order_of_their_calls() -> None:
    history = answered(call("a", "f"), call("b", "g"), results=["1", "2"])
    history[2:] = history[:1:-1]
    names = [part["functionResponse"]["name"] for part in results_of(history)]
    assert names == ["f", "g"]


def test_c010_pictures_stand_beside_the_result_before_gemini_3() -> None:
    history = [*answered(call("c", "capture"), results=[SHOT]), {"role": "user", "content": "so?"}]
    assert results_of(history) == [
        {"functionResponse": {"name": "capture", "response": {"result": "shot:"}}},
        PICTURE,
        {"text": "so?"},
    ]


def test_c010_pictures_stand_inside_the_result_from_gemini_3_on() -> None:
    parts = results_of(answered(call("c", "capture"), results=[SHOT]), FLASH_3)
    response = {"name": "capture", "response": {"result": "shot:"}, "id": "c", "parts": [PICTURE]}
    assert parts == [{"functionResponse": response}]


def test_a_result_without_its_call_is_refused() -> None:
    with pytest.raises(ClientFault, match="call_9") as caught:
        body_of(
            {"messages": [{"role": "user", "content": "x"}, {"role": "tool", "tool_call_id": "call_9", "content": "1"}]}
        )
    assert caught.value.param == "messages"
