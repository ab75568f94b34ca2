"""APIs that never stream and whose request may need several of the backend's: embeddings, images.

A backend takes so many texts or makes so many images at a time. The parts of one request go to it one after the other;
their replies are kept until the last is there, and only then does the client get anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import BackendFailure
from .events import Usage
from .interface import ReplyContext, ReplyFacts, RequestContext
from .json_text import encode
from .openai_error import write_error
from .reply_shape import MISSHAPEN, garbled

NativeBody = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PartedClient:
    """Such an API as a client's dialect. Its own frozen structs (embeddings.py, images.py) are the neutral middle.

    read_request(body, context) → the neutral request; raises ClientFault, tells `context.losses` what nobody can do.
    write_part(request, reply) → what is kept of a part's neutral reply: as much as can be written is, so that little is
    left for the end, when all wait. write_body(request, kept, facts) → the reply's JSON value, of all parts, in order;
    raises BackendFailure where they do not hold what was asked for. sum_usage(kept) → None if a backend did not tell.
    """

    read_request: Callable[[Mapping[str, Any], RequestContext], Any]
    write_part: Callable[[Any, Any], Any]
    write_body: Callable[[Any, Sequence[Any], ReplyFacts], dict[str, Any]]
    sum_usage: Callable[[Sequence[Any]], Usage | None]


@dataclass(frozen=True, slots=True)
class PartedBackend:
    """Such an API as a backend's format.

    write_parts(request, context) → the bodies to send, at least one. read_part(body, headers, context) → the neutral
    reply of one; raises BackendFailure for an error inside a 200, and may run into MISSHAPEN (reply_shape.py).
    read_error: as in `BackendDialect`.
    """

    write_parts: Callable[[Any, RequestContext], list[NativeBody]]
    read_part: Callable[[bytes, Mapping[str, str], ReplyContext], Any]
    read_error: Callable[[int, Mapping[str, str], bytes], BackendFailure]


class PartedReply:
    """The replies of one request's parts. `keep_part` for each but the last, `whole` for that one."""

    def __init__(
        self, backend: PartedBackend, client: PartedClient, request: Any, context: ReplyContext, facts: ReplyFacts
    ) -> None:
        self._backend = backend
        self._client = client
        self._request = request
        self._context = context
        self._facts = facts
        self._kept: list[Any] = []
        self._fed: list[bytes] = []
        self.headers: Mapping[str, str] = {}
        self.failure: BackendFailure | None = None
        self.opened = False  # the client gets nothing before all is there
        self.finish_reason = ""
        self.response_object: dict[str, Any] | None = None  # nothing that can be asked for again

    @property
    def kept(self) -> int:
        """How many parts have their reply."""
        return len(self._kept)

    @property
    def usage(self) -> Usage | None:
        return self._client.sum_usage(self._kept)

    @property
    def reply_model(self) -> str:
        return next((part.model for part in self._kept if part.model), "")

    def keep_part(self, body: bytes) -> None:
        """Read the reply of one part. Raises BackendFailure (and keeps it in `failure`) for one that is none."""
        try:
            reply = self._backend.read_part(body, self.headers, self._context)
            self._kept.append(self._client.write_part(self._request, reply))
        except BackendFailure as failure:
            self.failure = failure
            raise
        except MISSHAPEN as error:
            self.failure = garbled(error)
            raise self.failure from None

    def whole(self, body: bytes) -> bytes:
        """The last part's reply → the client's whole body. Raises BackendFailure as `keep_part` does."""
        self.keep_part(body)
        try:
            return encode(self._client.write_body(self._request, self._kept, self._facts))
        except BackendFailure as failure:
            self.failure = failure
            raise

    def feed(self, data: bytes) -> bytes:
        """A body that comes in pieces: nothing goes on before its end."""
        self._fed.append(data)
        return b""

    def finish(self, broken: str = "") -> bytes:
        """The end of such a body; an error takes the place of one that broke off."""
        try:
            if broken:
                raise BackendFailure(broken, code="stream_cut")
            return self.whole(b"".join(self._fed))
        except BackendFailure as failure:
            self.failure = failure
            return encode(write_error(failure))
