"""The lane itself: work is linear in the bytes, the first chunk is not held, and what the gateway asks of it."""

from __future__ import annotations

import json
import time

import pytest

from proapi_translate.errors import BackendFailure
from proapi_translate.sse import write_event

from ..chat_contract import check_failed_stream
from .wire import DONE, START, STOP, call, calling, chunk, failed_first, lane, wire


def test_the_first_chunk_goes_out_with_its_blank_line() -> None:
    reply = lane()
    first = wire(START, done=False)
    assert reply.feed(first[:-1]) == b""
    assert not reply.opened
    assert reply.feed(first[-1:])
    assert reply.opened


def test_blank_bytes_before_the_shape_is_known_are_no_shape() -> None:
    reply = lane()
    assert [reply.feed(byte) for byte in (b"", b"\xef", b"\xbb", b"\xbf", b"\r", b"\n", b" ")] == [b""] * 7
    assert reply.feed(b"\n" + wire(START, STOP)).endswith(DONE)


def test_a_reply_without_a_byte_is_a_failure() -> None:
    reply = lane()
    check_failed_stream(reply.finish())
    assert failed_first(reply)


def test_a_good_reply_has_not_failed() -> None:
    reply = lane()
    assert not failed_first(reply)
    reply.feed(wire(START, STOP))
    assert (reply.opened, failed_first(reply)) == (True, False)


def test_a_held_chunk_opens_the_reply_when_the_next_is_an_error() -> None:
    reply = lane()
    assert reply.feed(wire(chunk({"content": "a"}, "stop"), done=False)) == b""
    assert not reply.opened
    check_failed_stream(reply.feed(wire({"error": {"message": "busy"}})))
    assert (reply.opened, failed_first(reply)) == (True, False)


@pytest.mark.parametrize("mark", [b"data: [DONE]", b"data: [DONE]\n", b"[DONE]"])
def test_an_end_mark_without_its_blank_line_is_one(mark: bytes) -> None:
    reply = lane()
    assert reply.feed(wire(START, done=False) + mark) + reply.finish()
    assert reply.failure is None


@pytest.mark.parametrize(
    "stream", [wire(START, STOP), wire(START, STOP, done=False), b'{"choices": [{"message": {}}]}']
)
def test_the_end_comes_once(stream: bytes) -> None:
    reply = lane()
    assert (reply.feed(stream) + reply.finish()).endswith(DONE)
    assert reply.finish() == b""


def test_a_page_of_a_relay_is_a_failure() -> None:
    reply = lane()
    values = check_failed_stream(reply.feed(b"<html>\n\n<p>secret</p>\n\n</html>") + reply.finish())
    assert "secret" not in json.dumps(values)


def test_the_backends_garbage_stays_out_of_the_message() -> None:
    reply = lane()
    values = check_failed_stream(reply.feed(b"data: sk-secret\n\n"))
    assert "secret" not in json.dumps(values)
    with pytest.raises(BackendFailure) as raised:
        lane(stream=False).whole(b'{"sk-secret')
    assert "secret" not in str(raised.value)


SHAPES = ["one long text", "tiny chunks", "tiny chunks at once", "one long call in pieces", "repeated calls", "a body"]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_is_linear_in_the_bytes(shape: str) -> None:
    """Sixteen times the bytes take about sixteen times as long: far from the 256 times of quadratic work."""

    def seconds(scale: int) -> float:
        tiny = write_event(b'{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}')
        piece = wire(calling(call(0, "a", "f", "{}")), done=False)
        stream, size = {
            "one long text": (wire(chunk({"content": "x" * (100_000 * scale)}), STOP), 512),
            "tiny chunks": (tiny * (300 * scale) + wire(STOP), 11),
            "tiny chunks at once": (tiny * (300 * scale) + wire(STOP), 0),
            "one long call in pieces": (
                piece + wire(calling(call(0, arguments="{}")), done=False) * (200 * scale) + DONE,
                0,
            ),
            "repeated calls": (
                wire(calling(call(0, "a", "f", '{"x": "')), done=False) + piece * (200 * scale) + DONE,
                0,
            ),
            "a body": (json.dumps({"choices": [{"message": {"content": "x" * 100_000 * scale}}]}).encode(), 512),
        }[shape]
        size = size or len(stream)
        reply = lane()
        start = time.process_time()
        given = [reply.feed(stream[place : place + size]) for place in range(0, len(stream), size)]
        last = reply.finish()
        taken = time.process_time() - start
        assert last or any(given)
        return taken

    assert min(seconds(16) for _ in range(2)) < 64 * max(min(seconds(1) for _ in range(3)), 0.0005)


def test_a_hundred_thousand_tiny_chunks_and_one_of_ten_megabytes() -> None:
    tiny = wire(chunk({"content": "x"}, model="other"), done=False)
    big = wire(chunk({"content": "y" * 10_000_000}, model="other"), done=False)
    reply = lane()
    stream = wire(START, done=False) + tiny * 100_000 + big + wire(STOP)
    given = b"".join(reply.feed(stream[place : place + 65536]) for place in range(0, len(stream), 65536))
    assert given.count(b'"content":"x"') == 100_000
    assert b"y" * 10_000_000 in given
    assert given.endswith(DONE)
    assert reply.failure is None


@pytest.mark.parametrize("dialect", ["chat", "completions", "responses", "embeddings"])
def test_every_dialect_has_a_lane(dialect: str) -> None:
    reply = lane(dialect)
    assert (reply.usage, reply.finish_reason, reply.reply_model, reply.failure) == (None, "", "", None)
    reply.feed(b"\x00\xff{}\n\n")
    assert reply.finish()
    assert failed_first(reply)
