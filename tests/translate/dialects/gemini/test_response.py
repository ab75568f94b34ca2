"""Whole bodies."""

from __future__ import annotations

import pytest

from proapi_translate.dialects.gemini import BACKEND
from proapi_translate.errors import BackendFailure
from proapi_translate.events import Finish, PartEnd, PartStart, Start, TextDelta, Usage

from .wire import context, finishes, piece, read_body, text


def test_a_body() -> None:
    body = {
        **piece(text("hi"), finish="STOP"),
        "responseId": "r",
        "modelVersion": "m",
        "usageMetadata": {"promptTokenCount": 1},
    }
    assert read_body(body) == [
        Start("r", "m"), PartStart(0, "text"), TextDelta(0, "hi"), Usage(1), PartEnd(0), Finish("stop", 0, "STOP"),
    ]  # fmt: skip


def test_candidates_without_an_index_stand_in_order() -> None:
    bodies = [piece(text("a"), finish="STOP"), piece(text("b"), finish="MAX_TOKENS")]
    events = read_body({"candidates": [body["candidates"][0] for body in bodies]})
    assert finishes(events) == [(0, "stop"), (1, "length")]


def test_a_whole_body_is_complete_without_a_reason_too() -> None:
    assert finishes(read_body(piece(text("a")))) == [(0, "stop")]
    assert finishes(read_body(piece({"functionCall": {"name": "f"}}))) == [(0, "tool_calls")]


def test_a_safety_block_of_the_answer() -> None:
    assert read_body({"candidates": [{"content": {}, "finishReason": "SAFETY"}]})[1:] == [
        Finish("content_filter", 0, "SAFETY")
    ]


@pytest.mark.parametrize("body", [b"{}", b'{"candidates": []}', b'{"usageMetadata": {"promptTokenCount": 1}}'])
def test_no_candidates_is_a_failure(body: bytes) -> None:
    with pytest.raises(BackendFailure, match="no candidates") as caught:
        list(BACKEND.read_body(body, context()))
    assert caught.value.status == 502


def test_an_error_inside_a_200() -> None:
    with pytest.raises(BackendFailure, match="Slow") as caught:
        read_body({"error": {"code": 429, "message": "Slow."}})
    assert (caught.value.status, caught.value.kind) == (429, "rate_limit_error")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]"])
def test_no_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(BACKEND.read_body(body, context()))
