"""The translated lane of a reply: a backend's bytes → neutral events → the client's bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from .errors import BackendFailure
from .event_order import EventOrder
from .events import Event, Failure, KeepAlive, Usage
from .interface import BackendDialect, ClientDialect, ReplyContext, ReplyFacts, Splitter, StreamReader, StreamWriter
from .json_text import encode
from .prompt import Thinking
from .reply_shape import MISSHAPEN, first_byte, garbled, last_blanks
from .sse import COMMENT, KEEP_ALIVE
from .thoughts import ThoughtKeeper

_END_MARK = b"[DONE]"


class TranslatedReply:
    """One reply. Either `feed` … `finish` (the client wants a stream), or `whole` once.

    The backend may answer in the other shape than it was asked for (a whole body for a stream, or the reverse): what
    comes is told by its first byte, and the client gets what it asked for.
    """

    def __init__(
        self, backend: BackendDialect, client: ClientDialect, context: ReplyContext, facts: ReplyFacts
    ) -> None:
        self._backend = backend
        self._client = client
        self._context = context
        self._facts = facts
        self._order = EventOrder()
        self._thoughts = ThoughtKeeper(unsigned=facts.keep_thoughts)
        self._writer: StreamWriter | None = None
        self._splitter: Splitter | None = None
        self._reader: StreamReader | None = None
        self._head = b""  # blanks before the first byte that tells the shape
        self._body: list[bytes] | None = None  # a whole body that came where a stream was due
        self.opened = False  # has the client been given anything but an error?
        self.response_object: dict[str, Any] | None = None  # see ReplyTranslator

    @property
    def usage(self) -> Usage | None:
        return self._order.usage

    @property
    def finish_reason(self) -> str:
        return self._order.finish_reason

    @property
    def failure(self) -> BackendFailure | None:
        return self._order.failure

    @property
    def reply_model(self) -> str:
        return self._order.reply_model

    @property
    def thoughts_by_call(self) -> dict[str, tuple[Thinking, ...]]:
        return self._thoughts.by_call

    def feed(self, data: bytes) -> bytes:
        """The client's bytes that these bytes make; b"" for none yet."""
        if self._order.failure is not None:
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
        assert self._splitter is not None
        return self._write(self._events_of(self._splitter.feed(data)))

    def finish(self, broken: str = "") -> bytes:
        """The end of the backend's bytes. `broken`: why it broke off; "" if it ended well."""
        last = self._write(chain(self._last_events(broken), self._order.close(broken)))
        writer = self._stream_writer()
        last += writer.end()
        if self._client.final_object is not None:
            self.response_object = self._client.final_object(writer)
        return last

    def whole(self, body: bytes) -> bytes:
        """A whole backend body → the whole client body (a whole stream, if the client asked for one).

        Raises BackendFailure for an error inside a 200, and for a body that is not the backend's format.
        """
        if self._facts.asked.stream:
            return self.feed(body) + self.finish()
        events = list(self._ordered(self._read_whole(body)))
        events += self._ordered(self._order.close())
        if self._order.failure is not None:
            raise self._order.failure
        value = self._client.write_body(events, self._facts)
        if self._client.final_object is not None:
            self.response_object = value
        return encode(value)

    def _choose_shape(self, first: bytes) -> None:
        if first == b"{":
            self._body = []
        else:
            self._start_stream()

    def _start_stream(self) -> None:
        self._splitter = self._backend.splitter()
        self._reader = self._backend.stream_reader(self._context)

    def _last_events(self, broken: str) -> Iterator[Event]:
        """What the end of the bytes completes. After a break nothing held back is trusted to be final."""
        if self._body is not None and not broken:
            yield from self._guarded(lambda: self._backend.read_body(b"".join(self._body or ()), self._context))
        elif self._reader is not None and self._splitter is not None:
            # A cut inside the last event leaves half a JSON text: that is the cut's doing, not a second fault.
            yield from self._events_of(self._splitter.finish(), tolerant=True)
            if not broken and self._order.failure is None:
                yield from self._guarded(self._reader.end)

    def _events_of(self, framed: Iterable[tuple[str, bytes]], *, tolerant: bool = False) -> Iterator[Event]:
        reader = self._reader
        assert reader is not None
        for name, data in framed:
            if name == COMMENT:
                yield KeepAlive()
                continue
            if data == _END_MARK and not self._backend.shows_end_mark:
                continue
            try:
                yield from reader.read(name, data)
            except BackendFailure as failure:
                yield Failure(failure)
                return
            except MISSHAPEN as error:
                if not tolerant:
                    yield Failure(garbled(error))
                return

    def _guarded(self, read: Callable[[], Iterable[Event]]) -> Iterator[Event]:
        try:
            yield from read()
        except BackendFailure as failure:
            yield Failure(failure)
        except MISSHAPEN as error:
            yield Failure(garbled(error))

    def _read_whole(self, body: bytes) -> Iterator[Event]:
        if first_byte(body) == b"{":
            yield from self._guarded(lambda: self._backend.read_body(body, self._context))
            return
        self._start_stream()
        assert self._splitter is not None
        framed = list(self._splitter.feed(body))
        yield from self._events_of(framed)
        last = list(self._splitter.finish())
        yield from self._events_of(last, tolerant=True)
        if not framed and not last:
            yield Failure(garbled(ValueError("neither an object nor a stream")))
        elif self._order.failure is None and self._reader is not None:
            yield from self._guarded(self._reader.end)

    def _ordered(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            for ordered in self._order.admit(event):
                self._thoughts.see(ordered)
                if not isinstance(ordered, KeepAlive):
                    yield ordered

    def _write(self, events: Iterable[Event]) -> bytes:
        writer = self._stream_writer()
        pieces: list[bytes] = []
        for event in events:
            for ordered in self._order.admit(event):
                if ordered.__class__ is KeepAlive:
                    pieces.append(KEEP_ALIVE)
                    continue
                self._thoughts.see(ordered)
                piece = writer.write(ordered)
                if piece:
                    pieces.append(piece)
                    if not self.opened:
                        self.opened = ordered.__class__ is not Failure
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _stream_writer(self) -> StreamWriter:
        if self._writer is None:
            self._writer = self._client.stream_writer(self._facts)
        return self._writer
