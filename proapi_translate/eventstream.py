"""AWS event stream framing: bytes to frames with both checksums checked, frames to bytes.

A frame is a prelude (total length, headers length, CRC of those eight bytes), headers, a payload, and the CRC of all
that went before. Work is linear in the bytes: an unfinished frame is kept in one growing buffer and looked at again
only when its last byte may have come. Source: https://smithy.io/2.0/aws/amazon-eventstream.html, read 2026-11-25.
"""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from .json_text import encode

_PRELUDE = struct.Struct("!III")
_CRC = struct.Struct("!I")
_CRC_BYTES = 4
_SUMMED_PRELUDE_BYTES = 8
# The format's own limits: what claims to be longer is no frame, and must not be waited for.
_MAX_HEADERS_BYTES = 128 * 1024
_MAX_PAYLOAD_BYTES = 24 * 1024 * 1024
_KNOWN_HEADERS = 64  # header blocks that one stream repeats (a handful); a bound on what is remembered

HeaderValue = str | bytes | bool | int


class FramingFault(ValueError):
    """The bytes are no event stream: a checksum or a length is wrong. Nothing after them can be read."""


class Frame(NamedTuple):
    """Frame({":message-type": "event", ":event-type": "messageStart"}, b'{"role":"assistant"}')."""

    headers: Mapping[str, HeaderValue]
    payload: bytes


class FrameReader:
    """Incremental reader: `feed` bytes, get the frames that they complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted = _PRELUDE.size  # bytes that must be there before the buffer is worth another look
        self._headers: dict[bytes, Mapping[str, HeaderValue]] = {}

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that `data` completes. Consume it wholly before the next call. Raises FramingFault."""
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._wanted:
                return
            data = bytes(self._buffer)
        self._wanted = _PRELUDE.size
        position = 0
        while len(data) - position >= _PRELUDE.size:
            total, headers = _read_prelude(data, position)
            if len(data) - position < total:
                self._wanted = total
                break
            yield self._read_frame(data, position, total, headers)
            position += total
        self._buffer = bytearray(data[position:])

    def _read_frame(self, data: bytes, start: int, total: int, headers_bytes: int) -> Frame:
        end = start + total - _CRC_BYTES
        if crc32(data[start:end]) != _CRC.unpack_from(data, end)[0]:
            raise FramingFault("the checksum of a frame is wrong")
        headers_start = start + _PRELUDE.size
        headers_end = headers_start + headers_bytes
        return Frame(self._read_headers(data[headers_start:headers_end]), data[headers_end:end])

    def _read_headers(self, block: bytes) -> Mapping[str, HeaderValue]:
        headers = self._headers.get(block)
        if headers is None:
            headers = read_headers(block)
            if len(self._headers) < _KNOWN_HEADERS:
                self._headers[block] = headers
        return headers


def _read_prelude(data: bytes, start: int) -> tuple[int, int]:
    """(total length, headers length), checked."""
    total, headers, checksum = _PRELUDE.unpack_from(data, start)
    if crc32(data[start : start + _SUMMED_PRELUDE_BYTES]) != checksum:
        raise FramingFault("the checksum of a frame's prelude is wrong")
    payload = total - headers - _PRELUDE.size - _CRC_BYTES
    if payload < 0 or headers > _MAX_HEADERS_BYTES or payload > _MAX_PAYLOAD_BYTES:
        raise FramingFault("the lengths of a frame are impossible")
    return total, headers


# -- headers ---------------------------------------------------------------------------------------------------------
def _read_sized(block: bytes, at: int) -> tuple[bytes, int]:
    start = at + 2
    end = start + int.from_bytes(block[at:start], "big")
    return block[start:end], end


def _read_string(block: bytes, at: int) -> tuple[HeaderValue, int]:
    value, end = _read_sized(block, at)
    return value.decode("utf-8"), end


def _read_number(width: int) -> Callable[[bytes, int], tuple[HeaderValue, int]]:
    return lambda block, at: (int.from_bytes(block[at : at + width], "big", signed=True), at + width)


# Header type → how its value is read from (block, position): (value, position after it).
_VALUES: Mapping[int, Callable[[bytes, int], tuple[HeaderValue, int]]] = {
    0: lambda block, at: (True, at),
    1: lambda block, at: (False, at),
    2: _read_number(1),
    3: _read_number(2),
    4: _read_number(4),
    5: _read_number(8),
    6: _read_sized,
    7: _read_string,
    8: _read_number(8),  # a time stamp: milliseconds since 1970
    9: lambda block, at: (block[at : at + 16], at + 16),  # a UUID
}


def read_headers(block: bytes) -> Mapping[str, HeaderValue]:
    """A frame's header block: name length, name, type, value, and again. Raises FramingFault."""
    headers: dict[str, HeaderValue] = {}
    at = 0
    try:
        while at < len(block):
            name_end = at + 1 + block[at]
            name = block[at + 1 : name_end].decode("utf-8")
            headers[name], at = _VALUES[block[name_end]](block, name_end + 1)
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise FramingFault("the headers of a frame cannot be read") from error
    if at != len(block):
        raise FramingFault("the headers of a frame are cut")
    return headers


def write_frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One frame's bytes: write_frame({":event-type": "ping"}, b"{}"). For tests and for replay."""
    block = b"".join(_write_header(name.encode(), value.encode()) for name, value in headers.items())
    total = _PRELUDE.size + len(block) + len(payload) + _CRC_BYTES
    lengths = struct.pack("!II", total, len(block))
    message = lengths + _CRC.pack(crc32(lengths)) + block + payload
    return message + _CRC.pack(crc32(message))


def _write_header(name: bytes, value: bytes) -> bytes:
    return struct.pack("!B", len(name)) + name + struct.pack("!BH", 7, len(value)) + value


# -- frames as (name, data) ------------------------------------------------------------------------------------------
EXCEPTION = "exception:"
ERROR = "error:"
FAULT = "framing-fault"


class EventStreamSplitter:
    """Frames as the (name, data) pairs of `interface.Splitter`.

    An event's name is its `:event-type`; an exception's is "exception:<type>"; an error without a modelled shape is
    "error:<code>" with {"message": …}; bytes that are no event stream end in one ("framing-fault", {"message": …}). A
    frame that the end of the bytes cut is dropped: what is missing after it tells the reader of the cut.
    """

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._broken = False

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        if self._broken:
            return
        try:
            for frame in self._reader.feed(data):
                yield _name_frame(frame)
        except FramingFault as fault:
            self._broken = True
            yield FAULT, encode({"message": str(fault)})

    def finish(self) -> Iterator[tuple[str, bytes]]:
        yield from ()


def _name_frame(frame: Frame) -> tuple[str, bytes]:
    headers = frame.headers
    kind = headers.get(":message-type", "event")
    if kind == "exception":
        return EXCEPTION + _word(headers, ":exception-type"), frame.payload
    if kind == "error":
        return ERROR + _word(headers, ":error-code"), encode({"message": _word(headers, ":error-message")})
    return _word(headers, ":event-type"), frame.payload


def _word(headers: Mapping[str, HeaderValue], name: str) -> str:
    value = headers.get(name)
    return value if isinstance(value, str) else ""
