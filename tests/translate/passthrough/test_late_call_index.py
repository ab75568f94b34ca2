"""Tool calls whose first delta has no index and whose continuations have one."""

from __future__ import annotations

from typing import Any

import pytest

from ..chat_contract import calls_of
from .wire import START, call, calling, checked, chunk, through, wire

A, B = ("a", "f", '{"x": 1}'), ("b", "g", '{"y": 2}')

# name → (the backend's chunks, the calls that the client must assemble)
STREAMS: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str, str]]]] = {
    "one call": (
        [
            calling(call(None, "a", "f", "")), calling(call(0, arguments='{"x"')), calling(call(0, arguments=": 1}")),
        ],
        [A],
    ),
    "one call, counted from 1": (
        [calling(call(None, "a", "f", "")), calling(call(1, arguments='{"x": 1}'))],
        [A],
    ),
    "two calls, one after the other": (
        [
            calling(call(None, "a", "f", "")), calling(call(0, arguments='{"x": 1}')),
            calling(call(None, "b", "g", "")), calling(call(1, arguments='{"y": 2}')),
        ],
        [A, B],
    ),
    "two calls, both continued at 0": (
        [
            calling(call(None, "a", "f", "")), calling(call(0, arguments='{"x": 1}')),
            calling(call(None, "b", "g", "")), calling(call(0, arguments='{"y": 2}')),
        ],
        [A, B],
    ),
    "two calls at once, by place": (
        [
            calling(call(None, "a", "f", ""), call(None, "b", "g", "")),
            calling(call(0, arguments='{"x": 1}'), call(1, arguments='{"y": 2}')),
        ],
        [A, B],
    ),
    "a new number with an id opens a call": (
        [calling(call(None, "a", "f", '{"x": 1}')), calling(call(0, "b", "g", '{"y": 2}'))],
        [A, B],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("events", "calls"), STREAMS.values(), ids=STREAMS)
def test_a_nameless_entry_continues_the_call(events: list[dict[str, Any]], calls: list[tuple[str, str, str]]) -> None:
    assert calls_of(checked(START, *events, chunk({}, "tool_calls"))) == calls


def test_a_custom_call_without_id_is_one_of_its_own() -> None:
    custom = {"index": 1, "type": "custom", "custom": {"name": "g", "input": "free"}}
    stream = through(wire(START, calling(call(0, "a", "f", '{"x": 1}')), calling(custom), chunk({}, "tool_calls")))
    assert b'"id":"call_own_1"' in stream
