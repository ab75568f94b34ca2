"""The AWS event stream framing: every cut, every header type, damage, and linear work."""

from __future__ import annotations

import json
import struct
from binascii import crc32

import pytest

from proapi_translate.eventstream import (
    EventStreamSplitter,
    Frame,
    FrameReader,
    FramingFault,
    read_headers,
    write_frame,
)

FRAMES = [
    Frame({":event-type": "messageStart", ":message-type": "event"}, b'{"role":"assistant"}'),
    Frame({":event-type": "contentBlockDelta", ":message-type": "event"}, '{"delta":{"text":"né 🚲"}}'.encode()),
    Frame({}, b""),
    Frame({":event-type": "messageStop"}, b"x" * 3000),
]
WIRE = b"".join(write_frame(dict(frame.headers), frame.payload) for frame in FRAMES)  # type: ignore[arg-type]


def read_all(pieces: list[bytes]) -> list[Frame]:
    reader = FrameReader()
    return [frame for piece in pieces for frame in reader.feed(piece)]


@pytest.mark.parametrize("size", [1, 2, 7, 11, 12, 13, 64, 1000, len(WIRE)])
def test_every_cut_gives_the_same_frames(size: int) -> None:
    assert read_all([WIRE[at : at + size] for at in range(0, len(WIRE), size)]) == FRAMES


def test_a_cut_at_each_place_gives_the_same_frames() -> None:
    for at in range(len(WIRE)):
        assert read_all([WIRE[:at], b"", WIRE[at:]]) == FRAMES


def test_what_we_write_is_what_the_format_says() -> None:
    wire = write_frame({":a": "b"}, b"{}")
    headers = b"\x02:a\x07\x00\x01b"
    lengths = struct.pack("!II", 12 + len(headers) + 2 + 4, len(headers))
    message = lengths + struct.pack("!I", crc32(lengths)) + headers + b"{}"
    assert wire == message + struct.pack("!I", crc32(message))


def test_botocore_reads_what_we_write() -> None:
    eventstream = pytest.importorskip("botocore.eventstream", reason="botocore is not installed")
    buffer = eventstream.EventStreamBuffer()
    buffer.add_data(WIRE)
    assert [(dict(message.headers), message.payload) for message in buffer] == [
        (dict(f.headers), f.payload) for f in FRAMES
    ]


@pytest.mark.parametrize(
    ("kind", "encoded", "value"),
    [
        (0, b"", True),
        (1, b"", False),
        (2, b"\xff", -1),
        (3, b"\x01\x00", 256),
        (4, b"\x00\x01\x00\x00", 65536),
        (5, b"\xff" * 8, -1),
        (6, b"\x00\x02\x00\xff", b"\x00\xff"),
        (7, b"\x00\x02\xc3\xa9", "é"),
        (8, b"\x00" * 7 + b"\x05", 5),
        (9, bytes(range(16)), bytes(range(16))),
    ],
)
def test_every_type_of_header(kind: int, encoded: bytes, value: object) -> None:
    block = b"\x01a" + bytes([kind]) + encoded + b"\x01b\x07\x00\x01c"
    assert read_headers(block) == {"a": value, "b": "c"}


@pytest.mark.parametrize(
    "block", [b"\x01", b"\x01a", b"\x01a\x0a", b"\x05ab", b"\x01a\x07\x00\x09x", b"\x01a\x07\x00\x01\xff"]
)
def test_headers_that_cannot_be_read_are_a_fault(block: bytes) -> None:
    with pytest.raises(FramingFault):
        read_headers(block)


def test_any_changed_byte_is_found() -> None:
    for at in range(len(WIRE)):
        damaged = bytearray(WIRE)
        damaged[at] ^= 0x20
        with pytest.raises(FramingFault):
            read_all([bytes(damaged), b"\x00" * 5000])


@pytest.mark.parametrize(("total", "headers"), [(10, 0), (16, 9), (2**31, 0), (40 * 2**20, 10), (2**20, 2**18)])
def test_lengths_that_cannot_be_are_a_fault(total: int, headers: int) -> None:
    lengths = struct.pack("!II", total, headers)
    with pytest.raises(FramingFault):
        read_all([lengths + struct.pack("!I", crc32(lengths)) + b"\x00" * 100])


def test_text_is_no_event_stream() -> None:
    with pytest.raises(FramingFault):
        read_all([b"data: {}\n\n", b"data: {}\n\n"])


class CountedBuffer(bytearray):
    """Counts how often all of it is copied out: the cost that must not grow with the number of pieces."""

    copies = 0

    def __bytes__(self) -> bytes:
        CountedBuffer.copies += 1
        return bytes(memoryview(self))


def test_a_long_frame_in_small_pieces_is_copied_out_only_when_it_may_be_whole() -> None:
    wire = write_frame({}, bytes(1_000_000))
    reader = FrameReader()
    reader._buffer = CountedBuffer()
    for at in range(0, len(wire), 500):
        list(reader.feed(wire[at : at + 500]))
        if not isinstance(reader._buffer, CountedBuffer):
            reader._buffer = CountedBuffer(reader._buffer)
    assert CountedBuffer.copies <= 2  # for its prelude, and whole


# -- as (name, data) -------------------------------------------------------------------------------------------------
def split(wire: bytes) -> list[tuple[str, bytes]]:
    splitter = EventStreamSplitter()
    return [*splitter.feed(wire), *splitter.finish()]


def test_frames_are_named_by_their_type() -> None:
    wire = (
        write_frame({":message-type": "event", ":event-type": "metadata"}, b"{}")
        + write_frame({":message-type": "exception", ":exception-type": "throttlingException"}, b'{"message":"slow"}')
        + write_frame({":message-type": "error", ":error-code": "InternalFailure", ":error-message": "oh"}, b"")
    )
    assert split(wire) == [
        ("metadata", b"{}"),
        ("exception:throttlingException", b'{"message":"slow"}'),
        ("error:InternalFailure", b'{"message":"oh"}'),
    ]


def test_damage_ends_the_stream_in_one_fault() -> None:
    good = write_frame({":event-type": "messageStart"}, b"{}")
    bad = bytearray(good)
    bad[-6] ^= 1
    splitter = EventStreamSplitter()
    first, second = splitter.feed(good + bytes(bad) + good)
    assert first == ("messageStart", b"{}")
    assert second[0] == "framing-fault"
    assert "checksum" in json.loads(second[1])["message"]
    assert list(splitter.feed(good)) == []


def test_a_cut_frame_is_dropped() -> None:
    assert split(write_frame({":event-type": "messageStart"}, b"{}")[:-1]) == []
