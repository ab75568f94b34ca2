"""The server-sent-events framing: bytes to events, events to bytes.

One reader for every backend. It takes any cut (also inside a UTF-8 character or between CR and LF), CR, LF and CRLF
line ends, a byte-order mark, comments, several `data:` lines, `data:` without a space, and a last event without its
blank line. Work is linear in the bytes: what has been searched is not searched again.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, read 2026-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")


class SseEvent(NamedTuple):
    """One event: SseEvent(name="message_stop", data=b'{"type":"message_stop"}'). No `event:` line: name is ""."""

    name: str
    data: bytes


class SseReader:
    """Incremental reader: `feed` bytes, get the events that they complete; `finish` gives a last unclosed one."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []  # the unfinished line, in pieces: joined once, when its end arrives
        self._after_cr = False  # the last byte was CR: a LF that comes next belongs to it
        self._at_start = True
        self._name = ""
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[SseEvent]:
        """Yield the events that `data` completes. Consume it wholly before the next call."""
        if self._at_start:
            data = self._strip_bom(data)
        if self._after_cr and data:
            self._after_cr = False
            if data[:1] == b"\n":
                data = data[1:]
        position = 0
        for end in _LINE_END.finditer(data):
            line = data[position : end.start()]
            position = end.end()
            if self._pieces:
                self._pieces.append(line)
                line = b"".join(self._pieces)
                self._pieces.clear()
            if line:
                self._take_line(line)
            elif self._data:
                yield self._take_event()
            else:
                self._name = ""
        if position < len(data):
            self._pieces.append(data[position:])
        elif data:
            self._after_cr = data[-1:] == b"\r"

    def finish(self) -> Iterator[SseEvent]:
        """Yield the event that the end of the stream left without its blank line, if any."""
        if self._pieces:
            line = b"".join(self._pieces)
            self._pieces.clear()
            self._take_line(line)
        if self._data:
            yield self._take_event()

    def _strip_bom(self, data: bytes) -> bytes:
        head = b"".join(self._pieces) + data
        self._pieces.clear()
        if len(head) < len(_BOM) and _BOM.startswith(head):
            if head:
                self._pieces.append(head)
            return b""
        self._at_start = False
        return head.removeprefix(_BOM)

    def _take_line(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        elif line == b"[DONE]":
            # Some relays end with a bare `[DONE]` line (deepseek and glm recordings): read as its data.
            self._data.append(line)

    def _take_event(self) -> SseEvent:
        event = SseEvent(self._name, self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
        self._name = ""
        self._data = []
        return event


def write_event(data: bytes, name: str = "") -> bytes:
    """One event's bytes: write_event(b"{}") == b"data: {}\\n\\n". `data` holds no line end (JSON text never does)."""
    if name:
        return b"event: %s\ndata: %s\n\n" % (name.encode(), data)
    return b"data: %s\n\n" % data
