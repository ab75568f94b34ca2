"""One choice of a chat stream: its role, its delta, its place, and its end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..chat_contract import data_of, finish_reasons, joined
from .wire import DONE, ENVELOPE, START, STOP, USAGE, checked, chunk, lane, through, wire


@pytest.mark.parametrize(
    "first", [{}, {"content": "a"}, {"role": None, "content": "a"}, {"role": "model"}, {"role": ""}]
)
def test_the_first_delta_has_the_role(first: dict[str, Any]) -> None:
    chunks = checked(chunk(first), chunk({"content": "b"}), STOP)
    assert next(iter(chunks[0]["choices"][0]["delta"])) == "role"
    assert joined(chunks, "content") == first.get("content", "") + "b"


@pytest.mark.parametrize("role", ["assistant", "", None])
def test_the_role_comes_once(role: str | None) -> None:
    chunks = checked(START, chunk({"role": role, "content": "a"}), chunk({"role": role}, "stop"))
    assert [("role" in one["choices"][0]["delta"]) for one in chunks] == [True, False, False]


def test_each_choice_has_its_own_role_and_end() -> None:
    second = {"role": "assistant", "content": "b"}
    events = [chunk({"content": "a"}), chunk(second, index=1), chunk({}, "length", index=1), STOP]
    chunks = checked(*events)
    assert (joined(chunks, "content"), joined(chunks, "content", 1)) == ("a", "b")
    assert finish_reasons(chunks) == ["length", "stop"]


def test_choices_without_an_index_are_numbered_by_place() -> None:
    both = {**ENVELOPE, "choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}]}
    ends = {**ENVELOPE, "choices": [{"delta": {}, "finish_reason": "stop"}] * 2}
    chunks = checked(both, json.loads(json.dumps(ends)))
    assert (joined(chunks, "content"), joined(chunks, "content", 1)) == ("a", "b")


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"finish_reason": None},
        {"delta": None, "finish_reason": None},
        {"delta": "x"},
        {"delta": None, "content_filter_results": {"a": 1}},
    ],
)
def test_a_missing_delta_is_an_empty_one(choice: dict[str, Any]) -> None:
    chunks = checked(START, {**ENVELOPE, "choices": [{"index": 0, **choice}]}, STOP)
    assert chunks[1]["choices"][0]["delta"] == {}
    assert chunks[1]["choices"][0]["finish_reason"] is None


def test_a_message_in_place_of_a_delta_is_taken_for_it() -> None:
    whole = {**ENVELOPE, "choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}}]}
    chunks = checked(whole, STOP)
    assert joined(chunks, "content") == "a"
    assert "message" not in chunks[0]["choices"][0]


def test_an_empty_finish_reason_is_none_yet() -> None:
    chunks = checked(START, chunk({"content": "a"}, ""), STOP)
    assert finish_reasons(chunks) == ["stop"]


def test_a_finish_reason_in_every_chunk_comes_once_at_the_end() -> None:
    events = [chunk({"role": "assistant", "content": ""}, "stop"), chunk({"content": "one "}, "stop")]
    chunks = checked(*events, chunk({"content": "two"}, "stop"))
    assert joined(chunks, "content") == "one two"
    assert finish_reasons(chunks) == ["stop"]
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_a_second_end_is_dropped_and_its_news_is_kept() -> None:
    again = chunk({"role": "assistant", "content": ""}, "stop", usage=USAGE, cost=0.5)
    again["choices"][0]["logprobs"] = None
    chunks = checked(START, STOP, again, include_usage=True)
    assert finish_reasons(chunks) == ["stop"]
    assert (chunks[-1]["usage"], chunks[-1]["cost"], chunks[-1]["choices"]) == (USAGE, 0.5, [])
    assert len(checked(START, STOP, again)) == 2


def test_a_choice_that_has_ended_is_left_out_beside_one_that_speaks() -> None:
    both = chunk({"content": "b"}, index=1)
    both["choices"].append({"index": 0, "delta": {"content": ""}, "finish_reason": None})
    chunks = checked(START, STOP, both, chunk({}, "stop", index=1))
    assert [choice["index"] for choice in chunks[2]["choices"]] == [1]


def test_an_end_told_twice_in_one_chunk_counts_once() -> None:
    twice = chunk({}, "stop")
    twice["choices"] *= 2
    assert finish_reasons(data_of(through(wire(START, twice)))[:-1]) == ["stop"]


def test_what_a_choice_tells_after_its_end_goes_on_without_a_second_end() -> None:
    late = chunk(None, "stop")
    late["choices"][0]["content_filter_offsets"] = {"end": 5}
    reply = lane()
    values = data_of(reply.feed(wire(START, STOP, late)))
    assert values[2]["choices"] == [
        {"index": 0, "delta": {}, "finish_reason": None, "content_filter_offsets": {"end": 5}}
    ]


def test_only_a_chunk_that_speaks_and_ends_is_held() -> None:
    reply = lane()
    assert reply.feed(wire(START, done=False))
    assert reply.feed(wire(STOP, done=False))
    reply = lane()
    assert reply.feed(wire(START, done=False))
    assert reply.feed(wire(chunk({"content": "a"}, "stop"), done=False)) == b""
    assert reply.feed(DONE).count(b'"finish_reason": "stop"') == 1
