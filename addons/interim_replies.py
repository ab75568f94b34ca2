"""The interim replies of an HTTP/1 backend (100 Continue, 103 Early Hints), dropped.

A client must be able to read them, asked for or not (RFC 9110 §15.2); mitmproxy takes the first one for the reply, and
what follows for garbage. 101 is none of them: with it the connection changes its protocol.

Private names used, the same in 11.0.2 and 12.3: `Http1Connection.buf`, `.request`; `Http1Client.read_headers`.
"""

from __future__ import annotations

import re

from mitmproxy.proxy import events
from mitmproxy.proxy.layer import CommandGenerator

from .head_limits import LimitedHttp1Client

_INTERIM_HEAD = re.compile(rb"HTTP/1\.\d 1(?!01)\d\d\b[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n")


class PatientHttp1Client(LimitedHttp1Client):
    def read_headers(self, event: events.ConnectionEvent) -> CommandGenerator[None]:
        if self.request is not None and isinstance(event, events.DataReceived):
            while _INTERIM_HEAD.match(bytes(self.buf)):
                self.buf.maybe_extract_lines()
        yield from super().read_headers(event)
