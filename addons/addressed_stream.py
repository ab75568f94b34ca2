"""An exchange whose every connection to a backend has an upstream id of its own.

mitmproxy knows an exchange by one id on both sides. Here the id towards the backend changes with each connection that
is made for it, so that whatever a backend that was given up still delivers is known by its id, and dropped. Each is
registered in `HttpLayer.streams`. Private names and traps: see `failover_layer.py`.
"""

from __future__ import annotations

import copy
from functools import cached_property

from mitmproxy.proxy import events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import CommandGenerator
from mitmproxy.proxy.layers.http import DropStream, HttpLayer, HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import (
    RequestHeaders,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
    ResponseTrailers,
)

from .hidden_headers import as_sent

ReplyEvent = ResponseHeaders | ResponseData | ResponseTrailers | ResponseEndOfMessage | ResponseProtocolError

# The ids of clients' streams stay below this, so that ours are no other stream's.
_ID_STRIDE = 1 << 32


class AddressedStream(HttpStream):
    def __init__(self, context: Context, stream_id: int) -> None:
        super().__init__(context, stream_id)
        self._connects = 0
        self._upstream_id: int | None = None

    @cached_property
    def _http_layer(self) -> HttpLayer:
        parent = self.context.layers[self.context.layers.index(self) - 1]
        assert isinstance(parent, HttpLayer)
        return parent

    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        if not isinstance(event, ReplyEvent):
            yield from self._address(super()._handle_event(event))
        elif event.stream_id == self._upstream_id:
            event.stream_id = self.stream_id
            yield from self._address(self._receive(event))

    def passthrough(self, event: events.Event) -> CommandGenerator[None]:
        yield from self._address(super().passthrough(event))

    def _receive(self, event: ReplyEvent) -> CommandGenerator[None]:
        """What the current upstream says."""
        yield from super()._handle_event(event)

    def _address(self, generator: CommandGenerator[None]) -> CommandGenerator[None]:
        """What goes upstream carries the current id; what has no upstream any more goes nowhere."""
        reply = None
        while True:
            try:
                command = generator.send(reply)
            except StopIteration:
                return
            reply = None
            if isinstance(command, SendHttp) and command.connection is not self.context.client:
                if self._upstream_id is None or command.connection not in self._http_layer.connections:
                    continue
                event = copy.copy(command.event)
                event.stream_id = self._upstream_id
                if isinstance(event, RequestHeaders):
                    event.request = as_sent(event.request)
                command = SendHttp(event, command.connection)
            elif isinstance(command, DropStream):
                yield from self._forget_upstream()
            reply = yield command

    def make_server_connection(self) -> CommandGenerator[bool]:
        if not (yield from super().make_server_connection()):
            return False
        self._upstream_id = self.stream_id + self._connects * _ID_STRIDE
        self._connects += 1
        self._http_layer.streams[self._upstream_id] = self
        return True

    def _forget_upstream(self) -> CommandGenerator[None]:
        """Whatever else comes from there is dropped unseen."""
        if self._upstream_id not in (None, self.stream_id):
            yield DropStream(self._upstream_id)
        self._upstream_id = None
