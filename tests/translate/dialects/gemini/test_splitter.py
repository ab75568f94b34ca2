"""The two framings, for every cut of the bytes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from proapi_translate.dialects.gemini.splitter import ArraySplitter, StreamSplitter

OBJECTS = [{"a": 'q"\\{}[]'}, {"b": {"c": [{"d": "\\\\"}]}, "é": "渋🚲"}, {}]
PRETTY = json.dumps(OBJECTS, indent=2, ensure_ascii=False).replace("\n", "\r\n").encode()
COMPACT = json.dumps(OBJECTS).encode()
SSE = b"".join(b"data: " + json.dumps(value).encode() + b"\r\n\r\n" for value in OBJECTS)


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def split(pieces: Iterator[bytes]) -> list[bytes]:
    splitter = StreamSplitter()
    framed = [data for piece in pieces for _, data in splitter.feed(piece)]
    return framed + [data for _, data in splitter.finish()]


@pytest.mark.parametrize("data", [PRETTY, COMPACT, SSE, b"\xef\xbb\xbf" + PRETTY, b"\r\n\r\n" + SSE, PRETTY + b"\n"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
def test_every_cut_gives_the_same(data: bytes, size: int) -> None:
    assert [json.loads(framed) for framed in split(cut(data, size))] == OBJECTS


def test_an_object_is_given_as_soon_as_it_is_whole() -> None:
    splitter = ArraySplitter()
    assert list(splitter.feed(b'[{"a":1')) == []
    assert list(splitter.feed(b"}")) == [("", b'{"a":1}')]
    assert list(splitter.feed(b",")) == []
    assert list(splitter.feed(b"")) == []


def test_an_object_alone() -> None:
    assert split(iter([b'{"error"', b": {}}\n"])) == [b'{"error": {}}']


@pytest.mark.parametrize("data", [b'[{"a":1},', b'[{"a":1}', b'[{"a":1},{"b', b'[{"a":1},{"b":"\\', b"["])
def test_a_cut_array_ends_in_what_is_no_json(data: bytes) -> None:
    for size in (1, 100):
        last = split(cut(data, size))[-1]
        with pytest.raises(ValueError, match=r"."):
            json.loads(last)


def test_nothing_gives_nothing() -> None:
    assert split(iter([])) == []
    assert split(iter([b" \r\n", b"\n"])) == []


@pytest.mark.parametrize(
    "data",
    [
        b'[{"t":"' + b"a" * 2_000_000 + b'"}]',
        b'[{"t":[' + b'{"b":"c"},' * 100_000 + b"{}]}]",
        b"[" + b'"x",' * 300_000 + b"{}]",
    ],
)
def test_work_is_linear(data: bytes) -> None:
    def seconds(part: bytes) -> float:
        start = time.process_time()
        split(cut(part, 100))
        return time.process_time() - start

    # Twice the bytes may not cost four times the work; the margin is for a busy machine.
    assert seconds(data) < 3.4 * seconds(data[: len(data) // 2]) + 0.2
