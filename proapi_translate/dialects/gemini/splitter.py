"""The framing of streams: server-sent events (alt=sse), or one JSON array that grows by an object at a time.

Without alt=sse, and from relays that drop it, the stream is `[{…}\\n,\\r\\n{…}\\n]`. The first byte tells the two
apart: no server-sent event begins with a bracket or a brace, and labels are wrong at times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...sse import SseReader

_BLANK = b" \t\r\n\xef\xbb\xbf"
# What means nothing to the framing: whole strings, and all but the brackets that count there.
_STRING_REST = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+("?)', re.DOTALL)
_WHOLE_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_FILL_IN_OBJECT = re.compile(rb'(?:[^{}"]++|%s)*+' % _WHOLE_STRING, re.DOTALL)
_FILL_BETWEEN = re.compile(rb'(?:[^{\[\]"]++|%s)*+' % _WHOLE_STRING, re.DOTALL)


class ArraySplitter:
    """Gives the objects of a top-level array (or the one that stands alone), each whole; looks at each byte once."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []  # the unfinished object
        self._depth = 0  # open braces
        self._in_string = False
        self._escaped = False  # the last byte was a backslash: the next one means nothing
        self._open = False  # an array has begun and its end has not come

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield the objects that `data` completes. Consume it wholly before the next call."""
        if not data:
            return
        start = 0
        position = self._skip_string(data, 0) if self._in_string else 0
        while (position := self._skip_fill(data, position)) < len(data):
            byte = data[position : position + 1]
            position += 1
            if byte == b"{":
                start = start if self._depth else position - 1
                self._depth += 1
            elif byte == b"}":
                self._depth -= 1
                if self._depth == 0:
                    yield "", self._take(data[start:position])
            elif byte == b'"':
                position = self._skip_string(data, position)
            else:
                self._open = byte == b"["
        if self._depth:
            self._pieces.append(data[start:])

    def finish(self) -> Iterator[tuple[str, bytes]]:
        """Without its end an array is a cut stream: its rest, which is no JSON, goes to the reader, which sees that."""
        if self._open or self._depth:
            yield "", b"".join(self._pieces)

    def _skip_fill(self, data: bytes, position: int) -> int:
        fill = (_FILL_IN_OBJECT if self._depth else _FILL_BETWEEN).match(data, position)
        return fill.end() if fill is not None else position

    def _skip_string(self, data: bytes, position: int) -> int:
        """The end of the string that is open here, or of `data` where its end has not come yet."""
        rest = _STRING_REST.match(data, position + self._escaped)
        assert rest is not None  # it matches anything, nothing too
        self._in_string = not rest.group(1)
        self._escaped = self._in_string and rest.end() < len(data)  # one backslash is left
        return len(data) if self._in_string else rest.end()

    def _take(self, last: bytes) -> bytes:
        self._pieces.append(last)
        whole = b"".join(self._pieces)
        self._pieces.clear()
        return whole


class StreamSplitter:
    """Server-sent events or a JSON array, by the first byte that is no blank."""

    def __init__(self) -> None:
        self._inner: SseReader | ArraySplitter | None = None
        self._head = b""

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        if self._inner is None:
            data = self._head + data
            first = data.lstrip(_BLANK)[:1]
            if not first:
                self._head = data[-len(_BLANK) :]
                return iter(())
            self._inner = ArraySplitter() if first in b"[{" else SseReader()
        return self._inner.feed(data)

    def finish(self) -> Iterator[tuple[str, bytes]]:
        return iter(()) if self._inner is None else self._inner.finish()
