"""mitmproxy's stream callable: never an empty piece, never an exception, one piece per call."""

import gzip
import logging

import pytest

from addons.content_decoders import decoder_for
from addons.stream_adapter import StreamAdapter


class Upper:
    """A stand-in for the translator: gives whole lines in capitals, then END or the reason."""

    def __init__(self, fails_on: bytes = b"\0") -> None:
        self.fails_on, self.rest = fails_on, b""
        self.failure: object | None = None

    def feed(self, data: bytes) -> bytes:
        if self.fails_on in data:
            raise KeyError("secret-key-value")
        *lines, self.rest = (self.rest + data).split(b"\n")
        return b"".join(line.upper() + b"\n" for line in lines)

    def finish(self, broken: str = "") -> bytes:
        return self.rest.upper() + (f"BROKEN {broken}" if broken else "END").encode()


def adapter(reply: Upper, encoding: str = "", broken: str = "") -> StreamAdapter:
    return StreamAdapter(
        reply,
        decoder_for(encoding),
        broken=lambda: broken,
        last_words=lambda error: b"OUR FAULT",
        scrub=lambda text: text.replace(b"SK-1", b"[key]"),
    )


def test_nothing_to_send_is_an_empty_list_and_never_an_empty_piece() -> None:
    stream = adapter(Upper())
    assert stream(b"half a li") == []
    assert stream(b"ne\nand\n") == [b"HALF A LINE\nAND\n"]
    assert stream(b"") == [b"END"]
    assert stream(b"") == []


def test_only_what_tells_of_a_failure_is_scrubbed() -> None:
    reply = Upper()
    stream = adapter(reply)
    assert stream(b"said sk-1\n") == [b"SAID SK-1\n"]
    reply.failure = "refused"
    assert stream(b"bad sk-1\n") == [b"BAD [key]\n"]


@pytest.mark.parametrize("encoding", ["gzip"])
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_compressed_bytes_are_decoded(encoding: str, size: int) -> None:
    stream, data = adapter(Upper(), encoding), gzip.compress(b"one\ntwo\nthree")
    out = [piece for start in range(0, len(data), size) for piece in stream(data[start : start + size])]
    assert b"".join(out + stream(b"")) == b"ONE\nTWO\nTHREEEND"


def test_a_backend_that_broke_off_is_named_at_the_end() -> None:
    stream = adapter(Upper(), broken="connection reset")
    assert stream(b"one\n") == [b"ONE\n"]
    assert stream(b"") == [b"BROKEN connection reset"]


def test_broken_compression_ends_the_stream_as_the_backends_fault() -> None:
    stream = adapter(Upper(), "gzip")
    [said] = stream(b"this is not gzip")
    assert said.startswith(b"BROKEN broken gzip data")
    assert stream(b"more") == []
    assert stream(b"") == []


def test_C056_a_bug_of_ours_is_told_once_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    stream = adapter(Upper(fails_on=b"x"))
    with caplog.at_level(logging.ERROR):
        assert stream(b"ax\n") == [b"OUR FAULT"]
    assert stream(b"more\n") == []
    assert stream(b"") == []
    assert [record.exc_info is not None for record in caplog.records] == [True]


@pytest.mark.parametrize("cuts", [[3, 8], [100], [1] * 20, [5, 5, 5, 5]])
def test_what_was_taken_ahead_comes_out_once_when_its_bytes_are_streamed(cuts: list[int]) -> None:
    data = b"one\ntwo\nthree\nfour"
    stream = adapter(Upper())
    stream.take_ahead(data[:3])
    stream.take_ahead(data[3:8])
    out, start = [], 0
    for size in cuts:
        piece = data[start : start + size]
        out += stream(piece) if piece else []
        start += size
    out += stream(data[start:]) if start < len(data) else []
    assert b"".join(out + stream(b"")) == b"ONE\nTWO\nTHREE\nFOUREND"
    assert b"" not in out


def test_an_end_that_was_taken_ahead_is_not_repeated() -> None:
    stream = adapter(Upper())
    stream.take_ahead(b"one\n")
    stream.take_ahead(b"")
    assert stream(b"one\n") == [b"ONE\nEND"]
    assert stream(b"") == []
