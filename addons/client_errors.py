"""The errors that mitmproxy itself gives a client, as OpenAI's JSON object in place of its HTML page.

Two places of mitmproxy make the page: its HTTP/1 server (a request it cannot read, any failed flow) and its HTTP/2
server (any failed flow). `json_error_server` gives the one that fits the client; `FailoverHttpLayer` puts it in.

    POST /v1/files, longer than body_size_limit
    → 413 {"error": {"message": "Request body exceeds mitmproxy's body_size_limit.", "type": "invalid_request_error",
                     "param": null, "code": null}}

Private names used, the same in 11.0.2 and 12.3: `Http1Server.send`, `.read_headers`, `.wait`, `.done`;
`Http2Server._handle_event`, `.is_open_for_us`, `.h2_conn.streams[…].state_machine.headers_sent`. Different:
`ResponseProtocolError.code` is an HTTP status in 11 (444: say nothing) and an `ErrorCode` in 12. HTTP/3 clients still
get the page.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

from mitmproxy import http
from mitmproxy.connection import ConnectionState
from mitmproxy.net.http import http1, status_codes
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._base import HttpEvent
from mitmproxy.proxy.layers.http._events import (
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
)
from mitmproxy.proxy.layers.http._http1 import Http1Connection, Http1Server
from mitmproxy.proxy.layers.http._http2 import Http2Connection, Http2Server

from .head_limits import AHEAD_LIMIT_BYTES, HEAD_LIMIT_BYTES, HEAD_LIMIT_FIELDS, head_is_too_long

_MESSAGE_IN_PAGE = re.compile(rb"<p>(.*)</p>", re.DOTALL)
_FIRST_SERVER_ERROR = 500
_HEAD_TOO_LONG = 431  # RFC 6585, 5


def json_error(status: int, message: str) -> http.Response:
    """(502, "refused") → a 502 with {"error": {"message": "refused", "type": "upstream_error", …}}."""
    kind = "invalid_request_error" if status < _FIRST_SERVER_ERROR else "upstream_error"
    body = json.dumps({"error": {"message": message, "type": kind, "param": None, "code": None}}).encode()
    return http.Response.make(status, body, {"content-type": "application/json"})


def json_error_server(context: Context) -> Http1Connection | Http2Connection | None:
    """The server side of the client's connection; None for a protocol that is left as it is (HTTP/3)."""
    alpn = context.client.alpn or b""
    if alpn.startswith(b"h3"):
        return None
    return JsonErrorHttp2Server(context) if alpn == b"h2" else JsonErrorHttp1Server(context)


class JsonErrorHttp1Server(Http1Server):
    def send(self, event: HttpEvent) -> layer.CommandGenerator[None]:
        status = _status_to_answer(event)
        if status and not self.response and self.conn.state & ConnectionState.CAN_WRITE:
            yield commands.SendData(self.conn, self._closing_error(status, getattr(event, "message", "")))
            yield commands.CloseConnection(self.conn)
        else:
            yield from super().send(event)

    def read_headers(self, event: events.ConnectionEvent) -> layer.CommandGenerator[None]:
        if isinstance(event, events.DataReceived) and head_is_too_long(self.buf):
            why = f"The request's head is longer than {HEAD_LIMIT_BYTES} bytes or {HEAD_LIMIT_FIELDS} lines."
            yield commands.SendData(self.conn, self._closing_error(_HEAD_TOO_LONG, why))
            yield commands.CloseConnection(self.conn)
            self.state = self.done
            return
        # All that this state ever sends is the page about a request that could not be read.
        for command in super().read_headers(event):
            if isinstance(command, commands.SendData):
                page = _MESSAGE_IN_PAGE.search(command.data)
                message = html.unescape(page[1].decode("utf8", "replace")) if page else "Bad request"
                command.data = self._closing_error(status_codes.BAD_REQUEST, message)
            yield command

    def wait(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, events.DataReceived) and len(self.buf) > AHEAD_LIMIT_BYTES:
            event = events.ConnectionClosed(self.conn)  # hung up on, as if it had left
        yield from super().wait(event)

    def _closing_error(self, status: int, message: str) -> bytes:
        reply = json_error(status, message)
        reply.headers["connection"] = "close"
        to_head = self.request is not None and self.request.method == "HEAD"
        assemble: Callable[[http.Response], bytes] = (
            http1.assemble_response_head if to_head else http1.assemble_response
        )
        return assemble(reply)


class JsonErrorHttp2Server(Http2Server):
    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        status = _status_to_answer(event)
        if status and isinstance(event, ResponseProtocolError) and self._may_still_answer(event.stream_id):
            reply = json_error(status, event.message)
            yield from super()._handle_event(ResponseHeaders(event.stream_id, reply))
            yield from super()._handle_event(ResponseData(event.stream_id, reply.content or b""))
            yield from super()._handle_event(ResponseEndOfMessage(event.stream_id))
        else:
            yield from super()._handle_event(event)

    def _may_still_answer(self, stream_id: int) -> bool:
        return self.is_open_for_us(stream_id) and not self.h2_conn.streams[stream_id].state_machine.headers_sent


def _status_to_answer(event: events.Event) -> int | None:
    """The status of an error that the client is to be told; None for anything else."""
    if not isinstance(event, ResponseProtocolError):
        return None
    code: Any = event.code
    if isinstance(code, int):  # mitmproxy 11
        return None if code == status_codes.NO_RESPONSE else code
    status: int | None = code.http_status_code()
    return status
