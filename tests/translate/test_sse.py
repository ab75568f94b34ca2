"""The SSE reader: every framing, every cut."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_translate.sse import COMMENT, SseEvent, SseReader, write_event

A, B = SseEvent("", b"A"), SseEvent("", b"B")
WIRE: list[tuple[str, bytes, list[SseEvent]]] = [
    ("LF", b"data: A\n\ndata: B\n\n", [A, B]),
    ("CRLF", b"data: A\r\n\r\ndata: B\r\n\r\n", [A, B]),
    ("CR", b"data: A\r\rdata: B\r\r", [A, B]),
    ("mixed line ends", b"data: A\r\n\ndata: B\n\r\n", [A, B]),
    ("byte-order mark", b"\xef\xbb\xbfdata: A\n\n", [A]),
    ("half a byte-order mark is an unknown field", b"\xef\xbbdata: A\n\ndata: B\n\n", [B]),
    ("a mark is a mark only at the start", b"\xef\xbb\xbf\xef\xbb\xbfdata: A\n\ndata: B\n\n", [B]),
    ("comments", b": hello\n\n:\ndata: A\n: there\n\n", [A]),
    ("no space", b"data:A\n\n", [A]),
    ("one space only is dropped", b"data:  A\n\n", [SseEvent("", b" A")]),
    ("several lines", b"data: A\ndata: B\n\n", [SseEvent("", b"A\nB")]),
    ("empty data", b"data\n\n", [SseEvent("", b"")]),
    ("empty and full lines", b"data:\ndata: A\n\n", [SseEvent("", b"\nA")]),
    ("no last blank line", b"data: A\n\ndata: B\n", [A, B]),
    ("no last line end", b"data: A\n\ndata: B", [A, B]),
    ("names, ids, retry", b"event: x\nid: 4\nretry: 10\ndata: A\n\ndata: B\n\n", [SseEvent("x", b"A"), B]),
    ("a name without data is forgotten", b"event: x\n\ndata: A\n\n", [A]),
    ("name without a space", b"event:x\ndata:A\n\n", [SseEvent("x", b"A")]),
    ("a field that only begins like data", b"database: x\n\ndata: A\n\n", [A]),
    ("many blank lines", b"\n\n\ndata: A\n\n\n\n", [A]),
    ("bare end mark", b"data: A\n\n[DONE]\n\n", [A, SseEvent("", b"[DONE]")]),
    ("bare end mark at the end", b"data: A\n\n[DONE]", [A, SseEvent("", b"[DONE]")]),
    ("nothing", b"", []),
    ("UTF-8", "event: é\ndata: 渋🚲\n\n".encode(), [SseEvent("é", "渋🚲".encode())]),
    (
        "blank lines lost",
        b'data: {"a":1}\ndata: {"b":2}\ndata: [DONE]\n',
        [SseEvent("", b'{"a":1}'), SseEvent("", b'{"b":2}'), SseEvent("", b"[DONE]")],
    ),
    ("blank lines lost before a bare end mark", b"data: {}\n[DONE]\n", [SseEvent("", b"{}"), SseEvent("", b"[DONE]")]),
    ("one object on many lines", b'data: {"a":\ndata: {}\ndata: }\n\n', [SseEvent("", b'{"a":\n{}\n}')]),
    ("objects of a list on lines", b"data: [{},\ndata: {}]\n\n", [SseEvent("", b"[{},\n{}]")]),
]


def read(data: bytes, size: int = 0) -> list[SseEvent]:
    reader = SseReader()
    size = size or max(len(data), 1)
    events = [event for start in range(0, len(data), size) for event in reader.feed(data[start : start + size])]
    return [*events, *reader.finish()]


@pytest.mark.parametrize(("data", "events"), [row[1:] for row in WIRE], ids=[row[0] for row in WIRE])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 7])
def test_a_stream_is_read_alike_in_every_cut(data: bytes, events: list[SseEvent], size: int) -> None:
    assert read(data, size) == events


@given(
    lines=st.lists(st.sampled_from([b"data: {}", b"data:x", b"event: e", b": c", b"", b"\xef\xbb\xbf", b"[DONE]"])),
    ends=st.lists(st.sampled_from([b"\n", b"\r", b"\r\n"]), min_size=1),
    cuts=st.lists(st.integers(0, 60)),
)
def test_no_cut_changes_what_is_read(lines: list[bytes], ends: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + ends[position % len(ends)] for position, line in enumerate(lines))
    reader = SseReader()
    bounds = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:stop] for start, stop in pairwise(bounds)]
    events = [event for piece in pieces for event in reader.feed(piece)]
    assert [*events, *reader.finish()] == read(data)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_an_event_comes_with_its_blank_line(end: bytes) -> None:
    reader = SseReader()
    assert list(reader.feed(b"data: A" + end)) == []
    assert list(reader.feed(end)) == [A]


def test_an_event_whose_blank_line_is_lost_comes_with_the_next() -> None:
    reader = SseReader()
    assert list(reader.feed(b'data: {"a":1}\n')) == []
    assert list(reader.feed(b'data: {"b":2}\n')) == [SseEvent("", b'{"a":1}')]


def test_what_is_written_is_read() -> None:
    assert write_event(b"{}") == b"data: {}\n\n"
    assert read(write_event(b"{}", "done") + write_event(b"1")) == [SseEvent("done", b"{}"), SseEvent("", b"1")]


@pytest.mark.parametrize("shape", ["one event in pieces", "tiny events", "tiny events at once", "lost blank lines"])
def test_reading_is_linear_in_the_bytes(shape: str) -> None:
    """Sixteen times the bytes take about sixteen times as long: far from the 256 times of a quadratic reader."""

    def seconds(scale: int) -> float:
        tiny = b"data: {}\n\n" * (1_500 * scale)
        data, size = {
            "one event in pieces": (b"data: " + b"x" * (160_000 * scale) + b"\n\n", 512),
            "tiny events": (tiny, 7),
            "tiny events at once": (tiny, 0),
            "lost blank lines": (b"data: {}\n" * (1_500 * scale), 7),
        }[shape]
        start = time.process_time()
        assert read(data, size)
        return time.process_time() - start

    assert min(seconds(16) for _ in range(2)) < 64 * max(min(seconds(1) for _ in range(3)), 0.0005)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_comments_between_events_are_told_where_they_are_wanted(size: int) -> None:
    stream = b": one\n\ndata: 1\n: within\ndata: 2\n\n:\n:two\nevent: e\n: three\ndata: 3\n\n: last"
    reader = SseReader(comments=True)
    events = [event for start in range(0, len(stream), size) for event in reader.feed(stream[start : start + size])]
    events += reader.finish()
    comment = (COMMENT, b"")
    assert events == [comment, ("", b"1\n2"), comment, comment, comment, ("e", b"3"), comment]
