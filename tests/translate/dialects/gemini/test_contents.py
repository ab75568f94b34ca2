"""Turns to contents: roles, order, merging, calls, and signatures in their places."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.dialects.gemini import BACKEND
from proapi_translate.dialects.gemini.names import DUMMY_SIGNATURE
from proapi_translate.interface import RequestContext
from proapi_translate.losses import Losses
from proapi_translate.prompt import Part, Prompt, Refusal, Signature, Text, Thinking, ToolCall, Turn

from .wire import FLASH_3, FLASH_25, PRO_3, USER, answered, body_of, call

OURS = Signature("U0lH", "google")
MORE = Signature("TU9SRQ==", "google")
THEIRS = Signature("QU5U", "anthropic")


def contents_of(messages: list[dict[str, Any]], model: str = FLASH_25, **context: Any) -> list[dict[str, Any]]:
    contents: list[dict[str, Any]] = body_of({"messages": messages}, model, **context)["contents"]
    return contents


def model_parts(*parts: Part, model: str = FLASH_25, **context: Any) -> list[dict[str, Any]]:
    """What one model turn becomes."""
    turns = (Turn("user", (Text("x"),)), Turn("assistant", parts))
    written = BACKEND.write_request(Prompt("m", turns), RequestContext(model, Losses({}), **context))
    contents = written.body["contents"]
    return list(contents[1]["parts"]) if len(contents) > 1 else []


def said(contents: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(content["role"], [part.get("text") for part in content["parts"]]) for content in contents]


def test_neighbours_merge_and_blanks_go() -> None:
    messages = [
        USER,
        {"role": "user", "content": [{"type": "text", "text": "and"}, {"type": "text", "text": " "}]},
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"},
    ]
    assert said(contents_of(messages)) == [("user", ["hi", "and"]), ("model", ["a", "b"]), ("user", ["c"])]


def test_a_last_assistant_message_stays() -> None:
    assert said(contents_of([USER, {"role": "assistant", "content": "{"}])) == [("user", ["hi"]), ("model", ["{"])]


def test_parts_keep_their_order() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    sound = {"type": "input_audio", "input_audio": {"data": "UklGRgAA", "format": "wav"}}
    content = [{"type": "text", "text": "a"}, picture, {"type": "text", "text": "b"}, sound]
    parts = contents_of([{"role": "user", "content": content}])[0]["parts"]
    assert [next(iter(part)) for part in parts] == ["text", "inlineData", "text", "inlineData"]


@pytest.mark.parametrize(
    ("arguments", "args"),
    [
        ("{}", {}),
        ("  ", {}),
        ('{"a": 1}', {"a": 1}),
        ("[1]", {"input": "[1]"}),
        ("{half", {"input": "{half"}),
        ("null", {"input": "null"}),
    ],
)
def test_arguments_are_an_object(arguments: str, args: dict[str, Any]) -> None:
    assert model_parts(ToolCall("c", "f", arguments)) == [{"functionCall": {"name": "f", "args": args}}]


def test_a_history_that_begins_with_a_call_gets_a_user_before_it() -> None:
    contents = contents_of(answered(call("call_1", "f"))[1:])
    assert [content["role"] for content in contents] == ["user", "model", "user"]
    assert "functionCall" in contents[1]["parts"][0]


def test_a_history_that_begins_with_the_models_words_stays() -> None:
    assert said(contents_of([{"role": "assistant", "content": "a"}, USER])) == [("model", ["a"]), ("user", ["hi"])]


def test_call_ids_go_back_from_gemini_3_on() -> None:
    contents = contents_of(answered(call("call_1", "f")), FLASH_3)
    assert contents[1]["parts"][0]["functionCall"]["id"] == "call_1"
    assert contents[2]["parts"][0]["functionResponse"]["id"] == "call_1"
    assert "call_1" not in str(contents_of(answered(call("call_1", "f")), FLASH_25))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            (Thinking("hm", OURS), Text("a")),
            [{"text": "hm", "thought": True, "thoughtSignature": "U0lH"}, {"text": "a"}],
        ),
        # A text's own signature comes as a thought without words, before or after it.
        ((Text("a"), Thinking("", OURS, redacted=True)), [{"text": "a", "thoughtSignature": "U0lH"}]),
        ((Thinking("", OURS, redacted=True), Text("a")), [{"text": "a", "thoughtSignature": "U0lH"}]),
        (
            (Thinking("", OURS), Text("a"), Thinking("", MORE), Text("b")),
            [{"text": "a", "thoughtSignature": "U0lH"}, {"text": "b", "thoughtSignature": "TU9SRQ=="}],
        ),
        # Others' signatures and unsigned thoughts: nobody could read them.
        ((Thinking("hm", THEIRS), Text("a")), [{"text": "a"}]),
        ((Thinking("hm"), Text("a")), [{"text": "a"}]),
        (
            (Thinking("hm", OURS), Thinking("hm", OURS), Text("a")),
            [{"text": "hm", "thought": True, "thoughtSignature": "U0lH"}, {"text": "a"}],
        ),
        ((Thinking("", OURS),), []),  # nothing to stand on
        (
            (ToolCall("c", "f", signature=OURS), ToolCall("d", "f")),
            [
                {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "U0lH"},
                {"functionCall": {"name": "f", "args": {}}},
            ],
        ),
        ((ToolCall("c", "f", signature=THEIRS),), [{"functionCall": {"name": "f", "args": {}}}]),
        ((Refusal("no"),), [{"text": "no"}]),
    ],
)
def test_signatures(parts: tuple[Part, ...], expected: list[dict[str, Any]]) -> None:
    assert model_parts(*parts) == expected


def signatures(parts: list[dict[str, Any]]) -> list[str | None]:
    return [part.get("thoughtSignature") for part in parts]


def test_a_kept_signature_is_handed_in_by_call_id() -> None:
    kept = {"c": (Thinking("hm", MORE), Thinking("", OURS)), "d": (Thinking("hm", MORE),)}
    parts = model_parts(
        ToolCall("c", "f"), ToolCall("d", "f"), model=PRO_3, recall=lambda call_id: kept.get(call_id, ())
    )
    assert [part.get("text") for part in parts] == ["hm", None, None]
    assert signatures(parts) == ["TU9SRQ==", "U0lH", None]


def test_thoughts_that_came_along_with_the_call() -> None:
    parts = model_parts(ToolCall("c", "f", thoughts=(Thinking("", OURS),)), model=PRO_3)
    assert signatures(parts) == ["U0lH"]


def test_a_signature_that_the_client_carries_needs_no_recall() -> None:
    def recall(call_id: str) -> tuple[Thinking, ...]:
        raise AssertionError(call_id)

    assert signatures(model_parts(ToolCall("c", "f", signature=OURS), model=PRO_3, recall=recall)) == ["U0lH"]


def test_the_dummy_stands_only_where_a_whole_step_is_unsigned() -> None:
    assert signatures(model_parts(Text("a"), ToolCall("c", "f"), ToolCall("d", "f"), model=PRO_3)) == [
        None,
        DUMMY_SIGNATURE,
        None,
    ]
    assert signatures(model_parts(ToolCall("c", "f"), ToolCall("d", "f", signature=OURS), model=PRO_3)) == [
        None,
        "U0lH",
    ]
    assert signatures(model_parts(ToolCall("c", "f", signature=THEIRS), model=PRO_3)) == [DUMMY_SIGNATURE]
    assert signatures(model_parts(ToolCall("c", "f"), model=FLASH_25)) == [None]
