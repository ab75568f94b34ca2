"""One exchange in the failover layer: keeps a reply back until the verdict, then releases it, drops it or replaces it.

The reply's events wait in `_reply` while mitmproxy's own state machine stands in `state_wait_for_response_headers`;
once they are released it runs as if nothing had happened. Private names and traps: see `failover_layer.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mitmproxy import flow as mitmproxy_flow
from mitmproxy import http
from mitmproxy.connection import Connection, Server
from mitmproxy.net.http.http1 import expected_http_body_size
from mitmproxy.net.http.validate import validate_headers
from mitmproxy.proxy import events
from mitmproxy.proxy.layer import CommandGenerator
from mitmproxy.proxy.layers.http import SendHttp
from mitmproxy.proxy.layers.http._events import (
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestProtocolError,
    RequestTrailers,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
)
from mitmproxy.utils import human

from .addressed_stream import ReplyEvent
from .answering_stream import AnsweringStream
from .attempt import Attempt, AttemptHook, Verdict, attempt_of
from .upgraded_connection import SWITCHING_PROTOCOLS, UpgradedConnection

_FIRST_ERROR_STATUS = 400
_TOO_LARGE = "Response body exceeds mitmproxy's body_size_limit."


@dataclass
class AbortAttempt(events.MessageInjected[str]):
    """End attempt `number` of `flow` because of `message`. Finds its way as an injected WebSocket message does."""

    number: int


class FailoverStream(AnsweringStream):
    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, AbortAttempt):
            yield from self._address(self._abort(event))
        else:
            yield from super()._handle_event(event)

    def passthrough(self, event: events.Event) -> CommandGenerator[None]:
        if not (isinstance(event, AbortAttempt) and event.flow is self.flow):  # a WebSocket has no attempt left
            yield from super().passthrough(event)

    def waits_on(self, connections: Collection[Connection]) -> bool:
        """The request is on its way there, and nothing has come back."""
        waits = self.server_state == self.state_wait_for_response_headers and not self._reply and not self._paused
        return waits and self._upstream_id is not None and self.context.server in connections

    def lost_upstream(self) -> ResponseProtocolError:
        return ResponseProtocolError(self._upstream_id or 0, "server closed connection", ResponseProtocolError.code)

    def end_of_reply(self) -> ResponseEndOfMessage:
        return ResponseEndOfMessage(self._upstream_id or 0)

    # ---- The way up.

    def make_server_connection(self) -> CommandGenerator[bool]:
        attempt = attempt_of(self.flow)
        if attempt and attempt.verdict is Verdict.ANSWER and attempt.answer:
            yield from self._answer(attempt, attempt.answer)
            return False
        if attempt and attempt.unaddressed:
            yield from self._give_up(attempt, "the request was addressed to nobody")
            return False
        for queued in self._paused_event_queue:
            if attempt and isinstance(queued, AbortAttempt) and queued.number == attempt.number:
                yield from self._give_up(attempt, queued.message)  # came while a hook ran
                return False
        if not (yield from super().make_server_connection()):
            return False
        if attempt is None:
            return True
        self._frame_body()
        # mitmproxy sends the request even if the client left while we connected.
        return not (yield from self.check_killed(True))

    def _frame_body(self) -> None:
        """A body from HTTP/2 may come without a length; an HTTP/1 backend would take it for the next request."""
        request = self.flow.request
        framed = "content-length" in request.headers or "transfer-encoding" in request.headers
        if framed or self.context.server.alpn == b"h2":
            return
        if self.client_state != self.state_done:
            request.headers["transfer-encoding"] = "chunked"
        elif request.raw_content:
            request.headers["content-length"] = str(len(request.raw_content))

    def _send_request(self) -> CommandGenerator[None]:
        if not (yield from self.make_server_connection()):
            return
        request, server = self.flow.request, self.context.server
        body, trailers = request.raw_content, request.trailers
        yield SendHttp(RequestHeaders(self.stream_id, request, end_stream=not (body or trailers)), server)
        if body:
            yield SendHttp(RequestData(self.stream_id, body), server)
        if trailers:
            yield SendHttp(RequestTrailers(self.stream_id, trailers), server)
        yield SendHttp(RequestEndOfMessage(self.stream_id), server)

    # ---- The reply.

    def _receive(self, event: ReplyEvent) -> CommandGenerator[None]:
        attempt = attempt_of(self.flow)
        if attempt and isinstance(event, ResponseEndOfMessage):
            attempt.ended = True
        elif attempt and isinstance(event, ResponseData):
            attempt.piece_came(len(event.data))
        undecided = self.server_state == self.state_wait_for_response_headers
        if attempt is None or isinstance(event, ResponseProtocolError) or not undecided:
            yield from super()._receive(event)
        elif not self._is_over:
            self._reply.append(event)
            yield from self._consider(attempt, event)

    def _consider(self, attempt: Attempt, event: ReplyEvent) -> CommandGenerator[None]:
        if isinstance(event, ResponseHeaders):
            self.flow.response = event.response
            if fault := self._fault_of(event.response):
                yield from self._give_up(attempt, fault)
                return
        elif isinstance(event, ResponseData):
            attempt.held.append(event.data)
            self._held_bytes += len(event.data)
        assert self.flow.response
        complete = attempt.ended or self._held_bytes >= attempt.hold_limit_bytes
        if self.flow.response.status_code >= _FIRST_ERROR_STATUS:
            if not complete:
                return
            self.flow.response.data.content = b"".join(attempt.held)
        elif attempt.hold_whole and not complete:
            return
        replaced = yield from self._decide(attempt, failure=None)
        if not replaced and (complete or not attempt.hold):
            yield from self._release(attempt)

    def _fault_of(self, response: http.Response) -> str:
        """What mitmproxy refuses with a page of its own, if it gets as far."""
        options = self.context.options
        try:
            if options.validate_inbound_headers:
                validate_headers(response)
            size = expected_http_body_size(self.flow.request, response) or 0
        except ValueError as fault:
            return f"Received {fault} from server."
        limit = human.parse_size(options.body_size_limit)
        return _TOO_LARGE if limit is not None and size > limit else ""

    def _release(self, attempt: Attempt) -> CommandGenerator[None]:
        """The reply stands: mitmproxy's own code gets it from its first event on."""
        assert self.flow.response
        self.flow.response.data.content = None
        attempt.held.clear()
        while self._reply:
            yield from super()._receive(self._reply.popleft())

    def check_body_size(self, request: bool) -> CommandGenerator[bool]:
        """Of our own flows, the option stream_large_bodies streams none: they would pass untranslated."""
        attempt = attempt_of(self.flow)
        if attempt is None:
            return (yield from super().check_body_size(request))
        if request:
            answered_before = attempt.verdict is Verdict.ANSWER  # by its headers: that answer goes its own way
            attempt.request_grew(len(self.request_body_buf))
            if attempt.verdict is Verdict.ANSWER and attempt.answer and not answered_before:
                self.request_body_buf.clear()  # type: ignore[no-untyped-call]
                yield from self._answer(attempt, attempt.answer)
                return True
        limit = human.parse_size(self.context.options.body_size_limit)
        if limit is None or len(self.request_body_buf if request else self.response_body_buf) <= limit:
            return False
        if request:
            return (yield from super().check_body_size(True))
        yield from self._give_up(attempt, _TOO_LARGE)
        return True

    def flow_done(self) -> CommandGenerator[None]:
        """After a 101, mitmproxy would read what follows as WebSocket messages: of our own flows it goes on unread."""
        response = self.flow.response
        if attempt_of(self.flow) is None or response is None or response.status_code != SWITCHING_PROTOCOLS:
            yield from super().flow_done()
            return
        self.child_layer = UpgradedConnection(self.context, self.flow)
        self._handle_event = self.passthrough  # type: ignore[method-assign]  # as mitmproxy does
        yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)  # now the client's bytes are let in

    # ---- The verdict.

    def _decide(self, attempt: Attempt, failure: mitmproxy_flow.Error | None) -> CommandGenerator[bool]:
        """Ask the addons. True: the attempt is replaced, or nobody waits for it any more."""
        if (yield from self.check_killed(True)):
            return True
        attempt.verdict, self.flow.error = Verdict.ACCEPT, failure
        used = self.flow.server_conn
        yield AttemptHook(self.flow)
        if self.flow.error is failure:
            self.flow.error = None  # else a client that left meanwhile would be logged with the backend's failure
        if (yield from self.check_killed(True)):
            return True
        if attempt.verdict is Verdict.RETRY and not self.flow.request.stream:
            yield from self._retry(attempt, used)
            return True
        if attempt.verdict is Verdict.ANSWER and attempt.answer:
            yield from self._answer(attempt, attempt.answer)
            return True
        attempt.verdict = Verdict.ACCEPT
        return False

    def _retry(self, attempt: Attempt, used: Server) -> CommandGenerator[None]:
        yield from self._hang_up(attempt)
        self._forget_reply(attempt)
        attempt.number += 1
        attempt.verdict = Verdict.ACCEPT
        if self.flow.server_conn is used:
            # Else the new backend would be sought behind the old one's HTTP proxy.
            self.flow.server_conn = Server(address=None, via=self._http_layer.context.server.via)
        self.server_state = self.state_wait_for_response_headers
        yield from self._send_request()

    # ---- Failures.

    def _abort(self, event: AbortAttempt) -> CommandGenerator[None]:
        attempt = attempt_of(self.flow)
        if attempt and attempt.number == event.number and not self._is_over:
            yield from self._give_up(attempt, event.message)

    def _give_up(self, attempt: Attempt, why: str) -> CommandGenerator[None]:
        yield from self._hang_up(attempt)
        yield from self.handle_protocol_error(ResponseProtocolError(self.stream_id, why, ResponseProtocolError.code))

    def handle_protocol_error(self, event: RequestProtocolError | ResponseProtocolError) -> CommandGenerator[None]:
        attempt = attempt_of(self.flow)
        if attempt and isinstance(event, RequestProtocolError):
            attempt.client_left = True
            if self._is_awaited() and attempt.drains():
                return  # what is sent to a client that has gone, mitmproxy's servers drop
        if attempt is None or isinstance(event, RequestProtocolError) or self._is_over:
            yield from super().handle_protocol_error(event)
            return
        # A connection that reports broken chunks reports them once more when it closes.
        yield from self._forget_upstream()
        if self.server_state != self.state_stream_response_body:
            self._forget_reply(attempt)
            if (yield from self._decide(attempt, mitmproxy_flow.Error(event.message))):
                return
        elif self._can_end_properly():
            attempt.broken = event.message
            yield from self.state_stream_response_body(ResponseEndOfMessage(self.stream_id))
            return
        else:
            attempt.broken = event.message
        event.code = ResponseProtocolError.code  # of some others the client is told nothing
        yield from super().handle_protocol_error(event)

    def _is_awaited(self) -> bool:
        """All of the request is upstream, and its reply is not all here."""
        return self._upstream_id is not None and self.client_state == self.state_done and not self._is_over

    def _can_end_properly(self) -> bool:
        """With a length announced, or nobody to say that the end is no good one, the client must see the cut."""
        response = self.flow.response
        assert response
        return callable(response.stream) and "content-length" not in response.headers
