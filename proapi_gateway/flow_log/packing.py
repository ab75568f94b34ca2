"""Bodies packed for the database: zstd, by whatever library this Python or this mitmproxy brings."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial
from typing import Any

import msgspec

_OLDER = "zstandard"
_LEVEL = 3  # zstd's own default: half a millisecond for 100 KB of JSON


def pack(data: bytes) -> bytes:
    packed: bytes = _compressors().pack(data)
    return packed


def unpack(packed: bytes) -> bytes:
    """Raises an error of the library's own for what was not packed by `pack`."""
    data: bytes = _library().decompress(bytes(packed))
    return data


def pack_pieces(pieces: Sequence[tuple[int, int]]) -> bytes | None:
    """[(120, 0), (180, 57)]: (ms since the flow's start, offset of the piece) → zstd of the JSON of the same."""
    return pack(msgspec.json.encode(pieces)) if pieces else None


def unpack_pieces(packed: bytes | None) -> tuple[tuple[int, int], ...]:
    return msgspec.json.decode(unpack(packed), type=tuple[tuple[int, int], ...]) if packed else ()


class _Compressors(threading.local):
    """One for each thread: to make one takes three times as long as to pack a small body."""

    def __init__(self) -> None:
        library = _library()
        if library.__name__ == _OLDER:
            self.pack = library.ZstdCompressor(level=_LEVEL).compress
        else:
            self.pack = partial(library.ZstdCompressor(level=_LEVEL).compress, mode=library.ZstdCompressor.FLUSH_FRAME)


@cache
def _compressors() -> _Compressors:
    return _Compressors()


@cache
def _library() -> Any:
    """Python 3.14's own, the backport that mitmproxy 12 brings, or mitmproxy 11's."""
    for name in ("compression.zstd", "backports.zstd"):
        with suppress(ImportError):
            return importlib.import_module(name)
    return importlib.import_module(_OLDER)
