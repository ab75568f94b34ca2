"""/v1/completions, passed through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types import Completion

from proapi_translate.errors import BackendFailure
from proapi_translate.events import Usage

from ..chat_contract import check_failed_stream, data_of, feed_in_pieces
from .wire import DONE, MODEL, USAGE, lane, wire

ENVELOPE = {"id": "c-1", "object": "text_completion", "created": 17, "model": "backend-1"}


def piece(text: str, finish: str | None = None, *, index: int = 0, **fields: Any) -> dict[str, Any]:
    choice = {"text": text, "index": index, "logprobs": None, "finish_reason": finish}
    return {**ENVELOPE, "choices": [choice], **fields}


def streamed(stream: bytes, *, include_usage: bool = False, size: int = 0) -> bytes:
    reply = lane("completions", include_usage=include_usage)
    return feed_in_pieces(reply.feed, stream, size) + reply.finish()


@pytest.mark.parametrize("size", [0, 1, 7])
@pytest.mark.parametrize("done", [True, False])
def test_only_the_name_changes(size: int, done: bool) -> None:
    events = [piece("a", odd=1), piece("b", "stop")]
    given = data_of(streamed(wire(*events, done=done), size=size))
    assert given == [{**event, "model": MODEL} for event in events] + ["[DONE]"]


def test_a_stream_under_the_same_name_goes_on_byte_for_byte() -> None:
    stream = wire(piece("a", model=MODEL), piece("b", "stop", model=MODEL))
    assert streamed(stream) == stream


@pytest.mark.parametrize("include_usage", [True, False])
def test_usage_comes_once_if_it_was_asked_for(include_usage: bool) -> None:
    for events in (
        [piece("a", "stop", usage=USAGE)],
        [piece("a", "stop"), {**ENVELOPE, "choices": [], "usage": USAGE}],
    ):
        reply = lane("completions", include_usage=include_usage)
        values = data_of(reply.feed(wire(*events)) + reply.finish())[:-1]
        assert reply.usage == Usage(9, 3, total_tokens=12)
        assert [value["usage"] for value in values if value.get("usage")] == ([USAGE] if include_usage else [])
        assert all(value["model"] == MODEL for value in values)
        if include_usage:
            assert (values[-1]["choices"], values[-1]["usage"]) == ([], USAGE)


@pytest.mark.parametrize("events", [[], [piece("a")], [piece("a", "stop"), piece("b", index=1)]])
def test_a_cut_stream_is_an_error(events: list[Any]) -> None:
    check_failed_stream(streamed(wire(*events, done=False)))


def test_an_error_in_the_stream_is_an_error_event() -> None:
    values = check_failed_stream(streamed(wire(piece("a"), {"error": {"message": "busy", "code": 503}})))
    assert values[-1]["error"]["code"] == "503"


def test_a_whole_completion_keeps_its_bytes() -> None:
    text = json.dumps(piece("hi", "length", usage=USAGE, odd=1.5)).replace("1.5", "1.50").encode()
    reply = lane("completions", stream=False)
    given = reply.whole(text)
    assert b'"odd":1.50' in given
    assert json.loads(given) == {**json.loads(text), "model": MODEL}
    Completion.model_validate_json(given)
    assert (reply.finish_reason, reply.usage, reply.reply_model) == (
        "length",
        Usage(9, 3, total_tokens=12),
        "backend-1",
    )


def test_the_other_shape_is_mended() -> None:
    stream = streamed(json.dumps(piece("hi", "stop", usage=USAGE)).encode(), include_usage=True)
    assert stream.endswith(DONE)
    assert data_of(stream)[0]["choices"] == piece("hi", "stop")["choices"]
    events = [piece("h"), piece("2", "length", index=1), piece("i", "stop", usage=USAGE)]
    folded = json.loads(lane("completions", stream=False).whole(wire(*events)))
    assert [choice["text"] for choice in folded["choices"]] == ["hi", "2"]
    assert folded["usage"] == USAGE
    Completion.model_validate(folded)


@pytest.mark.parametrize("native", [b'{"error": {"message": "m", "code": 429}}', b'{"choices": []}', b"<p>", b"{}"])
def test_a_failed_completion_is_a_failure(native: bytes) -> None:
    with pytest.raises(BackendFailure):
        lane("completions", stream=False).whole(native)
    check_failed_stream(streamed(native))
