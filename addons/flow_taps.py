"""The taps of the flow log that must be there before others change what they tap: the client's head, each attempt's
request, and a backend's reply as it came. They write on the tape that `flow_recorder.py` hands in to the log.

Nothing is recorded, and no tape made, unless the admin is on (`server.admin_server`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mitmproxy import http

from proapi_gateway.flow_log.records import Side
from proapi_gateway.settings import ServerSettings

from .attempt import attempt_of
from .exchange import Exchange, exchange_of
from .flow_tape import Strip, Tape
from .hidden_headers import Fields, sent_fields
from .secret_redaction import hide_headers, hide_query, secrets_of_headers

_FIRST_ERROR_STATUS = 400
_NO_BODIES = "none"
_ENCODING = "content-encoding"


class FlowTaps:
    """`records(server)`: are flows that start with these settings recorded?"""

    def __init__(self, records: Callable[[ServerSettings], bool]) -> None:
        self._records = records

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        exchange = exchange_of(flow)
        if exchange is None or not self._records(exchange.snapshot.settings.server):
            return
        tape = make_tape(exchange)
        exchange.tape = tape
        tape.path = hide_query(flow.request.path)
        pairs = _readable(flow.request.headers.fields)
        tape.client_program = _value(pairs, "user-agent")
        strip = tape.strips[Side.CLIENT_REQUEST]
        strip.head, strip.encoding = _request_head(flow.request, pairs), _value(pairs, _ENCODING)

    def request(self, flow: http.HTTPFlow) -> None:
        """The client's body is whole. Not kept: one that is streamed on, and that of somebody without a token."""
        exchange = exchange_of(flow)
        if exchange is None or exchange.tape is None or exchange.client is None or flow.request.raw_content is None:
            return
        exchange.tape.strips[Side.CLIENT_REQUEST].take(flow.request.raw_content)

    def proapi_attempt(self, flow: http.HTTPFlow) -> None:
        exchange, attempt = exchange_of(flow), attempt_of(flow)
        if exchange is None or exchange.tape is None or exchange.sent is None or attempt is None:
            return
        tape = exchange.tape
        tap_request(flow, exchange, tape)
        backend = flow.response
        if backend is None:
            return
        strip = tape.strips[Side.BACKEND_REPLY]
        if not strip.head:
            take_head(strip, backend)
        if backend.status_code >= _FIRST_ERROR_STATUS:
            strip.take(backend.raw_content or b"")
        elif attempt.held:
            strip.time_held(attempt.held, tape.now_ms())

    def response(self, flow: http.HTTPFlow) -> None:
        """A whole reply that is not translated yet."""
        exchange = exchange_of(flow)
        if exchange is None or exchange.tape is None or exchange.answered or flow.response is None:
            return
        if not flow.response.stream:
            exchange.tape.strips[Side.BACKEND_REPLY].take(flow.response.raw_content or b"")


def make_tape(exchange: Exchange) -> Tape:
    server = exchange.snapshot.settings.server
    loop = asyncio.get_running_loop()
    started_s = exchange.started_s
    limit_bytes = 0 if server.log_bodies == _NO_BODIES else server.log_body_bytes
    return Tape(limit_bytes, lambda: round((loop.time() - started_s) * 1000))


def tap_request(flow: http.HTTPFlow, exchange: Exchange, tape: Tape) -> None:
    """The request of the attempt that runs, once."""
    sent = exchange.sent
    if sent is None or tape.attempt is sent or not tape.turn_to(sent):
        return
    pairs = _readable(sent_fields(flow.request))
    tape.secrets.update((*exchange.secrets, *secrets_of_headers(pairs)))
    if exchange.is_cache_hit:
        return  # nothing has been sent
    strip = tape.strips[Side.SENT_REQUEST]
    strip.head = _request_head(flow.request, pairs)
    strip.take(flow.request.raw_content or b"")


def _request_head(request: http.Request, pairs: list[tuple[str, str]]) -> dict[str, object]:
    url = hide_query(_valid(request.url))
    return {"method": _valid(request.method), "url": url, "headers": hide_headers(pairs)}


def take_head(strip: Strip, response: http.Response) -> None:
    pairs = _readable(response.headers.fields)
    strip.head = {"status": response.status_code, "headers": hide_headers(pairs)}
    strip.encoding = _value(pairs, _ENCODING)


def _readable(fields: Fields) -> list[tuple[str, str]]:
    """All of them, in order. What is no UTF-8 is none in the log either: nobody sends it on from there."""
    return [(name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in fields]


def _valid(text: str) -> str:
    """mitmproxy's texts of bytes that are no UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _value(pairs: list[tuple[str, str]], wanted: str) -> str:
    """Of one header; mitmproxy's own look-up decodes all of them each time."""
    return next((value for name, value in pairs if name.lower() == wanted), "")
