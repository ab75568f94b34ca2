"""Bodies packed for the database: zstd, by whatever library this Python or this mitmproxy brings."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from functools import cache, partial

_LEVEL = 3  # zstd's own default: half a millisecond for 100 KB of JSON


def pack(data: bytes) -> bytes:
    return _library()[0](data)


def unpack(packed: bytes) -> bytes:
    """Raises an error of the library's own for what was not packed by `pack`."""
    return _library()[1](bytes(packed))


def pack_pieces(pieces: Sequence[tuple[int, int]]) -> bytes | None:
    """[(120, 0), (180, 57)]: (ms since the flow's start, offset of the piece) → zstd of the JSON of the same."""
    return pack(json.dumps(pieces, separators=(",", ":")).encode()) if pieces else None


def unpack_pieces(packed: bytes | None) -> tuple[tuple[int, int], ...]:
    return tuple((ms, offset) for ms, offset in json.loads(unpack(packed))) if packed else ()


@cache
def _library() -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    """(compress, decompress): Python 3.14's own, the backport that mitmproxy 12 brings, or mitmproxy 11's."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            library = importlib.import_module(name)
        except ImportError:
            continue
        return partial(library.compress, level=_LEVEL), library.decompress
    library = importlib.import_module("zstandard")
    return partial(library.compress, level=_LEVEL), library.decompress
