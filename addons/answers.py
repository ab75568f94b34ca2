"""Answers that we give ourselves: no backend's reply, but a whole `http.Response` put into the flow's attempt."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping

from mitmproxy import http

from proapi_translate import ClientFault, OwnFault, ProapiError, render_error

from .attempt import Verdict, attempt_of
from .exchange import Exchange
from .reply_headers import own_headers
from .secret_redaction import scrub

logger = logging.getLogger(__name__)


class Answers:
    """`now()`: the event loop's clock, in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def give(
        self, flow: http.HTTPFlow, exchange: Exchange, status: int, headers: Mapping[str, str], body: bytes
    ) -> None:
        """End the exchange with this answer, whatever state the flow is in before its reply has begun."""
        response = http.Response.make(status, body, {**headers, **own_headers(exchange, self._now())})
        if exchange.method == "HEAD":
            # An HTTP/2 client takes a body after HEAD for a protocol error; the length stays the one of GET.
            response.data.content = b""
        attempt = attempt_of(flow)
        if attempt is None:
            raise OwnFault("an exchange without an attempt")
        attempt.answer = response
        attempt.verdict = Verdict.ANSWER
        exchange.answered = True

    def give_json(self, flow: http.HTTPFlow, exchange: Exchange, value: object, status: int = 200) -> None:
        self.give(flow, exchange, status, {"content-type": "application/json"}, _write_json(value))

    def give_fault(self, flow: http.HTTPFlow, exchange: Exchange, fault: ProapiError) -> None:
        """A fault in the client's own form of error. A bug of ours is in the log already when this is called."""
        rendered = render_error(fault, exchange.id)
        body = rendered.body
        if exchange.sent is not None:  # its words may be a backend's
            body = scrub(body, exchange.secrets)
        if isinstance(fault, ClientFault):
            logger.info("%s refused: %d %s", exchange.id, rendered.status, fault.code or fault.type)
        else:
            logger.warning("%s failed: %d %s", exchange.id, rendered.status, body.decode("utf-8", "replace"))
        self.give(flow, exchange, rendered.status, rendered.headers, body)


def _write_json(value: object) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half a surrogate pair, as a stored reply may have it: an escape says it
        return json.dumps(value, separators=(",", ":")).encode()
