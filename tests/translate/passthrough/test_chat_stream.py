"""Chat streams of OpenAI-compatible backends: what goes on as it came, and each thing that is mended."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_translate.events import Usage
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
    call,
    calling,
    checked,
    chunk,
    lane,
    through,
    wire,
)

USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


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
    reply = lane()
    reply.feed(wire(START, STOP))
    assert reply.reply_model == "backend-1"
    assert all(one["model"] == MODEL for one in checked(START, STOP))


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
    "choice", [{}, {"delta": None}, {"delta": "x"}, {"delta": None, "content_filter_results": {"a": 1}}]
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


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("stop", "stop"),
        ("eos", "stop"),
        ("STOP", "stop"),
        ("end_turn", "stop"),
        ("length", "length"),
        ("model_length", "length"),
        ("max_tokens", "length"),
        ("sensitive", "content_filter"),
        ("SAFETY", "content_filter"),
        ("content_filter", "content_filter"),
        ("something_new", "length"),
    ],
)
def test_finish_reasons_are_openais(raw: str, reason: str) -> None:
    reply = lane()
    chunks = check_chat_stream(reply.feed(wire(START, chunk({}, raw))), model=MODEL, include_usage=False)
    assert finish_reasons(chunks) == [reason]
    assert reply.finish_reason == reason


@pytest.mark.parametrize("raw", ["error", "network_error", "insufficient_system_resource"])
def test_finish_reasons_that_mean_failure_are_errors(raw: str) -> None:
    reply = lane()
    values = check_failed_stream(reply.feed(wire(START, chunk({"content": "a"}), chunk({}, raw))))
    assert finish_reasons(values[:-1]) == []
    assert raw in str(reply.failure)


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
    chunks = checked(START, STOP, again, include_usage=True)
    assert finish_reasons(chunks) == ["stop"]
    assert (chunks[-1]["usage"], chunks[-1]["cost"], chunks[-1]["choices"]) == (USAGE, 0.5, [])
    assert len(checked(START, STOP, again)) == 2


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
    assert reply.feed(DONE).count(b'"finish_reason":"stop"') == 1


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
    assert reply.first_event_failed


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


USAGES = {
    "in a chunk of its own": [START, STOP, {**ENVELOPE, "choices": [], "usage": USAGE}],
    "on the last chunk": [START, chunk({}, "stop", usage=USAGE)],
    "on every chunk": [{**START, "usage": {**USAGE, "completion_tokens": 1}}, chunk({}, "stop", usage=USAGE)],
    "zeros last": [START, chunk({}, "stop", usage=USAGE), chunk({}, "stop", usage=dict.fromkeys(USAGE, 0))],
    "in Groq's own object": [START, chunk({}, "stop", x_groq={"usage": USAGE})],
}


@pytest.mark.parametrize("events", USAGES.values(), ids=USAGES)
def test_usage_comes_once_at_the_end_if_it_was_asked_for(events: list[dict[str, Any]]) -> None:
    asked = checked(*json.loads(json.dumps(events)), include_usage=True)
    assert asked[-1]["usage"] == USAGE
    checked(*json.loads(json.dumps(events)))
    reply = lane()
    reply.feed(wire(*events))
    assert reply.usage == Usage(9, 3, total_tokens=12)


def test_no_usage_is_made_up() -> None:
    assert all("usage" not in one for one in checked(START, STOP, include_usage=True))


def test_a_usage_without_a_total_is_completed() -> None:
    told = {"prompt_tokens": 9, "completion_tokens": 3, "x": 1}
    assert checked(START, chunk({}, "stop", usage=told), include_usage=True)[-1]["usage"] == {
        **told,
        "total_tokens": 12,
    }


def test_what_stands_in_chunks_without_choices_moves_to_the_next() -> None:
    filter_results = [{"prompt_index": 0}]
    first = {"choices": [], "id": "", "model": "", "object": "", "created": 0, "prompt_filter_results": filter_results}
    chunks = checked(first, START, STOP)
    assert chunks[0]["prompt_filter_results"] == filter_results
    assert chunks[0]["id"] == "c-1"


@pytest.mark.parametrize("include_usage", [True, False])
def test_what_comes_last_without_choices_is_not_lost(include_usage: bool) -> None:
    moderation = {**ENVELOPE, "choices": [], "moderation": {"flagged": False}, "usage": None}
    stream = wire(START, chunk({}, "stop", usage=USAGE), moderation)
    last = data_of(through(stream, include_usage=include_usage))[-2]
    assert (last["choices"], last["moderation"]) == ([], {"flagged": False})
    assert last.get("usage") == (USAGE if include_usage else None)


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


FAILURES: dict[str, tuple[bytes, str]] = {
    "error chunk": (wire({"error": {"message": "busy", "code": 502}, "choices": []}), "busy"),
    "error beside a delta": (wire(chunk({"content": ""}, "error", error={"message": "busy"})), "busy"),
    "error as text": (wire({"error": "busy"}), "busy"),
    "error event": (b'event: error\ndata: {"message":"busy"}\n\n', "busy"),
    "error object": (wire({"object": "error", "message": "busy", "code": 400}), "busy"),
    "error list": (wire([{"error": {"message": "busy"}}]), "busy"),
    "bare message": (wire({"code": "InternalError", "message": "busy"}), "busy"),
    "detail": (wire({"detail": "busy"}), "busy"),
    "no JSON": (b"data: oops\n\n", "not its own format"),
    "no object": (b"data: 1\n\n", "not its own format"),
    "empty list": (b"data: []\n\n", "not its own format"),
}


@pytest.mark.parametrize(("stream", "message"), FAILURES.values(), ids=FAILURES)
def test_an_error_in_the_stream_is_an_openai_error_event(stream: bytes, message: str) -> None:
    values = check_failed_stream(through(wire(START, chunk({"content": "par"}), done=False) + stream))
    assert message in values[-1]["error"]["message"]
    assert joined(values[:-1], "content") == "par"
    reply = lane()
    check_failed_stream(reply.feed(stream) + reply.finish())
    assert reply.first_event_failed
    assert not reply.opened
    assert message in str(reply.failure)


def test_an_error_that_is_null_is_none() -> None:
    assert joined(checked({**START, "error": None}, chunk({"content": "a"}), STOP), "content") == "a"


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


@given(
    events=st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "choices": st.lists(
                    st.fixed_dictionaries(
                        {},
                        optional={
                            "index": st.integers(0, 2) | st.none() | st.text(max_size=2),
                            "delta": st.dictionaries(
                                st.sampled_from(["role", "content", "tool_calls", "reasoning", "function_call"]),
                                st.none() | st.text(max_size=3) | st.lists(st.dictionaries(st.text(), st.integers())),
                            ),
                            "finish_reason": st.none()
                            | st.sampled_from(["", "stop", "tool_calls", "error"])
                            | st.integers(),
                        },
                    ),
                    max_size=3,
                ),
                "usage": st.none() | st.just(USAGE) | st.text(max_size=2),
                "error": st.none() | st.text(max_size=2),
                "id": st.none() | st.text(max_size=2) | st.integers(),
            },
        ),
        max_size=6,
    ),
    done=st.booleans(),
    include_usage=st.booleans(),
)
def test_any_chunks_give_a_reply_or_an_error(events: list[Any], done: bool, include_usage: bool) -> None:
    reply = lane(include_usage=include_usage)
    stream = wire(*events, done=done)
    given_out = reply.feed(stream) + reply.finish()
    assert through(stream, include_usage=include_usage) == given_out
    if reply.failure is None:
        chunks = data_of(given_out)[:-1]
        assert len(finish_reasons(chunks)) == len({c["index"] for one in chunks for c in one["choices"]})
    else:
        check_failed_stream(given_out)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_reply_or_an_error(data: bytes) -> None:
    reply = lane()
    given_out = reply.feed(data) + reply.finish()
    assert given_out.endswith(DONE)
    assert (reply.failure is None) == ("error" not in data_of(given_out)[-2])
