"""The limits of a head in HTTP/1: mitmproxy has none, and would keep one that never ends in memory.

Also of what a client sends ahead while its request is being answered, which waits until the answer is over. HTTP/2's
heads are limited to 64 KB by the h2 library.

Private names used, the same in 11.0.2 and 12.3: `Http1Connection.buf`, `.stream_id`; `Http1Client.read_headers`.
"""

from __future__ import annotations

import re

from h11._receivebuffer import ReceiveBuffer
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layer import CommandGenerator
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import ResponseProtocolError
from mitmproxy.proxy.layers.http._http1 import Http1Client

HEAD_LIMIT_BYTES = 64 * 1024
HEAD_LIMIT_FIELDS = 500  # each look-up of a header reads all of them
AHEAD_LIMIT_BYTES = 1024 * 1024
_END_OF_HEAD = re.compile(rb"\n\r?\n")


def head_is_too_long(received: ReceiveBuffer) -> bool:
    """Of what has been received since the last message ended, with or without the end of the head."""
    if len(received) < HEAD_LIMIT_FIELDS:
        return False
    data = bytes(received).lstrip(b"\r\n")
    end = _END_OF_HEAD.search(data)
    head = data[: end.start()] if end else data
    return len(head) > HEAD_LIMIT_BYTES or head.count(b"\n") > HEAD_LIMIT_FIELDS


class LimitedHttp1Client(Http1Client):
    """The side towards a backend."""

    def read_headers(self, event: events.ConnectionEvent) -> CommandGenerator[None]:
        waits = self.request is not None and self.stream_id is not None
        if waits and isinstance(event, events.DataReceived) and head_is_too_long(self.buf):
            assert self.stream_id is not None
            yield commands.CloseConnection(self.conn)
            why = f"Received a head of more than {HEAD_LIMIT_BYTES} bytes or {HEAD_LIMIT_FIELDS} lines from server."
            yield ReceiveHttp(ResponseProtocolError(self.stream_id, why, ResponseProtocolError.code))
        else:
            yield from super().read_headers(event)
