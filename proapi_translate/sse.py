"""The server-sent-events framing: bytes to events, events to bytes.

One reader for every backend. It takes any cut (also inside a UTF-8 character or between CR and LF), CR, LF and CRLF
line ends, a byte-order mark, comments, several `data:` lines, `data:` without a space, blank lines that got lost, and a
last event without its blank line. Work is linear in the bytes: what has been searched is not searched again.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_BOM = b"\xef\xbb\xbf"
COMMENT = ":"  # the name of a comment where comments are told; no event's own name begins so
KEEP_ALIVE = b": keep-alive\n\n"  # a comment of our own: clients skip it, and their idle clocks start anew


class SseEvent(NamedTuple):
    """One event: SseEvent(name="message_stop", data=b'{"type":"message_stop"}'). No `event:` line: name is ""."""

    name: str
    data: bytes


class SseReader:
    """Incremental reader: `feed` bytes, get the events that they complete; `finish` gives a last unclosed one.

    `comments`: tell those that stand between events, as SseEvent(COMMENT, b""); else they are skipped.
    """

    def __init__(self, *, comments: bool = False) -> None:
        self._comments = comments
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
        if not data:
            return
        self._after_cr = data.endswith(b"\r")
        lines = data.splitlines()  # of bytes: at CR, LF and CRLF, and nowhere else
        rest = b"" if self._after_cr or data.endswith(b"\n") else lines.pop()
        if lines and self._pieces:
            lines[0] = b"".join((*self._pieces, lines[0]))
            self._pieces.clear()
        if rest:
            self._pieces.append(rest)
        for line in lines:
            if line:
                if (event := self._take_line(line)) is not None:
                    yield event
            elif self._data:
                yield self._take_event()
            else:
                self._name = ""

    def finish(self) -> Iterator[SseEvent]:
        """Yield what the end of the stream left without its blank line, if anything."""
        line = b"".join(self._pieces)
        self._pieces = []
        if line and (event := self._take_line(line)) is not None:
            yield event
        if self._data:
            yield self._take_event()

    def _strip_bom(self, data: bytes) -> bytes:
        head = b"".join(self._pieces) + data
        if len(head) < len(_BOM) and _BOM.startswith(head):
            self._pieces = [head]
            return b""
        self._pieces = []
        self._at_start = False
        return head.removeprefix(_BOM)

    def _take_line(self, line: bytes) -> SseEvent | None:
        """Take one line. Gives the event before it, if that has lost its blank line."""
        if line.startswith(b"data:"):
            value = line[6:] if line.startswith(b" ", 5) else line[5:]
        elif line == b"data":
            value = b""
        elif line == b"[DONE]":
            # Some relays end with a bare `[DONE]` line (deepseek and glm recordings): read as its data.
            value = line
        else:
            if line.startswith(b":") and self._comments and not self._data:
                return SseEvent(COMMENT, b"")
            if line.startswith(b"event:"):
                self._name = line[6:].removeprefix(b" ").decode("utf-8", "replace")
            return None
        lost = self._take_event() if self._data and _begins_anew(self._data[-1], value) else None
        self._data.append(value)
        return lost

    def _take_event(self) -> SseEvent:
        event = SseEvent(self._name, self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
        self._name = ""
        self._data = []
        return event


def _begins_anew(before: bytes, value: bytes) -> bool:
    """Is a second data line a new event, its blank line lost on the way (relays that copy lines that are not empty)?

    An object's end followed by the beginning of another, or of [DONE], is no JSON text, whatever stands around the two.
    """
    return before.rstrip().endswith(b"}") and value.lstrip()[:1] in (b"{", b"[")


def write_event(data: bytes, name: str = "") -> bytes:
    """One event's bytes: write_event(b"{}") == b"data: {}\\n\\n". `data` holds no line end (JSON text never does)."""
    if name:
        return b"event: %s\ndata: %s\n\n" % (name.encode(), data)
    return b"data: %s\n\n" % data
