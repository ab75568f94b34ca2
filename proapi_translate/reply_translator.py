"""The way back: one attempt's reply, whole or piece by piece, to the client's bytes.

    reply = ReplyTranslator(translation, reply_id="chatcmpl-…", created=1764000000)
    head = reply.start(200, headers)
    reply.feed(piece) …, reply.finish()                         # head.streaming: as the pieces come
    reply.whole(body)                                           # else: once, with all of it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from .dialects import (
    PARTED_BACKENDS,
    PARTED_CLIENTS,
    backend_dialect,
    client_dialect,
    parted_backend,
    parted_client,
)
from .error_bodies import read_error as read_openai_error
from .error_causes import name_cause
from .errors import BackendFailure
from .events import Usage
from .interface import ReplyFacts
from .json_text import encode
from .openai_error import write_error
from .parts import PartedReply
from .passthrough import PassthroughReply, passthrough_reply
from .prompt import Thinking
from .providers.openai_quirks import RequestQuirks
from .providers.table import provider_of
from .target import Target
from .translated_reply import TranslatedReply
from .translation import JSON_TYPE, SSE_TYPE, Translation, is_passthrough


class ReplyHead(Struct, frozen=True):
    """Status and headers for the client. `streaming`: give the pieces to `feed` as they come; else all to `whole`."""

    status: int
    headers: dict[str, str]
    streaming: bool


class ReplyListener(Protocol):
    """What a backend sends, without its content encoding: of each part of a reply its head, and its body's pieces."""

    def begin(self, headers: Mapping[str, str]) -> None: ...
    def take(self, data: bytes) -> None: ...


class ReplyTranslator:
    """One attempt's reply, on its way back. Not thread-safe; it holds no more than one event of a stream.

    After the end: `status`, `headers` (to add to the head's: Retry-After), `usage`, `finish_reason`, `reply_model`,
    `failure` (a BackendFailure; None for a good reply).

    `listener`: is told all that comes, before it is read. `is_replay`: what comes is what a listener was once told; the
    client gets it as a new reply, with this id and time.
    """

    def __init__(self, translation: Translation, reply_id: str, created: int, *, is_replay: bool = False) -> None:
        asked = translation.asked
        keep_thoughts = _wants_thoughts_back(translation.target)
        facts = ReplyFacts(asked, reply_id, created, keep_thoughts, is_replay)
        self._asked = asked
        self._backend = translation.backend
        self._lane: PassthroughReply | TranslatedReply | PartedReply
        self._parts = 1 + len(translation.later_bodies)
        if is_passthrough(asked.dialect, self._backend):
            self._lane = passthrough_reply(
                asked, reply_id, created, keep_thoughts=keep_thoughts, is_replay=is_replay
            )
        elif asked.dialect in PARTED_CLIENTS:
            self._lane = PartedReply(
                parted_backend(self._backend),
                parted_client(asked.dialect),
                translation.request,
                translation.reply_context,
                facts,
            )
        else:
            self._lane = TranslatedReply(
                backend_dialect(self._backend),
                client_dialect(asked.dialect),
                replace(translation.reply_context, reply_id=reply_id),
                facts,
            )
        self._backend_headers: Mapping[str, str] = {}
        self._failure: BackendFailure | None = None
        self.status = 200
        self.listener: ReplyListener | None = None

    def start(self, status: int, headers: Mapping[str, str]) -> ReplyHead:
        """The backend's head. An error status means `whole`, with the error body."""
        self.status = status
        self._backend_headers = {name.lower(): value for name, value in headers.items()}
        if self.listener is not None:
            self.listener.begin(self._backend_headers)
        if isinstance(self._lane, PartedReply):
            self._lane.headers = self._backend_headers
        streaming = self._asked.stream and status < 400
        return ReplyHead(status, {"content-type": f"{SSE_TYPE}; charset=utf-8" if streaming else JSON_TYPE}, streaming)

    def feed(self, data: bytes) -> bytes:
        """The client's bytes that these bytes make; b"" for none yet. Never raises for what a backend sends."""
        if self.listener is not None:
            self.listener.take(data)
        return self._lane.feed(data)

    def finish(self, broken: str = "") -> bytes:
        """The client's last bytes. `broken`: why the backend broke off; "" where its body ended well."""
        return self._lane.finish(broken)

    def whole(self, body: bytes) -> bytes:
        """The client's whole body. `status` may have changed: an error inside a 200 gets the status it deserves."""
        if self.listener is not None:
            self.listener.take(body)
        try:
            if self.status >= 400:
                raise self.read_error(body)
            return self._lane.whole(body)
        except BackendFailure as failure:
            name_cause(failure)
            self._failure = failure
            self.status = failure.status
            return encode(write_error(failure))

    @property
    def next_part(self) -> int:
        """The number of the part that must be sent after the reply that comes now; 0: this one is the last.

        A whole reply with a next part goes to `keep_part` instead of `whole`, then `start` begins that part's reply.
        """
        done = self._lane.kept + 1 if isinstance(self._lane, PartedReply) else 1
        return done if done < self._parts else 0

    def keep_part(self, body: bytes) -> None:
        """The reply of a part that is not the last. Raises BackendFailure for one that is none."""
        if self.listener is not None:
            self.listener.take(body)
        if isinstance(self._lane, PartedReply):
            self._lane.keep_part(body)

    def read_error(self, body: bytes) -> BackendFailure:
        """An error body in neutral terms, without answering it: failover decides by it."""
        return _error_reader(self._backend)(self.status, self._backend_headers, body)

    @property
    def headers(self) -> dict[str, str]:
        """What the failure adds to the reply's head: {"retry-after": "17"}."""
        failure = self.failure
        if failure is None or failure.retry_after_s is None:
            return {}
        return {"retry-after": str(ceil(failure.retry_after_s))}

    @property
    def opened(self) -> bool:
        """Has the client been given anything that cannot be taken back? Until then a failed attempt can be replaced."""
        return self._lane.opened

    @property
    def failure(self) -> BackendFailure | None:
        return self._failure or self._lane.failure

    @property
    def usage(self) -> Usage | None:
        return self._lane.usage

    @property
    def thoughts_by_call(self) -> Mapping[str, tuple[Thinking, ...]]:
        """What must go back with each of this reply's tool calls (thoughts.py): to be kept, for `Context.recall`."""
        return {} if isinstance(self._lane, PartedReply) else self._lane.thoughts_by_call

    @property
    def response_object(self) -> dict[str, Any] | None:
        """The final `response` object that a Responses client got, whole or at its stream's end; failed ones too.

        None for all other dialects, before the end, and where the client got a plain error.
        """
        return self._lane.response_object

    @property
    def finish_reason(self) -> str:
        return self._lane.finish_reason

    @property
    def reply_model(self) -> str:
        """The model that the backend says it used."""
        return self._lane.reply_model


def _wants_thoughts_back(target: Target) -> bool:
    """Are unsigned thoughts, too, to be kept for this backend's next turn?"""
    profile = provider_of(target).profile_of(target)
    return isinstance(profile, RequestQuirks) and profile.thoughts_back is not None


def _error_reader(backend: str) -> Callable[[int, Mapping[str, str], bytes], BackendFailure]:
    # All of OpenAI's APIs share one error form, also those that only pass through and have no dialect of their own.
    if backend.startswith("openai_"):
        return read_openai_error
    return (parted_backend if backend in PARTED_BACKENDS else backend_dialect)(backend).read_error
