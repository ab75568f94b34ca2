"""One exchange that may be answered by ourselves, at any time before its client has got anything from a backend.

A reply that a backend has begun is held in `_reply` until somebody has decided about it (`failover_stream.py`); an
answer of ours replaces it. Private names and traps: see `failover_layer.py`.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from mitmproxy import http
from mitmproxy.net.http import status_codes
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import CommandGenerator
from mitmproxy.proxy.layers.http import SendHttp, _events
from mitmproxy.proxy.layers.http._events import RequestProtocolError, ResponseData, ResponseHeaders

from .addressed_stream import AddressedStream, ReplyEvent
from .attempt import HELD_LIMIT_BYTES, AnswerPieceHook, Attempt, attempt_of

_ERROR_CODES: Any = getattr(_events, "ErrorCode", None)  # not in 11, where a code is an HTTP status
_CANCELLED: Any = _ERROR_CODES.CANCEL if _ERROR_CODES else status_codes.CLIENT_CLOSED_REQUEST


class AnsweringStream(AddressedStream):
    def __init__(self, context: Context, stream_id: int) -> None:
        super().__init__(context, stream_id)
        self._reply: deque[ReplyEvent] = deque()
        self._held_bytes = 0

    @property
    def _is_over(self) -> bool:
        ends = (self.state_done, self.state_errored)
        return self.client_state == self.state_errored or self.server_state in ends

    def _answer(self, attempt: Attempt, answer: http.Response) -> CommandGenerator[None]:
        yield from self._hang_up(attempt)
        self._forget_reply(attempt)
        self.flow.response = answer
        self.client_state = self.state_done  # what is still being uploaded is not waited for
        streamed = attempt.answer_stream is not None
        if self.flow.request.method == "HEAD":
            answer.data.content, streamed = b"", False  # a DATA frame here is a protocol error to an HTTP/2 client
        if streamed:
            yield from self._stream_answer(attempt, answer)
        if not self._is_over:
            yield from self.send_response(already_streamed=streamed)
        self.client_state = self.server_state = self.state_errored  # swallows what is still queued

    def _stream_answer(self, attempt: Attempt, answer: http.Response) -> CommandGenerator[None]:
        if "content-length" not in answer.headers and not self.flow.request.is_http10:
            answer.headers["transfer-encoding"] = "chunked"
        yield SendHttp(ResponseHeaders(self.stream_id, answer), self.context.client)
        while True:
            yield AnswerPieceHook(self.flow)
            if (yield from self.check_killed(True)) or not attempt.next_piece:
                return
            yield SendHttp(ResponseData(self.stream_id, attempt.next_piece), self.context.client)

    def _forget_reply(self, attempt: Attempt) -> None:
        self._reply.clear()
        self._held_bytes = 0
        self.response_body_buf.clear()  # type: ignore[no-untyped-call]
        attempt.held.clear()
        attempt.ended = attempt.hold = attempt.hold_whole = False
        attempt.hold_limit_bytes = HELD_LIMIT_BYTES
        self.flow.response = None

    def _hang_up(self, attempt: Attempt) -> CommandGenerator[None]:
        """An HTTP/1 connection is closed, an HTTP/2 stream reset, unless both sides have said all they had."""
        if not (attempt.ended and self.client_state == self.state_done):
            yield SendHttp(RequestProtocolError(self.stream_id, "given up", _CANCELLED), self.context.server)
        yield from self._forget_upstream()

    def check_killed(self, emit_error_hook: bool) -> CommandGenerator[bool]:
        """As mitmproxy, but it leaves the upstream running."""
        attempt = attempt_of(self.flow)
        if attempt and any(isinstance(event, RequestProtocolError) for event in self._paused_event_queue):
            attempt.client_left = True
        killed = yield from super().check_killed(emit_error_hook)
        if killed and attempt:
            yield from self._hang_up(attempt)
        return killed
