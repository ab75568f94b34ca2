"""Chat streams of OpenAI-compatible backends: what goes on as it came, the envelope, and the end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate.sse import write_event

from ..chat_contract import check_chat_stream, check_failed_stream, data_of, finish_reasons, joined
from .wire import (
    CREATED,
    DONE,
    ENVELOPE,
    MODEL,
    OWN_ID,
    START,
    STOP,
    USAGE,
    call,
    calling,
    checked,
    chunk,
    failed_first,
    lane,
    through,
    wire,
)


def named(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "model": MODEL}


def test_a_stream_that_keeps_the_contract_goes_on_byte_for_byte() -> None:
    text = b'{"id":"c-1","object":"chat.completion.chunk", "created":17,"model":"asked","x":1.50,"choices":%s}'
    choices = [
        b'[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]',
        b'[{"index":0,"delta":{"content":"\\u00e9\\/"},"logprobs":{"content":[{"logprob":-1.0e-5}]},"finish_reason":null}]',
        b'[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]',
    ]
    usage = b'{"id":"c-1","object":"chat.completion.chunk","created":17,"model":"asked","choices":[],"usage":%s}'
    events = [text % choice for choice in choices] + [usage % json.dumps(USAGE).encode()]
    stream = b"".join(map(write_event, events)) + DONE
    assert through(stream, include_usage=True) == stream


def test_unknown_fields_go_on_in_order() -> None:
    odd = chunk({"content": "a", "x_delta": {"b": [1]}}, provider="P", x={"y": 1.5})
    odd["choices"][0]["x_choice"] = "c"
    chunks = checked(START, odd, STOP)
    assert chunks[1] == named(odd)
    assert list(chunks[1]) == list(odd)
    assert list(chunks[1]["choices"][0]["delta"]) == ["content", "x_delta"]


def test_the_client_sees_the_name_that_it_asked_for() -> None:
    events = [{**START, "model": "backend-1"}, {**STOP, "model": "backend-2"}]
    reply = lane()
    reply.feed(wire(*events))
    assert reply.reply_model == "backend-1"
    assert all(one["model"] == MODEL for one in checked(*events))


@pytest.mark.parametrize(
    ("fields", "own_id", "created"),
    [
        ({}, "c-1", 1_700_000_001),
        ({"id": ""}, OWN_ID, 1_700_000_001),
        ({"id": None, "created": None}, OWN_ID, CREATED),
        ({"id": 7, "created": 0, "object": ""}, OWN_ID, CREATED),
        ({"created": 1_700_000_002.75}, "c-1", 1_700_000_002),
    ],
)
def test_an_envelope_is_completed_from_the_first_chunk(fields: dict[str, Any], own_id: str, created: int) -> None:
    first = checked({**START, **fields}, STOP)[0]
    assert (first["id"], first["created"], first["object"]) == (own_id, created, "chat.completion.chunk")


def test_an_envelope_that_is_absent_is_given() -> None:
    bare = {"choices": STOP["choices"]}
    assert checked(bare)[0]["id"] == OWN_ID


def test_ids_and_times_that_change_are_held_to_the_first() -> None:
    changing = [{**START, "id": "a"}, {**STOP, "id": "b", "created": 5}]
    assert {(one["id"], one["created"]) for one in checked(*changing)} == {("a", 1_700_000_001)}


@pytest.mark.parametrize("mark", [b"", b"[DONE]", b"[DONE]\n", b"data:[DONE]\n\n", b"data:  [DONE] \n\n", DONE * 2])
def test_the_end_mark_is_mended(mark: bytes) -> None:
    chunks = check_chat_stream(through(wire(START, STOP, done=False) + mark), model=MODEL, include_usage=False)
    assert finish_reasons(chunks) == ["stop"]


def test_the_end_mark_alone_ends_a_choice() -> None:
    chunks = checked(START, chunk({"content": "a"}))
    assert finish_reasons(chunks) == ["stop"]
    assert joined(chunks, "content") == "a"


def test_the_end_mark_alone_ends_a_choice_with_calls() -> None:
    assert finish_reasons(checked(START, calling(call(0, "c", "f", "{}")))) == ["tool_calls"]


@pytest.mark.parametrize("events", [[], [START], [START, chunk({"content": "a"})], [START, STOP, chunk({}, index=1)]])
def test_a_cut_stream_never_looks_complete(events: list[Any]) -> None:
    reply = lane(include_usage=True)
    values = check_failed_stream(reply.feed(wire(*events, done=False)) + reply.finish("reset by peer"))
    assert values[-1]["error"]["message"] == "reset by peer"
    assert str(reply.failure) == "reset by peer"


def test_a_stream_that_is_cut_within_an_event_gives_what_was_whole() -> None:
    stream = wire(START, chunk({"content": "a"}), done=False) + b'data: {"id": "c-1", "cho'
    values = check_failed_stream(through(stream))
    assert joined(values[:-1], "content") == "a"


def test_a_held_end_is_no_end_when_the_stream_fails() -> None:
    events = [START, chunk({"content": "a"}, "stop"), {"error": {"message": "late", "code": 500}}]
    values = check_failed_stream(through(wire(*events)))
    assert joined(values[:-1], "content") == "a"
    assert finish_reasons(values[:-1]) == []


def test_only_an_end_mark_is_no_reply() -> None:
    reply = lane()
    check_failed_stream(reply.feed(b": hello\n\n" + DONE))
    assert failed_first(reply)


@pytest.mark.parametrize("broken", ["", "reset by peer"])
def test_a_reset_after_the_end_harms_nothing(broken: str) -> None:
    reply = lane()
    stream = reply.feed(wire(START, STOP, done=False)) + reply.finish(broken)
    check_chat_stream(stream, model=MODEL, include_usage=False)
    assert reply.failure is None


def test_nothing_follows_the_end() -> None:
    reply = lane()
    stream = reply.feed(wire(START, STOP) + wire(chunk({"content": "late"})))
    check_chat_stream(stream, model=MODEL, include_usage=False)
    assert (reply.feed(wire(START)), reply.finish()) == (b"", b"")


def test_what_stands_in_chunks_without_choices_moves_to_the_next() -> None:
    filter_results = [{"prompt_index": 0}]
    first = {"choices": [], "id": "", "model": "", "object": "", "created": 0, "prompt_filter_results": filter_results}
    chunks = checked(first, START, STOP)
    assert [one.get("prompt_filter_results") for one in chunks] == [filter_results, None]
    assert chunks[0]["id"] == "c-1"


@pytest.mark.parametrize("choices", [[], None, "x", [None], [5]])
def test_choices_that_are_none_are_no_choices(choices: Any) -> None:
    chunks = checked(START, {**ENVELOPE, "choices": choices, "x": 1}, STOP)
    assert [one.get("x") for one in chunks] == [None, 1]


def test_what_moves_goes_into_an_end_that_is_ours() -> None:
    chunks = checked(START, {**ENVELOPE, "choices": [], "x": 1})
    assert [one.get("x") for one in chunks] == [None, 1]


def test_what_was_told_before_is_not_told_again_at_the_end() -> None:
    assert (
        len(checked({**START, "provider": "P"}, {**STOP, "provider": "P"}, {"choices": [], "provider": "P", "x": None}))
        == 2
    )


def test_a_held_chunk_goes_out_once() -> None:
    usage = {**ENVELOPE, "choices": [], "usage": USAGE}
    chunks = checked(START, chunk({"content": "a"}, "stop"), usage, usage, include_usage=True)
    assert [one["choices"][0]["delta"].get("content") for one in chunks[:-1]] == ["", "a"]
    other = [chunk({"content": text}, index=1) for text in ("b", "c")]
    chunks = checked(START, chunk({"content": "a"}, "stop"), *other, chunk({}, "stop", index=1))
    assert (joined(chunks, "content"), joined(chunks, "content", 1)) == ("a", "bc")


@pytest.mark.parametrize("include_usage", [True, False])
def test_what_comes_last_without_choices_is_not_lost(include_usage: bool) -> None:
    moderation = {**ENVELOPE, "choices": [], "moderation": {"flagged": False}, "usage": None}
    stream = wire(START, chunk({}, "stop", usage=USAGE), moderation)
    last = data_of(through(stream, include_usage=include_usage))[-2]
    assert (last["choices"], last["moderation"]) == ([], {"flagged": False})
    assert last.get("usage") == (USAGE if include_usage else None)


@pytest.mark.parametrize(
    "noise", [b"data: \n\n", b"data\n\n", b": ping\n\n", b"event: ping\n\n", b"\n\n\n", b"retry: 1\n\n"]
)
def test_noise_between_events_is_passed_over(noise: bytes) -> None:
    stream = noise + wire(START, done=False) + noise + wire(STOP)
    check_chat_stream(through(stream), model=MODEL, include_usage=False)


def test_an_event_of_several_lines_goes_on_as_one() -> None:
    pretty = json.dumps(named(START), indent=1).replace("\n", "\ndata: ")
    stream = through(f"data: {pretty}\n\n".encode() + wire(STOP))
    assert check_chat_stream(stream, model=MODEL, include_usage=False)[0] == named(START)


def test_half_a_character_goes_on_as_it_came() -> None:
    halves = [
        b'{"choices":[{"index":0,"delta":{"content":"\\ud83d"}}]}',
        b'{"choices":[{"index":0,"delta":{"content":"\\ude00"}}]}',
    ]
    stream = through(b"".join(map(write_event, halves)) + wire(STOP))
    assert joined(check_chat_stream(stream, model=MODEL, include_usage=False), "content") == "\ud83d\ude00"
