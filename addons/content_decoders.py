"""Content-Encoding undone as the bytes arrive: gzip, deflate, br, zstd, and chains of them.

mitmproxy hands a streamed body on as it came, still encoded, and some backends compress although they were asked for
`identity`. A decoder has two methods: `decode(data)` gives what the piece completes, `flush()` what the end does.
Both raise `DecodingFault` for bytes that are not of their encoding, and for a bomb: a few bytes that unpack to any size
(brotli makes 16 MB of four bytes, and a chain multiplies).
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any, Protocol

from proapi_translate import ProapiError


class DecodingFault(ProapiError):
    """The bytes are not what Content-Encoding says, or are more than may be."""


class TooMuch(DecodingFault):
    """They unpack to more than may be."""


class Decoder(Protocol):
    def decode(self, data: bytes) -> bytes: ...
    def flush(self) -> bytes: ...


class _Gzip:
    """RFC 1952: a body may be several gzip members in a row."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)

    def decode(self, data: bytes) -> bytes:
        pieces = []
        while data:
            try:
                pieces.append(self._member.decompress(data))
            except zlib.error as error:
                raise DecodingFault(f"broken gzip data: {error}") from error
            data = self._member.unused_data
            if data:
                self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return b"".join(pieces)

    def flush(self) -> bytes:
        return self._member.flush()


class _Deflate:
    """RFC 9110 8.4.1.2 means zlib's format; servers that send raw deflate exist, so the first byte decides."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None

    def decode(self, data: bytes) -> bytes:
        if not data:
            return b""
        if self._stream is None:
            has_zlib_header = data[0] & 0x0F == 8
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if has_zlib_header else -zlib.MAX_WBITS)
        try:
            return self._stream.decompress(data)
        except zlib.error as error:
            raise DecodingFault(f"broken deflate data: {error}") from error

    def flush(self) -> bytes:
        return self._stream.flush() if self._stream else b""


class _Brotli:
    def __init__(self) -> None:
        brotli = importlib.import_module("brotli")  # comes with mitmproxy; loaded only where a backend uses it

        self._stream = brotli.Decompressor()
        self._fault = brotli.error

    def decode(self, data: bytes) -> bytes:
        try:
            decoded: bytes = self._stream.process(data)
        except self._fault as error:
            raise DecodingFault(f"broken br data: {error}") from error
        return decoded

    def flush(self) -> bytes:
        return b""


class _Zstd:
    """RFC 8878: a body may be several frames in a row."""

    def __init__(self) -> None:
        self._make, self._fault = _zstd_library()
        self._frame = self._make()

    def decode(self, data: bytes) -> bytes:
        pieces = []
        while data:
            if self._frame.eof:
                self._frame = self._make()
            try:
                pieces.append(self._frame.decompress(data))
            except self._fault as error:
                raise DecodingFault(f"broken zstd data: {error}") from error
            data = self._frame.unused_data
        return b"".join(pieces)

    def flush(self) -> bytes:
        return b""


def _zstd_library() -> tuple[Callable[[], Any], type[Exception]]:
    """The library that this mitmproxy brings: 12 backports.zstd (the standard library's from 3.14 on), 11 zstandard."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            library = importlib.import_module(name)
        except ImportError:
            continue
        return library.ZstdDecompressor, library.ZstdError
    library = importlib.import_module("zstandard")
    return lambda: library.ZstdDecompressor().decompressobj(), library.ZstdError


class _Identity:
    def decode(self, data: bytes) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


class _Bounded:
    """Another decoder, fed in slices so small that no bomb bursts between two looks at what has come of a piece."""

    def __init__(self, decoder: Decoder, slice_bytes: int, limit_bytes: int) -> None:
        self._decoder = decoder
        self._slice_bytes = slice_bytes
        self._limit_bytes = limit_bytes

    def decode(self, data: bytes) -> bytes:
        pieces, total = [], 0
        for start in range(0, len(data), self._slice_bytes):
            piece = self._decoder.decode(data[start : start + self._slice_bytes])
            total += len(piece)
            if total > self._limit_bytes:
                raise TooMuch(f"the body unpacks to more than {self._limit_bytes} bytes")
            pieces.append(piece)
        return b"".join(pieces)

    def flush(self) -> bytes:
        return self._decoder.flush()


class _Chain:
    """`Content-Encoding: gzip, br`: applied left to right, so undone right to left."""

    def __init__(self, decoders: list[Decoder]) -> None:
        self._decoders = decoders

    def decode(self, data: bytes) -> bytes:
        for decoder in self._decoders:
            data = decoder.decode(data)
        return data

    def flush(self) -> bytes:
        rest = b""
        for decoder in self._decoders:
            rest = (decoder.decode(rest) if rest else b"") + decoder.flush()
        return rest


# With how many bytes each is fed at once: those of deflate become 1,032 times as many at most, zstd's 32,768 times.
_DECODERS: dict[str, tuple[Callable[[], Decoder], int]] = {
    "gzip": (_Gzip, 4096),
    "x-gzip": (_Gzip, 4096),
    "deflate": (_Deflate, 4096),
    "br": (_Brotli, 16),
    "zstd": (_Zstd, 128),
}
_IDENTITY = "identity"
# Nobody honest packs more often, or JSON that far.
_LONGEST_CHAIN = 3
_LARGEST_RATIO = 100
# What one piece of a stream, which is 64 KB at most, may unpack to.
PIECE_LIMIT_BYTES = 16 * 1024 * 1024


def decoder_for(content_encoding: str, limit_bytes: int = PIECE_LIMIT_BYTES) -> Decoder:
    """The decoder for a Content-Encoding header: "" and "identity" give the bytes as they are.

    `limit_bytes`: what one call of `decode` may give. Raises DecodingFault for an encoding that is not known.
    """
    names = [name.strip().lower() for name in content_encoding.split(",")]
    wanted = [name for name in names if name and name != _IDENTITY]
    if unknown := [name for name in wanted if name not in _DECODERS]:
        raise DecodingFault(f"unknown content-encoding {unknown[0]!r}")
    if len(wanted) > _LONGEST_CHAIN:
        raise DecodingFault(f"content-encoding: {len(wanted)} encodings, more than {_LONGEST_CHAIN}")
    rows = (_DECODERS[name] for name in reversed(wanted))
    decoders: list[Decoder] = [_Bounded(make(), slice_bytes, limit_bytes) for make, slice_bytes in rows]
    if not decoders:
        return _Identity()
    return decoders[0] if len(decoders) == 1 else _Chain(decoders)


def decode_whole(content_encoding: str, data: bytes, limit_bytes: int) -> bytes:
    """Decode a whole body, at most `limit_bytes` of it: a small body may unpack to any size. What packs a hundredfold
    is no JSON, and is stopped much earlier: this runs on the event loop.

    Raises DecodingFault for broken data and for more than the limit.
    """
    if content_encoding not in ("", _IDENTITY):
        limit_bytes = min(limit_bytes, max(PIECE_LIMIT_BYTES, _LARGEST_RATIO * len(data)))
    decoder = decoder_for(content_encoding, limit_bytes)
    pieces, total = [], 0
    for start in range(0, len(data), 65536):
        piece = decoder.decode(data[start : start + 65536])
        total += len(piece)
        if total > limit_bytes:
            raise TooMuch(f"the body unpacks to more than {limit_bytes} bytes")
        pieces.append(piece)
    pieces.append(decoder.flush())
    return b"".join(pieces)
