"""The Responses API, passed through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from proapi_translate.errors import BackendFailure
from proapi_translate.events import Usage
from proapi_translate.sse import SseReader, write_event

from ..chat_contract import feed_in_pieces
from ..recorded import Recording, needs_recordings, recordings
from .wire import DONE, MODEL, failed_first, lane

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
    "output_tokens": 3,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 12,
}
RESPONSE: dict[str, Any] = {
    "id": "resp_1", "object": "response", "created_at": 17, "status": "in_progress", "error": None,
    "incomplete_details": None, "instructions": None, "metadata": {}, "model": "backend-1", "output": [],
    "parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0, "usage": None,
}  # fmt: skip
TEXT = {
    "id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
    "content": [{"type": "output_text", "text": "hi", "annotations": []}],
}  # fmt: skip
CREATED = {"type": "response.created", "sequence_number": 0, "response": RESPONSE}
DELTA = {
    "type": "response.output_text.delta", "sequence_number": 1, "item_id": "msg_1", "output_index": 0,
    "content_index": 0, "delta": "hi", "logprobs": [], "model": "not the response's",
}  # fmt: skip


def ended(status: str, **fields: Any) -> dict[str, Any]:
    response = {**RESPONSE, "status": status, "output": [TEXT], "usage": USAGE, **fields}
    return {"type": f"response.{status}", "sequence_number": 2, "response": response}


def wire(*events: dict[str, Any]) -> bytes:
    return b"".join(write_event(json.dumps(event).encode(), event["type"]) for event in events)


def read(stream: bytes) -> list[dict[str, Any]]:
    """The events' values; each must be one of the SDK's, under its own name."""
    values = []
    reader = SseReader()
    for name, data in [*reader.feed(stream), *reader.finish()]:
        value = json.loads(data)
        assert name == value["type"]
        EVENT.validate_python(value)
        values.append(value)
    return values


def values_of(stream: bytes) -> list[Any]:
    reader = SseReader()
    return [json.loads(event.data) for event in [*reader.feed(stream), *reader.finish()]]


def renamed(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "response": {**event["response"], "model": MODEL}} if "response" in event else event


@pytest.mark.parametrize("size", [0, 1, 7])
def test_only_the_responses_model_changes(size: int) -> None:
    events = [CREATED, DELTA, ended("completed")]
    reply = lane("responses")
    stream = feed_in_pieces(reply.feed, wire(*events), size) + reply.finish()
    assert read(stream) == [renamed(event) for event in events]
    assert wire(DELTA) in stream
    assert (reply.finish_reason, reply.reply_model, reply.failure) == ("stop", "backend-1", None)
    assert reply.usage == Usage(9, 3, cached_tokens=4, reasoning_tokens=2, total_tokens=12)


def test_an_event_is_known_by_its_name_too() -> None:
    reply = lane("responses")
    for event in (CREATED, ended("completed")):
        bare = {name: value for name, value in event.items() if name not in ("type", "sequence_number")}
        assert reply.feed(write_event(json.dumps(bare).encode(), str(event["type"])))
    assert (reply.finish(), reply.failure) == (b"", None)
    cut = lane("responses")
    cut.feed(write_event(json.dumps({"response": RESPONSE}).encode(), "response.created"))
    assert read(cut.finish())[0]["sequence_number"] == 1


def test_a_stream_under_the_same_name_goes_on_byte_for_byte() -> None:
    events = [renamed(event) for event in (CREATED, DELTA, ended("completed"))]
    reply = lane("responses")
    assert reply.feed(wire(*events)) + reply.finish() == wire(*events)


@pytest.mark.parametrize("mark", [b"", DONE])
def test_an_end_mark_of_chat_is_left_out(mark: bytes) -> None:
    reply = lane("responses")
    stream = reply.feed(wire(CREATED, ended("completed")) + mark) + reply.finish()
    assert b"[DONE]" not in stream
    assert reply.failure is None


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (
            ended("completed", output=[{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]),
            "tool_calls",
        ),
        (ended("incomplete", incomplete_details={"reason": "max_output_tokens"}), "length"),
        (ended("incomplete", incomplete_details={"reason": "content_filter"}), "content_filter"),
        (ended("incomplete"), "length"),
    ],
)
def test_C071_finish_reasons_are_told_in_chats_words(event: dict[str, Any], reason: str) -> None:
    reply = lane("responses")
    assert read(reply.feed(wire(CREATED, event)) + reply.finish())[-1]["type"] == event["type"]
    assert reply.finish_reason == reason


@pytest.mark.parametrize("size", [0, 1])
def test_C071_a_cut_stream_ends_in_response_failed(size: int) -> None:
    reply = lane("responses")
    stream = feed_in_pieces(reply.feed, wire(CREATED, DELTA) + b'event: response.comp\ndata: {"ty', size)
    *_, last = read(stream + reply.finish("reset by peer"))
    assert (last["type"], last["sequence_number"]) == ("response.failed", 2)
    assert last["response"]["status"] == "failed"
    assert last["response"]["error"] == {"code": "server_error", "message": "reset by peer"}
    assert last["response"]["model"] == MODEL
    assert str(reply.failure) == "reset by peer"


FAILURES = [
    {"type": "error", "sequence_number": 2, "code": "rate_limit_exceeded", "message": "busy", "param": None},
    {"type": "x", "error": {"code": "rate_limit_exceeded", "message": "busy"}},
]


@pytest.mark.parametrize("event", FAILURES)
def test_C071_an_error_ends_in_response_failed(event: dict[str, Any]) -> None:
    reply = lane("responses")
    values = read(reply.feed(wire(CREATED, DELTA, event)) + reply.finish())
    assert [value["type"] for value in values[1:]] == ["response.output_text.delta", "response.failed"]
    assert values[-1]["response"]["error"] == {"code": "rate_limit_exceeded", "message": "busy"}
    assert reply.failure is not None
    assert reply.failure.status == 429
    assert reply.opened


@pytest.mark.parametrize("event", FAILURES)
def test_an_error_before_any_response_is_an_error_event(event: dict[str, Any]) -> None:
    reply = lane("responses")
    values = read(reply.feed(wire(event)))
    assert [(value["type"], value["message"]) for value in values] == [("error", "busy")]
    assert failed_first(reply)


def test_the_backends_own_failure_goes_on() -> None:
    failed = ended("failed", error={"code": "server_error", "message": "oops"}, output=[])
    reply = lane("responses")
    assert read(reply.feed(wire(CREATED, failed)) + reply.finish()) == [renamed(CREATED), renamed(failed)]
    assert str(reply.failure) == "oops"


@pytest.mark.parametrize("stream", [True, False])
def test_a_response_that_failed_goes_on(stream: bool) -> None:
    response = ended("failed", error={"code": "server_error", "message": "oops"})["response"]
    given = lane("responses", stream=stream).whole(json.dumps(response).encode())
    last = read(given)[-1]["response"] if stream else json.loads(given)
    assert last == {**response, "model": MODEL}


def test_a_whole_response_keeps_its_bytes() -> None:
    text = json.dumps({**ended("completed")["response"], "odd": 1.5}).replace("1.5", "1.50").encode()
    reply = lane("responses", stream=False)
    given = reply.whole(text)
    assert b'"odd":1.50' in given
    assert json.loads(given) == {**json.loads(text), "model": MODEL}
    assert (reply.finish_reason, reply.reply_model) == ("stop", "backend-1")
    assert reply.usage == Usage(9, 3, cached_tokens=4, reasoning_tokens=2, total_tokens=12)


def test_the_other_shape_is_mended() -> None:
    for status in ("completed", "incomplete"):
        response = ended(status)["response"]
        reply = lane("responses")
        values = read(reply.feed(json.dumps(response).encode()) + reply.finish())
        assert [value["type"] for value in values] == ["response.created", f"response.{status}"]
        assert [value["sequence_number"] for value in values] == [0, 1]
        assert values[-1]["response"] == {**response, "model": MODEL}
    response = ended("completed")["response"]
    folded = json.loads(lane("responses", stream=False).whole(wire(CREATED, DELTA, ended("completed"))))
    assert folded == {**response, "model": MODEL}


@pytest.mark.parametrize("native", [b'{"error": {"message": "m", "code": 429}}', b"{}", b"<p>", wire(CREATED)])
def test_a_failed_response_is_a_failure(native: bytes) -> None:
    with pytest.raises(BackendFailure):
        lane("responses", stream=False).whole(native)


def by_name(recording: Recording) -> str:
    return recording.name


@needs_recordings
@pytest.mark.parametrize("recording", [one for one in recordings("openai.responses") if one.status == 200], ids=by_name)
def test_a_recorded_reply_goes_on(recording: Recording) -> None:
    reply = lane("responses", stream=recording.stream)
    if not recording.stream:
        native = json.loads(recording.body)
        given = json.loads(reply.whole(recording.body))
        assert given == {**native, "model": MODEL}
        Response.construct(**given)
        return
    stream = reply.feed(recording.body) + reply.finish()
    for size in (1, 7):
        cut = lane("responses")
        assert feed_in_pieces(cut.feed, recording.body, size) + cut.finish() == stream
    # Azure and some others end with chat's end mark, which OpenAI's own streams of this API do not have.
    assert values_of(stream) == [renamed(event) for event in values_of(recording.body.replace(b"data: [DONE]", b""))]
    assert reply.failure is None
    assert reply.usage is not None


# -- the object that can be asked for again --------------------------------------------------------------------------
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("body", "message"),
    [({}, "holds no output"), ({"output": None}, "holds no output"), ({"detail": "no such route"}, "no such route")],
)
def test_a_body_that_is_no_response_is_told_in_true_words(body: dict[str, Any], message: str, stream: bool) -> None:
    reply = lane("responses", stream=stream)
    if stream:
        reply.feed(json.dumps(body).encode())
        reply.finish()
    else:
        with pytest.raises(BackendFailure):
            reply.whole(json.dumps(body).encode())
    assert reply.failure is not None
    assert message in reply.failure.message


def test_the_object_is_what_the_client_got() -> None:
    reply = lane("responses")
    reply.feed(wire(CREATED, DELTA, ended("completed")))
    reply.finish()
    assert reply.response_object == renamed(ended("completed"))["response"]
    whole = lane("responses", stream=False)
    body = whole.whole(json.dumps(ended("completed")["response"]).encode())
    assert whole.response_object == json.loads(body)


def test_items_that_came_one_by_one_are_put_into_the_object() -> None:
    reply = lane("responses")
    done = {"type": "response.output_item.done", "sequence_number": 1, "output_index": 0, "item": TEXT}
    reply.feed(wire(CREATED, done, ended("completed", output=[])))
    assert reply.response_object is not None
    assert reply.response_object["output"] == [TEXT]


def test_a_cut_stream_leaves_a_failed_object() -> None:
    reply = lane("responses")
    reply.feed(wire(CREATED, DELTA))
    last = read(reply.finish("gone"))[-1]
    assert reply.response_object == last["response"]
    assert last["response"]["status"] == "failed"


@pytest.mark.parametrize("dialect", ["chat", "completions", "embeddings"])
def test_other_dialects_have_no_object(dialect: str) -> None:
    assert lane(dialect).response_object is None
    assert lane("responses").response_object is None
