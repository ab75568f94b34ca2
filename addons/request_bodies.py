"""A client's body: how large it may be, whatever its head says of it, and its Content-Encoding undone.

What streams on to a backend (files, uploads) is held to mitmproxy's option `body_size_limit` alone; what is read whole
to `server.max_body_bytes` too, unless that option says otherwise: by the length that is announced, while it comes, and
unpacked.
"""

from __future__ import annotations

from collections.abc import Callable

from mitmproxy import http
from mitmproxy.utils import human

from proapi_translate import ClientFault

from .answers import Answers
from .attempt import attempt_of
from .content_decoders import DecodingFault, TooMuch, decode_whole
from .exchange import Exchange, exchange_of

# Without any limit of the user's, what a small compressed body may unpack to.
_UNPACKED_LIMIT_BYTES = 256 * 1024 * 1024


class RequestBodies:
    """`limit_bytes()`: what `body_size_limit` says; 0: nothing."""

    def __init__(self, answers: Answers, limit_bytes: Callable[[], int]) -> None:
        self._answers = answers
        self._limit_bytes = limit_bytes

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        exchange, attempt = exchange_of(flow), attempt_of(flow)
        if exchange is None or exchange.answered or attempt is None:
            return
        limit = self._limit_bytes()
        if exchange.endpoint.is_read_whole:
            limit = limit or exchange.snapshot.settings.server.max_body_bytes
            attempt.request_grew = lambda size: self._check(flow, exchange, size)
        exchange.body_limit_bytes = limit
        length = flow.request.headers.get("content-length", "")
        if length.isdigit():
            self._check(flow, exchange, int(length))

    def _check(self, flow: http.HTTPFlow, exchange: Exchange, size: int) -> None:
        limit = exchange.body_limit_bytes
        if limit and size > limit and not exchange.answered:
            self._answers.give_fault(flow, exchange, _too_large(limit))


def read_body(flow: http.HTTPFlow, limit_bytes: int) -> bytes:
    """The body of a request that has arrived whole. `limit_bytes`: 0 for none. Raises ClientFault 400 and 413."""
    body = flow.request.raw_content or b""
    encoding = flow.request.headers.get("content-encoding", "")
    if not encoding:
        return body
    try:
        return decode_whole(encoding, body, limit_bytes or _UNPACKED_LIMIT_BYTES)
    except TooMuch as fault:
        raise _too_large(limit_bytes or _UNPACKED_LIMIT_BYTES) from fault
    except DecodingFault as fault:
        raise ClientFault(f"The request's body cannot be read: {fault}.", code="invalid_body") from fault


def _too_large(limit_bytes: int) -> ClientFault:
    limit = human.pretty_size(limit_bytes)
    return ClientFault(f"The request's body is larger than the limit of {limit}.", status=413, code="request_too_large")
