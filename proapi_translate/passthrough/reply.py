"""The passthrough lane of a reply: the same dialect on both sides, so what the backend sends goes on.

Whatever the bytes are cut into, the client's bytes are the same. At most one event is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..errors import BackendFailure, ClientFault
from ..event_order import CUT
from ..events import Usage
from ..json_text import encode, read_reply, replace_top_level
from ..prompt import Thinking
from ..reply_shape import MISSHAPEN, first_byte, garbled, last_blanks
from ..sse import COMMENT, KEEP_ALIVE, SseEvent, SseReader
from .chunk import Chunk
from .event_value import is_end_mark, read_event, read_object
from .tap import Tap


class PassthroughReply:
    """One reply. Either `feed` … `finish` (the client wants a stream), or `whole` once.

    The backend may answer in the other shape than it was asked for (a whole body for a stream, or the reverse): what
    comes is told by its first byte, and the client gets what it asked for. A stream that opens with an error leaves
    `opened` false: `feed` gave out that error and nothing else, so who holds it back may still try another backend.
    """

    def __init__(self, tap: Tap, *, stream: bool) -> None:
        self.failure: BackendFailure | None = None
        self.opened = False  # has the client been given anything but an error?
        self._tap = tap
        self._stream = stream
        self._over = False
        self._head = b""  # blanks before the first byte that tells the shape
        self._reader: SseReader | None = None
        self._body: list[bytes] | None = None  # a whole body that came where a stream was due

    @property
    def usage(self) -> Usage | None:
        return self._tap.told().usage

    @property
    def finish_reason(self) -> str:
        return self._tap.told().finish_reason

    @property
    def reply_model(self) -> str:
        return self._tap.told().reply_model

    @property
    def thoughts_by_call(self) -> Mapping[str, tuple[Thinking, ...]]:
        return self._tap.told().thoughts_by_call

    @property
    def response_object(self) -> dict[str, Any] | None:
        return self._tap.told().response

    def feed(self, data: bytes) -> bytes:
        """The client's bytes that these bytes make; b"" for none yet."""
        if self._over:
            return b""
        if self._reader is None and self._body is None:
            data = self._head + data
            first = first_byte(data)
            if not first:
                self._head = last_blanks(data)
                return b""
            self._choose_shape(first)
        if self._body is not None:
            self._body.append(data)
            return b""
        assert self._reader is not None
        return self._write(self._read(self._reader.feed(data)))

    def finish(self, broken: str = "") -> bytes:
        """The end of the backend's bytes. `broken`: why it broke off; "" if it ended well."""
        if self._over:
            return b""
        if self._body is not None and not broken:
            return self._write(self._read_body(b"".join(self._body)))
        last = self._reader.finish() if self._reader is not None else iter(())
        return self._write(self._read_last(last, broken))

    def whole(self, body: bytes) -> bytes:
        """A whole backend body → the whole client body (a whole stream, if the client asked for one).

        Raises BackendFailure (and keeps it in `failure`) for an error inside a 200, and for a body that is not the
        backend's format.
        """
        if self._stream:
            return self.feed(body) + self.finish()
        try:
            return self._mend_whole(body)
        except BackendFailure as failure:
            self.failure = failure
            raise
        except MISSHAPEN as error:
            self.failure = garbled(error)
            raise self.failure from None

    def _choose_shape(self, first: bytes) -> None:
        if first in (b"{", b"["):
            self._body = []
        else:
            self._reader = SseReader(comments=True)

    def _write(self, chunks: Iterable[Chunk]) -> bytes:
        """The bytes of the chunks; a failure on the way becomes the last of them."""
        pieces: list[bytes] = []
        try:
            for chunk in chunks:
                pieces.append(chunk.write())
                self.opened = self.opened or pieces[-1] is not KEEP_ALIVE
        except BackendFailure as failure:
            pieces += self._give_up(failure)
        except MISSHAPEN as error:
            pieces += self._give_up(garbled(error))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _give_up(self, failure: BackendFailure) -> Iterator[bytes]:
        self.failure = failure
        self._over = True
        chunks = list(self._tap.give_up(failure))
        self.opened = self.opened or len(chunks) > 1
        yield from (chunk.write() for chunk in chunks)
        yield self._tap.end_mark

    def _read(self, events: Iterable[SseEvent]) -> Iterator[Chunk]:
        for name, data in events:
            if name == COMMENT:
                yield Verbatim(KEEP_ALIVE)
                continue
            if is_end_mark(data):
                yield from self._close(marked=True, broken=CUT)
                return
            value = read_event(name, data)
            if value is not None:
                yield from self._tap.take(name, value, data if data[:1] == b"{" else data.strip())

    def _read_last(self, events: Iterable[SseEvent], broken: str) -> Iterator[Chunk]:
        """The event that the end left open, if it is a whole one, and the end."""
        for name, data in events:
            if self._over:
                return
            try:
                read_reply(data)
            except ValueError:
                # Cut within the event, or its end mark: "[DONE]" is no JSON either.
                if not is_end_mark(data):
                    continue
            yield from self._read([SseEvent(name, data)])
        if not self._over:
            yield from self._close(marked=False, broken=broken or CUT)

    def _close(self, *, marked: bool, broken: str) -> Iterator[Chunk]:
        yield from self._tap.end(marked=marked, broken=broken)
        self._over = True
        if self._tap.end_mark:
            yield Verbatim(self._tap.end_mark)

    def _read_body(self, body: bytes) -> Iterator[Chunk]:
        for name, value in self._tap.as_chunks(read_object(body)):
            yield from self._tap.take(name, value, b"")
        yield from self._close(marked=True, broken=CUT)

    def _mend_whole(self, body: bytes) -> bytes:
        if first_byte(body) not in (b"{", b"["):
            return self._fold_stream(body)
        value = read_object(body)
        changed = self._tap.mend_body(value)
        try:
            return replace_top_level(body, {name: value[name] for name in changed})
        except ClientFault:  # a body that only the lenient reading takes: it has no bytes worth keeping
            return encode(value)

    def _fold_stream(self, body: bytes) -> bytes:
        reader = SseReader()
        events = [*reader.feed(body), *reader.finish()]
        if not events:
            raise ValueError("neither an object nor a stream")
        chunks = [*self._read(events[:-1]), *self._read_last(events[-1:], "")]
        return encode(self._tap.fold(chunk for chunk in chunks if not isinstance(chunk, Verbatim)))


class Verbatim(Chunk):
    """What is written as it stands: the end of a stream, a comment."""

    def __init__(self, text: bytes) -> None:
        super().__init__({}, text, changed=False)

    def write(self) -> bytes:
        return self.data
