"""Where reasoning rides, and content that is a list."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.passthrough.messages import arguments_text, copy_reasoning, flatten_content

from .wire import START, STOP, checked, chunk


@pytest.mark.parametrize("name", ["reasoning", "reasoning_text"])
def test_reasoning_rides_in_reasoning_content(name: str) -> None:
    details = [{"type": "reasoning.text", "text": "hm"}]
    chunks = checked(START, chunk({name: "hm", "reasoning_details": details}), STOP)
    assert chunks[1]["choices"][0]["delta"] == {name: "hm", "reasoning_details": details, "reasoning_content": "hm"}


def test_reasoning_content_goes_on_and_inline_thoughts_are_left_alone() -> None:
    delta = {"content": "<think>a</think>b", "reasoning_content": "hm", "reasoning": "other"}
    assert checked(START, chunk(delta), STOP)[1]["choices"][0]["delta"] == delta


def test_list_content_becomes_text_and_reasoning() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]}
    reference = {"type": "reference", "reference_ids": [1]}
    events = [chunk({"content": [thought]}), chunk({"content": [{"type": "text", "text": "4"}, reference, "2"]})]
    chunks = checked(START, *events, STOP)
    assert chunks[1]["choices"][0]["delta"] == {"content": None, "reasoning_content": "hm"}
    assert chunks[2]["choices"][0]["delta"] == {"content": "42", "content_parts": [reference]}


@pytest.mark.parametrize(
    ("content", "text", "reasoning"),
    [
        ([], "", None),
        ([{"type": "text", "text": "a"}, {"type": "output_text", "text": "b"}], "ab", None),
        ([{"type": "thinking", "thinking": "hm"}], None, "hm"),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": "h"}, 5, {"text": 6}]}], None, "h"),
        ([{"type": "thinking", "thinking": None}, {"type": "text", "text": "a"}], "a", ""),
    ],
)
def test_list_content_of_every_kind(content: list[Any], text: str | None, reasoning: str | None) -> None:
    message: dict[str, Any] = {"content": content}
    flatten_content(message)
    assert (message["content"], message.get("reasoning_content")) == (text, reasoning)


def test_parts_of_no_known_kind_are_kept() -> None:
    message: dict[str, Any] = {"content": [{"type": "text", "text": None}, 5, {"type": "image_url"}]}
    flatten_content(message)
    assert message == {"content": "", "content_parts": [{"type": "text", "text": None}, 5, {"type": "image_url"}]}


@pytest.mark.parametrize("reasoning", [None, "", {"summary": "x"}, 5])
def test_reasoning_that_is_no_text_is_not_copied(reasoning: Any) -> None:
    message = {"reasoning": reasoning}
    assert not copy_reasoning(message)
    assert message == {"reasoning": reasoning}


@pytest.mark.parametrize(
    ("arguments", "text"), [("{}", "{}"), ("", ""), (None, ""), ({"a": "é"}, '{"a":"é"}'), ([], "[]")]
)
def test_arguments_are_text(arguments: Any, text: str) -> None:
    assert arguments_text(arguments) == text
