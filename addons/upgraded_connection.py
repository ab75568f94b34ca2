"""The connection after a backend's 101: the bytes of both sides go on as they come, until one of them hangs up.

mitmproxy's own layer for WebSockets takes every message apart and puts it together again: it keeps all of them, splits
them anew, and tells a client whose backend died that all is well (an abnormal end, 1006, becomes a close with 1000).
Nothing of a session is ours to change, so nothing of it is read: frames, extensions, pings and close codes are what
the other side sent, and a side that dies without a close frame looks so to the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from mitmproxy import http
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.commands import StartHook
from mitmproxy.proxy.context import Context

SWITCHING_PROTOCOLS = 101


@dataclass(frozen=True, slots=True)
class EndedSession:
    """What each side said after the 101, in bytes."""

    flow: http.HTTPFlow
    client_bytes: int
    backend_bytes: int


@dataclass
class UpgradeEndHook(StartHook):  # type: ignore[no-untyped-call]
    """An upgraded connection is over. (mitmproxy takes hooks of connections with one argument only.)"""

    name = "proapi_upgrade_end"
    session: EndedSession


class UpgradedConnection(layer.Layer):
    def __init__(self, context: Context, flow: http.HTTPFlow) -> None:
        super().__init__(context)
        self._flow = flow
        self._client_bytes = self._backend_bytes = 0
        self._over = False

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if self._over or not isinstance(event, events.ConnectionEvent):
            return
        from_client = event.connection == self.context.client
        if isinstance(event, events.DataReceived):
            if from_client:
                self._client_bytes += len(event.data)
            else:
                self._backend_bytes += len(event.data)
            yield commands.SendData(self.context.server if from_client else self.context.client, event.data)
        elif isinstance(event, events.ConnectionClosed):
            self._over = True
            yield commands.CloseConnection(self.context.server)
            yield commands.CloseConnection(self.context.client)
            self._flow.live = False
            yield UpgradeEndHook(EndedSession(self._flow, self._client_bytes, self._backend_bytes))
