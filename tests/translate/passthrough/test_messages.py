"""Where reasoning rides, and content that is a list."""

from __future__ import annotations

import pytest

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
