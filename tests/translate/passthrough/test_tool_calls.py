"""Tool calls in chat streams: index, id and name once, arguments whole."""

from __future__ import annotations

from typing import Any

import pytest

from ..chat_contract import calls_of, finish_reasons
from .wire import START, STOP, call, calling, checked, chunk, through, wire

A, B = ("a", "f", '{"x": 1}'), ("b", "g", '{"y": 2}')

# name → (the backend's chunks, the calls that the client must assemble)
STREAMS: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str, str]]]] = {
    "as OpenAI sends them": (
        [
            calling(call(0, "a", "f", "")), calling(call(0, arguments='{"x"')), calling(call(0, arguments=": 1}")),
            calling(call(1, "b", "g", "")), calling(call(1, arguments='{"y": 2}')),
        ],
        [A, B],
    ),
    "interleaved": (
        [
            calling(call(0, "a", "f", ""), call(1, "b", "g", "")), calling(call(1, arguments='{"y": ')),
            calling(call(0, arguments='{"x": 1}')), calling(call(1, arguments="2}")),
        ],
        [A, B],
    ),
    "whole, without index": ([calling(call(None, "a", "f", '{"x": 1}'), call(None, "b", "g", '{"y": 2}'))], [A, B]),
    "in pieces, without index": (
        [
            calling(call(None, "a", "f", '{"x"')), calling(call(arguments=": 1}")),
            calling(call(None, "b", "g", '{"y": 2}')),
        ],
        [A, B],
    ),
    "in pieces, without index, by id": (
        [
            calling(call(None, "a", "f", '{"x"')), calling(call(None, "b", "g", '{"y"')),
            calling(call(None, "a", arguments=": 1}")), calling(call(None, "b", arguments=": 2}")),
        ],
        [A, B],
    ),
    "in pieces, without index, by place": (
        [
            calling(call(None, "a", "f", ""), call(None, "b", "g", "")),
            calling(call(arguments='{"x": 1}'), call(arguments='{"y": 2}')),
        ],
        [A, B],
    ),
    "all at index 0": ([calling(call(0, "a", "f", '{"x": 1}')), calling(call(0, "b", "g", '{"y": 2}'))], [A, B]),
    "all at index 0, one name": (
        [calling(call(0, "a", "f", '{"x": 1}')), calling(call(0, "b", "f", '{"x": 1}'))],
        [A, ("b", "f", '{"x": 1}')],
    ),
    "numbered from 1": ([calling(call(1, "a", "f", '{"x": 1}')), calling(call(2, "b", "g", '{"y": 2}'))], [A, B]),
    "id and name in every delta": (
        [calling(call(0, "a", "f", '{"x"')), calling(call(0, "a", "f", ": 1}"))],
        [A],
    ),
    "another id in every delta": (
        [calling(call(0, "a", "f", "")), calling(call(0, "b", "f", '{"x"')), calling(call(0, "c", "f", ": 1}"))],
        [A],
    ),
    "another id in every delta, no name": (
        [calling(call(0, "a", "f", "")), calling(call(0, "b", arguments='{"x": 1}'))],
        [A],
    ),
    "empty id and name in every delta": (
        [
            calling(call(0, "a", "f", '{"x"')),
            calling({"index": 0, "id": "", "type": "", "function": {"name": "", "arguments": ": 1}"}}),
        ],
        [A],
    ),
    "a late name": ([calling(call(0, "a", arguments="")), calling(call(0, None, "f", '{"x": 1}'))], [A]),
    "whole again at the end": (
        [
            calling(call(0, "a", "f", '{"x"')), calling(call(0, arguments=": 1}")),
            calling(call(0, "a", "f", '{"x": 1}')),
        ],
        [A],
    ),
    "whole again, by id alone": (
        [calling(call(0, "a", "f", '{"x": 1}')), calling(call(0, "a", arguments='{"x": 1}'))],
        [A],
    ),
    "whole again, by name alone": (
        [calling(call(0, "a", "f", '{"x": 1}')), calling(call(0, None, "f", '{"x": 1}'))],
        [A],
    ),
    "both whole again, in other words": (
        [
            calling(call(0, "a", "f", '{"x": 1}')), calling(call(1, "b", "g", '{"y": 2}')),
            calling(call(0, "a", "f", '{"x":1}'), call(1, "b", "g", '{"y":2}')),
        ],
        [A, B],
    ),
    "arguments as an object": ([calling(call(0, "a", "f", {"x": 1}))], [("a", "f", '{"x":1}')]),
    "arguments are null": (
        [calling({"index": 0, "id": "a", "function": {"name": "f", "arguments": None}})],
        [("a", "f", "{}")],
    ),
    "no id": (
        [calling(call(0, None, "f", '{"x": 1}')), calling(call(1, None, "g", '{"y": 2}'))],
        [("call_own_0", *A[1:]), ("call_own_1", *B[1:])],
    ),
    "no type": ([calling({"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}})], [A]),
    "one call, not in a list": ([chunk({"tool_calls": call(0, "a", "f", '{"x": 1}')})], [A]),
    "an entry that is none": ([calling(None, call(0, "a", "f", '{"x": 1}'))], [A]),  # type: ignore[arg-type]
    "blanks around the arguments": (
        [calling(call(0, "a", "f", " ")), calling(call(0, arguments='{"x": 1}')), calling(call(0, arguments="\n"))],
        [("a", "f", ' {"x": 1}\n')],
    ),
    "braces in the arguments": (
        [calling(call(0, "a", "f", '{"x": "{}')), calling(call(0, "a", "f", "{}")), calling(call(0, "a", "f", '"}'))],
        [("a", "f", '{"x": "{}{}"}')],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("events", "calls"), STREAMS.values(), ids=STREAMS)
def test_calls_are_assembled_by_index(events: list[dict[str, Any]], calls: list[tuple[str, str, str]]) -> None:
    chunks = checked(START, *events, chunk({}, "tool_calls"))
    assert calls_of(chunks) == calls
    first = {delta["index"]: delta for one in reversed(chunks) for delta in _deltas(one)}
    assert all(delta["type"] == "function" for delta in first.values())
    assert sum("id" in delta for one in chunks for delta in _deltas(one)) == len(calls)


def test_calls_that_need_nothing_go_on_byte_for_byte() -> None:
    stream = wire(START, *STREAMS["as OpenAI sends them"][0], chunk({}, "tool_calls"))
    assert through(stream) == stream


EMPTY = [call(0, "a", "f", ""), {"index": 0, "id": "a", "type": "function", "function": {"name": "f"}}]


@pytest.mark.parametrize("delta", EMPTY)
@pytest.mark.parametrize("finish", ["stop", "tool_calls"])
def test_C002_a_call_without_arguments_is_the_empty_object(delta: dict[str, Any], finish: str) -> None:
    chunks = checked(START, calling(delta), chunk({}, finish))
    assert calls_of(chunks) == [("a", "f", "{}")]
    assert finish_reasons(chunks) == ["tool_calls"]


@pytest.mark.parametrize("delta", EMPTY)
def test_C002_also_where_the_call_and_the_end_are_one_chunk(delta: dict[str, Any]) -> None:
    assert calls_of(checked(calling(delta, finish="tool_calls"))) == [("a", "f", "{}")]


@pytest.mark.parametrize("finish", [None, "stop"])
def test_C002_among_others(finish: str | None) -> None:
    events = [calling(call(0, "b", "g", '{"y": 2}'), call(1, "a", "f", ""), finish=finish), STOP]
    assert calls_of(checked(*events)) == [B, ("a", "f", "{}")]


def test_a_call_that_is_cut_by_the_limit_is_not_completed() -> None:
    chunks = checked(START, calling(call(0, "a", "f", "")), chunk({}, "length"))
    assert calls_of(chunks) == [("a", "f", "")]


@pytest.mark.parametrize(("raw", "reason"), [("stop", "tool_calls"), ("length", "length"), ("content_filter",) * 2])
def test_C041_calls_end_in_tool_calls_and_other_reasons_win(raw: str, reason: str) -> None:
    assert finish_reasons(checked(START, calling(call(0, "a", "f", '{"x": 1}')), chunk({}, raw))) == [reason]


def test_calls_of_two_choices_are_kept_apart() -> None:
    second = chunk({"tool_calls": [call(0, None, "g", '{"y": 2}')]}, index=1)
    chunks = checked(calling(call(0, None, "f", '{"x": 1}')), second, STOP, chunk({}, "stop", index=1))
    assert calls_of(chunks) == [("call_own_0", *A[1:])]
    assert calls_of(chunks, 1) == [("call_own_1_0", *B[1:])]


def test_a_custom_tools_call_goes_on() -> None:
    custom = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "f", "input": ""}}
    more = {"index": 0, "custom": {"input": "free text"}}
    # Not held against the SDK: its stream helper knows no custom calls.
    stream = wire(START, calling(custom), calling(more), chunk({}, "tool_calls"))
    assert through(stream) == stream
    assert b'"type":"custom"' in through(wire(START, calling({**custom, "type": None}), STOP))


@pytest.mark.parametrize(
    ("call_", "reason"), [({"name": "f", "arguments": "{}"}, "function_call"), ({"name": ""}, "stop")]
)
def test_the_old_functions_form(call_: dict[str, Any], reason: str) -> None:
    assert finish_reasons(checked(START, chunk({"function_call": call_}), STOP)) == [reason]


def _deltas(one: dict[str, Any]) -> list[dict[str, Any]]:
    return [delta for choice in one["choices"] for delta in choice["delta"].get("tool_calls") or ()]
