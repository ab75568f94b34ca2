"""Errors that come with a status of 200, inside a stream."""

from __future__ import annotations

import pytest

from ..chat_contract import check_failed_stream, joined
from .wire import START, STOP, checked, chunk, failed_first, lane, through, wire

FAILURES: dict[str, tuple[bytes, str]] = {
    "error chunk": (wire({"error": {"message": "busy", "code": 502}, "choices": []}), "busy"),
    "error beside a delta": (wire(chunk({"content": ""}, "error", error={"message": "busy"})), "busy"),
    "error as text": (wire({"error": "busy"}), "busy"),
    "error event": (b'event: error\ndata: {"message":"busy"}\n\n', "busy"),
    "error event with choices": (b'event: error\ndata: {"message":"busy","choices":[]}\n\n', "busy"),
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
    assert failed_first(reply)
    assert message in str(reply.failure)


def test_an_error_that_is_null_is_none() -> None:
    assert joined(checked({**START, "error": None}, chunk({"content": "a"}), STOP), "content") == "a"
