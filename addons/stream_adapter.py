"""The callable that mitmproxy streams a reply's body through: backend bytes in, client bytes out.

mitmproxy's traps, all measured on 11.0.2 and 12.3.1, that this one place keeps away:
- `b""` for a piece ends an HTTP/1 body: nothing to send is `[]`, never `b""`;
- an exception loses the piece and goes on, and on the last call hangs the client: none may leave;
- each piece that is returned is one send: what one call produces goes out as one;
- the bytes come as they are on the wire: a Content-Encoding is still in them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from .content_decoders import Decoder, DecodingFault

logger = logging.getLogger(__name__)


class ReplyStream(Protocol):
    """What `proapi_translate.ReplyTranslator` offers for a stream."""

    def feed(self, data: bytes) -> bytes: ...
    def finish(self, broken: str = "") -> bytes: ...
    @property
    def failure(self) -> object | None: ...


class StreamAdapter:
    """Called with each piece and once with `b""` at the end; gives `[bytes]` or `[]`.

    `broken()`: at the end, why the backend broke off; "" when it ended well. `last_words(error)`: the client's own
    form of "our fault", sent when something here fails; after it the stream is over for the client. `scrub(bytes)`:
    without secrets; only what tells of a failure goes through it, for some backends repeat the key that they refuse.
    `piece_made()`: called when a piece has been read, before what it makes is sent; it must not raise.
    """

    def __init__(
        self,
        reply: ReplyStream,
        decoder: Decoder,
        *,
        broken: Callable[[], str],
        last_words: Callable[[Exception], bytes],
        scrub: Callable[[bytes], bytes],
        piece_made: Callable[[], None] = lambda: None,
    ) -> None:
        self._reply = reply
        self._decoder = decoder
        self._broken = broken
        self._last_words = last_words
        self._scrub = scrub
        self._piece_made = piece_made
        self._over = False
        self._ahead: list[bytes] = []  # what came of the bytes that were taken ahead
        self._ahead_bytes = 0

    def __call__(self, data: bytes) -> list[bytes]:
        unknown = data[self._ahead_bytes :]  # what was taken ahead comes once more
        self._ahead_bytes = max(self._ahead_bytes - len(data), 0)
        ahead, self._ahead = self._ahead, []
        pieces = ahead + (self._adapt(unknown) if unknown or not data else [])
        return [b"".join(pieces)] if pieces else []

    def take_ahead(self, data: bytes) -> None:
        """A piece, or the end (b""), before the reply stands: what it makes is kept until the piece is streamed."""
        self._ahead_bytes += len(data)
        self._ahead += self._adapt(data)

    def _adapt(self, data: bytes) -> list[bytes]:
        if self._over:
            return []
        try:
            out = self._take(data) if data else self._end(self._broken())
        except DecodingFault as fault:
            out = self._end(str(fault), flush=False)
        except Exception as error:  # wide: see the second trap above; the log has it and the client is told
            logger.exception("a reply could not be translated while it streamed")
            self._over = True
            out = self._last_words(error)
        self._piece_made()
        if out and self._reply.failure is not None:
            out = self._scrub(out)
        return [out] if out else []

    def _take(self, data: bytes) -> bytes:
        decoded = self._decoder.decode(data)
        return self._reply.feed(decoded) if decoded else b""

    def _end(self, broken: str, flush: bool = True) -> bytes:
        self._over = True
        rest = self._decoder.flush() if flush else b""
        return (self._reply.feed(rest) if rest else b"") + self._reply.finish(broken)
