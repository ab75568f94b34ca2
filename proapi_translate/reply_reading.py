"""A client's reply read back: what it says, for people who look at it.

    reader = ReplyReader("chat")                      # the client's dialect: READABLE
    reader.feed(b'data: {"choices": …') → (TextDelta(0, "Hel"),)
    reader.finish()
    reader.reply.parts[0].text == "Hello"

It is the way of every reply from a backend, with a writer that writes nothing. So it never raises for what it is fed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .dialects import CLIENTS, backend_dialect
from .events import Annotation, Event, Failure, Finish, PartKind, PartStart, SignatureDelta, TextDelta, Usage
from .eventstream import EventStreamSplitter
from .interface import Asked, BackendDialect, ClientDialect, ReplyContext, ReplyFacts, Splitter, StreamReader
from .json_text import encode, read_reply
from .openai_error import write_error, write_error_event
from .prompt import Prompt
from .providers.table import provider_of
from .sse import SseReader
from .target import Target
from .translated_reply import TranslatedReply

READABLE = frozenset({"chat", "completions", "responses"})  # a sealed summary says nothing to people
EVENT_STREAM = "application/vnd.amazon.eventstream"
_OPENAI = Target("openai", "")  # whose replies those that a client got are like


@dataclass(slots=True)
class ReadPart:
    """A text, a thought, a refusal, a tool call (`text`: its arguments), or an audio (`text`: its transcript)."""

    kind: PartKind
    choice: int = 0
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    annotations: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@dataclass(slots=True)
class ReadReply:
    """`finish_reasons`: by choice. `failure`: in words; "" for a good reply."""

    parts: list[ReadPart] = field(default_factory=list)
    finish_reasons: dict[int, str] = field(default_factory=dict)
    usage: Usage | None = None
    failure: str = ""


class ReplyReader:
    """Of a stream, or of a whole body: its first byte tells. KeyError for a dialect that is not READABLE."""

    def __init__(self, dialect: str) -> None:
        self._said: list[TextDelta] = []
        self._places: dict[int, int] = {}  # part → its place in `reply.parts`
        self.reply = ReadReply()
        facts = ReplyFacts(Asked(dialect, "", stream=True), reply_id="", created=0)
        client = _client_that_listens(self)
        context = ReplyContext("", profile=provider_of(_OPENAI).profile_of(_OPENAI))
        self._lane = TranslatedReply(_as_backend(dialect), client, context, facts)

    def feed(self, data: bytes) -> tuple[TextDelta, ...]:
        """What these bytes say; the `part` of each is its place in `reply.parts`."""
        self._lane.feed(data)
        return self._take()

    def finish(self) -> tuple[TextDelta, ...]:
        self._lane.finish()
        return self._take()

    # -- the writer that writes nothing (interface.StreamWriter) -----------------------------------------------------
    def write(self, event: Event) -> bytes:
        reply = self.reply
        if isinstance(event, PartStart):
            self._places[event.part] = len(reply.parts)
            reply.parts.append(ReadPart(event.kind, event.choice, event.id, event.name))
        elif isinstance(event, TextDelta):
            place = self._places[event.part]
            reply.parts[place].pieces.append(event.text)
            self._said.append(TextDelta(place, event.text))
        elif isinstance(event, Annotation):
            reply.parts[self._places[event.part]].annotations.append(event.body)
        elif isinstance(event, Finish):
            reply.finish_reasons[event.choice] = event.raw or event.reason
        elif isinstance(event, Usage):
            reply.usage = event
        elif isinstance(event, Failure):
            reply.failure = str(event.failure)
        elif isinstance(event, SignatureDelta):
            self._forget_repetition(self._places[event.part])
        return b""

    def end(self) -> bytes:
        return b""

    def _forget_repetition(self, place: int) -> None:
        """A chat stream tells a signed thought once more as a whole, with its signature (`reasoning_details`)."""
        pieces = self.reply.parts[place].pieces
        if len(pieces) > 1 and pieces[-1] == "".join(pieces[:-1]):
            repeated = TextDelta(place, pieces.pop())
            if self._said and self._said[-1] == repeated:
                self._said.pop()

    def _take(self) -> tuple[TextDelta, ...]:
        said, self._said = tuple(self._said), []
        return said


def event_splitter(media_type: str) -> Splitter:
    """What cuts a stream into its events, (name, data) each: Amazon's frames where the type says so, else server-sent
    events. `feed` it the pieces as they came, then `finish`."""
    return EventStreamSplitter() if media_type.startswith(EVENT_STREAM) else SseReader()


def _as_backend(dialect: str) -> BackendDialect:
    """What reads the replies that this dialect's clients get. No backend is asked for text completions by another's
    client, so nothing reads these: they are read as the chat replies that they would be."""
    if dialect != "completions":
        return backend_dialect(CLIENTS[dialect])
    chat = backend_dialect(CLIENTS["chat"])
    return replace(
        chat,
        read_body=lambda body, context: chat.read_body(_chat_form(body, "message"), context),
        stream_reader=lambda context: _CompletionStreamReader(chat.stream_reader(context)),
    )


class _CompletionStreamReader:
    def __init__(self, chat: StreamReader) -> None:
        self._chat = chat

    def read(self, name: str, data: bytes) -> Iterable[Event]:
        return self._chat.read(name, _chat_form(data, "delta") if data.startswith(b"{") else data)

    def end(self) -> Iterable[Event]:
        return self._chat.end()


def _chat_form(data: bytes, holder: str) -> bytes:
    """{"choices": [{"text": "hi", …}]} → {"choices": [{"delta": {"content": "hi"}, …}]}"""
    value = read_reply(data)
    choices = value.get("choices") if isinstance(value, dict) else None
    if isinstance(choices, list):
        value["choices"] = [
            {**choice, holder: {"content": choice.pop("text", None)}, "logprobs": None}
            for choice in choices
            if isinstance(choice, dict)
        ]
    return encode(value)


def _client_that_listens(reader: ReplyReader) -> ClientDialect:
    return ClientDialect(_read_no_request, _write_no_body, lambda facts: reader, write_error, write_error_event)


def _read_no_request(body: Mapping[str, Any]) -> Prompt:
    raise NotImplementedError("nobody asks in this dialect")


def _write_no_body(events: Iterable[Event], facts: ReplyFacts) -> dict[str, Any]:
    raise NotImplementedError("replies are read as streams")
