"""What several backends need of a history: arguments as objects, and ids that are one call's alone."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.prompt import Text, ToolCall, ToolResult, Turn
from proapi_translate.repair import read_arguments, with_distinct_ids


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        (ToolCall("c", "f", '{"x": 1}'), {"x": 1}),
        (ToolCall("c", "f", " "), {}),
        (ToolCall("c", "f", "[1]"), {"input": "[1]"}),
        (ToolCall("c", "f", '{"x":'), {"input": '{"x":'}),
        (ToolCall("c", "f", '{"x": 1}', kind="custom"), {"input": '{"x": 1}'}),
    ],
)
def test_arguments_are_an_object(call: ToolCall, arguments: dict[str, Any]) -> None:
    assert read_arguments(call) == arguments


def called(*ids: str) -> Turn:
    return Turn("assistant", tuple(ToolCall(call_id, "f") for call_id in ids))


def answered(*ids: str) -> Turn:
    return Turn("user", (*(ToolResult(call_id, (Text("1"),)) for call_id in ids), Text("go on")))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((("a", "b"), ("c",)), (("a", "b"), ("c",))),
        ((("a",), ("a",), ("a",)), (("a",), ("a_1",), ("a_2",))),
        ((("a",), ("a_1",), ("a",)), (("a",), ("a_1",), ("a_2",))),
        ((("f.0", "f:0"),), (("f.0", "f_0_1"),)),  # one text as `safe_id` writes them
        ((("x" * 70,), ("x" * 70,)), (("x" * 70,), ("x" * 56 + "_1",))),
    ],
)
def test_ids_are_one_calls_alone(given: tuple[tuple[str, ...], ...], told: tuple[tuple[str, ...], ...]) -> None:
    turns = [turn for ids in given for turn in (called(*ids), answered(*ids))]
    expected = [turn for ids in told for turn in (called(*ids), answered(*ids))]
    assert list(with_distinct_ids(turns, lambda call_id: ())) == expected
