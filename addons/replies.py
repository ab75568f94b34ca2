"""The replies: a backend's reply that stands, on its way to the client, and the end of every exchange."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from mitmproxy import http

from proapi_gateway.flow_summary import FlowSummary
from proapi_translate import OwnFault, ReplyTranslator, render_error

from .attempt import attempt_of
from .attempt_ends import end_last
from .content_decoders import decode_whole
from .exchange import Exchange, Sent, exchange_of
from .flow_endings import client_left, summary_of
from .open_exchanges import OpenExchanges
from .reply_headers import STREAM_HEADERS, keep_from_backend, own_headers
from .reply_opening import UNPACKED_LIMIT_BYTES
from .secret_redaction import scrub
from .untyped_mitmproxy import header_pairs
from .upgraded_connection import SWITCHING_PROTOCOLS, EndedSession
from .websocket_upgrade import forget_handshake, upgrade_reply_headers

logger = logging.getLogger(__name__)

_CHUNKED = {"transfer-encoding": "chunked"}  # dropped by mitmproxy for HTTP/2 clients
_WITHOUT_BODY = frozenset({SWITCHING_PROTOCOLS, 204, 304})


class Replies:
    """`now()`: the event loop's clock, in seconds. `tell_end`: who is told of each flow that is over."""

    def __init__(
        self,
        open_exchanges: OpenExchanges,
        now: Callable[[], float],
        tell_end: Sequence[Callable[[FlowSummary], object]] = (),
    ) -> None:
        self._open_exchanges = open_exchanges
        self._now = now
        self._tell_end = tell_end

    # -- hooks -------------------------------------------------------------------------------------------------------
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        exchange = exchange_of(flow)
        if exchange is None or exchange.answered or flow.response is None or exchange.sent is None:
            return
        try:
            if exchange.sent.reply is None:
                self._pass_on(flow, exchange, flow.response)
            else:
                self._translate_head(flow, exchange, flow.response, exchange.sent)
        except Exception:  # wide: mitmproxy would only log it and give out the backend's own bytes
            logger.exception("%s: a reply's headers could not be translated", exchange.id)
            self._give_own_fault(flow, exchange, flow.response)
        if flow.response.stream:
            exchange.first_piece_s = self._now()
            exchange.media = {}
            exchange.body = b""  # nobody else will be tried: a stream may last for minutes, and the body is large
        if exchange.sent.use is not None:
            exchange.sent.use.replied()

    def response(self, flow: http.HTTPFlow) -> None:
        exchange = exchange_of(flow)
        if exchange is None or flow.response is None:
            return
        # HTTP/1 clients of an HTTP/2 backend: mitmproxy cannot write trailers, and crashes
        flow.response.trailers = None
        sent = exchange.sent
        if exchange.answered or sent is None or sent.reply is None or sent.head is None:
            pass  # ours, or passed on as it is
        elif not sent.head.streaming:
            self._translate_whole(flow.response, exchange, sent, sent.reply)
        if flow.response.status_code == SWITCHING_PROTOCOLS and not exchange.answered:
            self._let_session_live(exchange)
        else:
            self._end(flow, exchange)

    def proapi_upgrade_end(self, session: EndedSession) -> None:
        exchange = exchange_of(session.flow)
        if exchange is not None:
            carried = f"{session.client_bytes} bytes up, {session.backend_bytes} down"
            self._end(session.flow, exchange, carried)

    def error(self, flow: http.HTTPFlow) -> None:
        exchange = exchange_of(flow)
        if exchange is not None:
            self._end(flow, exchange)

    # -- replies that stand ------------------------------------------------------------------------------------------
    def _pass_on(self, flow: http.HTTPFlow, exchange: Exchange, backend: http.Response) -> None:
        """A path that is not translated: status and body as they are."""
        headers = keep_from_backend(header_pairs(backend.headers), raw_body=True)
        if exchange.keeps_alive and "content-length" not in headers and backend.status_code not in _WITHOUT_BODY:
            headers |= _CHUNKED
        if backend.status_code == SWITCHING_PROTOCOLS:
            headers |= upgrade_reply_headers(backend.headers)
            forget_handshake(flow.request)
        flow.response = self._new_response(exchange, backend, backend.status_code, headers)
        flow.response.stream = True  # no callable: of one the layer believes that it tells the client of a cut

    def _let_session_live(self, exchange: Exchange) -> None:
        """A session lives as long as its two sides want: no deadline of a reply is about it. It stays open for us."""
        if exchange.clock is not None:
            exchange.clock.stop()

    def _translate_head(self, flow: http.HTTPFlow, exchange: Exchange, backend: http.Response, sent: Sent) -> None:
        if sent.head is None:
            raise OwnFault("a reply that was not opened")
        kept = {**keep_from_backend(header_pairs(backend.headers)), **sent.head.headers}
        if sent.adapter is None:
            kept["content-encoding"] = backend.headers.get("content-encoding", "")  # undone when all is there
            flow.response = self._new_response(exchange, backend, sent.head.status, kept)
            return
        kept |= STREAM_HEADERS
        if exchange.keeps_alive:
            kept |= _CHUNKED
        flow.response = self._new_response(exchange, backend, sent.head.status, kept)
        flow.response.stream = sent.adapter

    def _new_response(
        self, exchange: Exchange, backend: http.Response, status: int, headers: dict[str, str]
    ) -> http.Response:
        """A response of our own. The backend's stays as it came: mitmproxy reads from it how long it is and whether
        its connection can be used again."""
        response = http.Response.make(status)
        response.data.content = None
        response.headers = http.Headers(
            (name.encode(), value.encode("utf-8", "surrogateescape"))
            for name, value in {**headers, **own_headers(exchange, self._now())}.items()
        )
        response.timestamp_start = backend.timestamp_start
        return response

    def _give_own_fault(self, flow: http.HTTPFlow, exchange: Exchange, backend: http.Response) -> None:
        """It is too late for an answer of our own (`Verdict.ANSWER`): the backend's body is swallowed as it comes."""
        rendered = render_error(OwnFault("translation failed"), exchange.id)
        headers = {**rendered.headers, "content-length": str(len(rendered.body))}
        flow.response = self._new_response(exchange, backend, rendered.status, headers)
        flow.response.stream = lambda data: [] if data else [rendered.body]
        exchange.answered = True

    def _translate_whole(self, response: http.Response, exchange: Exchange, sent: Sent, reply: ReplyTranslator) -> None:
        try:
            encoding = response.headers.pop("content-encoding", "")
            if sent.whole is None:  # it was too long to be held until it stood
                body = decode_whole(encoding, response.raw_content or b"", UNPACKED_LIMIT_BYTES)
                sent.whole = reply.whole(body)
            response.content, sent.whole = sent.whole, None
            exchange.keep_response(whole=True)
            response.status_code = reply.status
        except Exception:  # wide: mitmproxy would only log it and give out the backend's own body
            logger.exception("%s: a reply could not be translated", exchange.id)
            rendered = render_error(OwnFault("translation failed"), exchange.id)
            response.content, response.status_code = rendered.body, rendered.status
        if response.status_code >= 400 and response.raw_content:
            response.content = scrub(response.raw_content, exchange.secrets)

    def _end(self, flow: http.HTTPFlow, exchange: Exchange, carried: str = "") -> None:
        if exchange.clock is not None:
            exchange.clock.stop()
        exchange.body, exchange.media = b"", {}
        self._end_attempt(flow, exchange)
        self._open_exchanges.end(exchange)
        if exchange.client is not None and exchange.sent is not None and exchange.sent.reply is not None:
            exchange.snapshot.thoughts.keep(exchange.client.token.label, exchange.sent.reply.thoughts_by_call)
        summary = summary_of(flow, exchange, self._now(), carried)
        for tell in self._tell_end:
            tell(summary)

    def _end_attempt(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Of the attempt that served the client, or that was running when it left."""
        attempt = attempt_of(flow)
        told = flow.error.msg if flow.error else ""
        left = told or "the client left" if client_left(flow) else ""
        broken = attempt.broken if attempt is not None else ""
        status = flow.response.status_code if flow.response else None
        end_last(exchange, status, broken or told, left, self._now())
