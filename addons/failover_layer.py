"""The HTTP layer that replaces a failed attempt at a backend before the client has seen anything of it.

mitmproxy's hooks can neither try another backend, nor end a stream whose backend died, nor avoid its HTML error page.
This layer can: `attempt.py` says how the addons steer it, `failover_stream.py` does it on `answering_stream.py` and
`addressed_stream.py`, and this file puts it in and keeps the connections. It also puts in the sides of HTTP/1 and 2
that have files of their own: `client_errors.py` towards clients; towards backends `merged_pieces.py`, which builds on
`interim_replies.py` and `head_limits.py`. Beside all these only `slow_readers.py` touches the inside of mitmproxy's
HTTP layer. Flows without an `Attempt` behave as in mitmproxy, except for what those files say.

Traps of mitmproxy that end here:
- a connect error, once met, was given to every later request of the same client connection;
- `HttpLayer.connections` kept every upstream connection until the client left, `transports` every one that failed;
- trailers of an HTTP/1 backend were an exception at the end of its reply: the client hung;
- a request that waited for a free stream of an HTTP/2 connection was not told when the connection ended;
- an event of a connection that was dropped from there, or data for it, was a KeyError: the client hung;
- a client that left during a hook or a connect still got its request sent, or its upstream kept;
- an upstream that broke while a hook was about to return never told: mitmproxy cancels the task that reads it in the
  very moment in which it would report the end, and leaves the transport behind (`server_disconnected` sees that);
- in the same way the socket of a client that is hung up on while it sends stayed open for ever;
- after an exception in the layer the client waited for ever;
- 5 upstream connections per client and address: the sixth parallel stream of an HTTP/2 client waited.

Private names used, the same in 11.0.2 and 12.3 unless said:
- HttpStream: `_handle_event`, `passthrough`, `_paused`, `_paused_event_queue`, `client_state`, `server_state` and what
  those hold (`state_…`), `check_body_size`, `check_killed`, `handle_protocol_error`, `make_server_connection`,
  `send_response`, `request_body_buf`, `response_body_buf`, `flow_done`, `child_layer`;
- HttpLayer: `_handle_event`, `event_to_child`, `make_stream`, `register_connection`, `connections`, `streams`,
  `command_sources`, `waiting_for_establishment`; the commands and events of `proxy.layers.http`;
- ConnectionHandler: `server_event`, `transports`, `max_conns`, `wakeup_timer`; `Proxyserver.connections`;
  `NextLayer.layer`.
Different: the `code` of a protocol error is an `ErrorCode` in 12, an HTTP status in 11.
"""

from __future__ import annotations

import asyncio
import logging

from mitmproxy import ctx, http
from mitmproxy.connection import Client, Connection, ConnectionState, Server
from mitmproxy.master import Master
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layer import CommandGenerator
from mitmproxy.proxy.layers.http import (
    GetHttpConnection,
    GetHttpConnectionCompleted,
    HttpLayer,
    HttpStream,
    RegisterHttpConnection,
)
from mitmproxy.proxy.layers.http._events import RequestProtocolError
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from .attempt import Verdict, attempt_of
from .client_errors import json_error_server
from .failover_stream import AbortAttempt, FailoverStream
from .merged_pieces import merge_pieces
from .untyped_mitmproxy import addon_named, handler_of

logger = logging.getLogger(__name__)

# An HTTP/2 client has at most 100 streams; each holds one upstream, and for a moment the one that it gave up.
_UPSTREAMS_PER_CLIENT = 1000


class FailoverHttpLayer(HttpLayer):
    """Has no attributes of its own: a running HttpLayer becomes one by a change of its class."""

    def make_stream(self, stream_id: int) -> CommandGenerator[None]:
        stream = FailoverStream(self.context.fork(), stream_id)
        self.streams[stream_id] = stream
        yield from self.event_to_child(stream, events.Start())

    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        try:
            yield from self._handle(event)
        except Exception:  # wide: mitmproxy would log it and leave the client waiting for ever
            logger.exception("the HTTP layer has crashed: its client is hung up on")
            yield commands.CloseConnection(self.context.client)

    def _handle(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, AbortAttempt):
            yield from self._abort(event)
            return
        if isinstance(event, events.ConnectionEvent) and self._is_forgotten(event.connection):
            return
        if isinstance(event, events.OpenConnectionCompleted) and self._is_forgotten(event.command.connection):
            del self.command_sources[event.command]
            yield commands.CloseConnection(event.command.connection)
            return
        if isinstance(event, events.Start) and (server := json_error_server(self.context.fork())):
            self.connections.setdefault(self.context.client, server)
        try:
            yield from super()._handle_event(event)
        except NotImplementedError:
            if not isinstance(event, events.DataReceived) or not isinstance(event.connection, Server):
                raise
            yield from self._end_at_trailers(event.connection)
        if isinstance(event, events.ConnectionClosed):
            yield from self._tell_waiting(self._forget(event.connection))
        elif isinstance(event, events.OpenConnectionCompleted) and event.reply:
            self._forget(event.command.connection)

    def event_to_child(self, child: layer.Layer, event: events.Event) -> CommandGenerator[None]:
        yield from super().event_to_child(child, event)
        if isinstance(event, RequestProtocolError) and isinstance(child, FailoverStream) and attempt_of(child.flow):
            yield from self._give_up_connecting(child, event.message)

    # ---- Connections are forgotten with their last event.

    def register_connection(self, command: RegisterHttpConnection) -> CommandGenerator[None]:
        if command.err:
            self._forget(command.connection)  # first: those who wait for it may ask for another at once
        else:
            merge_pieces(self.connections.get(command.connection))
        if command.connection in self.waiting_for_establishment:
            yield from super().register_connection(command)

    def _is_forgotten(self, connection: Connection) -> bool:
        return connection not in self.connections and connection != self.context.server

    def _forget(self, connection: Connection) -> list[Connection]:
        """What is forgotten: nothing, if more may come from it."""
        if not isinstance(connection, Server) or connection.state is not ConnectionState.CLOSED:
            return []
        forgotten = self.with_tunnel(connection)
        for same in forgotten:
            del self.connections[same]
        return forgotten

    def _tell_waiting(self, gone: list[Connection]) -> CommandGenerator[None]:
        """mitmproxy's HTTP/2 client tells only the streams that it has begun, not those that wait for one to end."""
        for stream in list(self.streams.values()):
            if gone and isinstance(stream, FailoverStream) and stream.waits_on(gone):
                yield from self.event_to_child(stream, stream.lost_upstream())

    def with_tunnel(self, connection: Connection) -> list[Connection]:
        """The connection, and the one to the HTTP proxy that carries it, or the other way round."""
        handler = self.connections.get(connection)
        if handler is None:
            return []
        if isinstance(handler, HttpStream):  # CONNECT: the stream's inner layer keeps its connections itself
            return [connection]
        return [other for other, its_handler in self.connections.items() if its_handler is handler]

    def _end_at_trailers(self, connection: Connection) -> CommandGenerator[None]:
        """All of a reply is there, but its trailers, which mitmproxy cannot read: the connection has no other use."""
        gone = self.with_tunnel(connection)
        for same in gone:
            del self.connections[same]
            yield commands.CloseConnection(same)
        for stream in list(self.streams.values()):
            if isinstance(stream, FailoverStream) and stream.context.server in gone:
                yield from self.event_to_child(stream, stream.end_of_reply())

    # ---- Attempts that end early.

    def _abort(self, event: AbortAttempt) -> CommandGenerator[None]:
        for stream in list(self.streams.values()):
            if stream.flow is event.flow:
                attempt = attempt_of(stream.flow)
                is_current = attempt and attempt.number == event.number
                if not (is_current and (yield from self._give_up_connecting(stream, event.message))):
                    yield from self.event_to_child(stream, event)
                return
            if stream.flow.request.method == "CONNECT":
                yield from self.event_to_child(stream, event)

    def _give_up_connecting(self, stream: HttpStream, why: str) -> CommandGenerator[bool]:
        """If the stream waits for a connection, let it have the error; end the connection if no other waits for it."""
        for connection, waiting in self.waiting_for_establishment.items():
            for command in waiting:
                if self.command_sources.get(command) is stream:
                    yield from self._leave_queue(connection, waiting, command)
                    del self.command_sources[command]
                    yield from self.event_to_child(stream, GetHttpConnectionCompleted(command, (None, why)))
                    return True
        return False

    def _leave_queue(
        self, connection: Connection, waiting: list[GetHttpConnection], command: GetHttpConnection
    ) -> CommandGenerator[None]:
        waiting[:] = [other for other in waiting if other is not command]  # equal commands are not the same
        if not waiting:
            del self.waiting_for_establishment[connection]
            for same in self.with_tunnel(connection):
                del self.connections[same]
                if not self._is_being_reported(same):
                    yield commands.CloseConnection(same)

    def _is_being_reported(self, connection: Connection) -> bool:
        """It stands, but we have not been told. Closed now, its socket would stay open: it waits for the report."""
        opening = (command for command in self.command_sources if isinstance(command, commands.OpenConnection))
        return connection.connected and any(command.connection == connection for command in opening)


class FailoverInstaller:
    """The addon that makes mitmproxy use this layer, wherever it stands in the list of addons."""

    def client_connected(self, client: Client) -> None:
        handler = handler_of(ctx.master, client)
        if handler:
            handler.max_conns.default_factory = lambda: asyncio.Semaphore(_UPSTREAMS_PER_CLIENT)

    def client_disconnected(self, client: Client) -> None:
        handler = handler_of(ctx.master, client)
        left_over = handler.transports.pop(client, None) if handler else None
        if left_over and left_over.writer:
            left_over.writer.close()

    def next_layer(self, nextlayer: layer.NextLayer) -> None:
        # mitmproxy chooses first; it leaves a layer alone that is already set.
        addon_named(ctx.master, "nextlayer").next_layer(nextlayer)
        chosen: layer.Layer | None = nextlayer.layer
        while chosen is not None:
            if type(chosen) is HttpLayer:
                chosen.__class__ = FailoverHttpLayer
            chosen = getattr(chosen, "child_layer", None)

    def server_connect_error(self, data: ServerConnectionHookData) -> None:
        if handler := handler_of(ctx.master, data.client):
            handler.transports.pop(data.server, None)

    async def server_disconnected(self, data: ServerConnectionHookData) -> None:
        handler = handler_of(ctx.master, data.client)
        left_over = handler.transports.pop(data.server, None) if handler else None
        if handler and left_over:
            if left_over.writer:
                left_over.writer.close()
            data.server.state = ConnectionState.CLOSED
            await handler.server_event(events.ConnectionClosed(data.server))

    async def proapi_answer_piece(self, flow: http.HTTPFlow) -> None:
        attempt = attempt_of(flow)
        if attempt and attempt.answer_stream:
            attempt.next_piece = b""
            attempt.next_piece = await anext(attempt.answer_stream, b"")


def abort_upstream(master: Master, flow: http.HTTPFlow, why: str) -> bool:
    """End the running attempt, whether it connects, shakes hands, waits or streams; its failure is `why`.

    False: there is none. An HTTP/2 connection stays for its other streams. Takes effect after a hook of the flow that
    is still running, and never on a later attempt. In a hook that has said RETRY the running attempt is the next one.
    """
    attempt = attempt_of(flow)
    handler = handler_of(master, flow.client_conn)
    if attempt is None or handler is None or not flow.live:
        return False
    number = attempt.number + (attempt.verdict is Verdict.RETRY)
    event = AbortAttempt(flow, why, number)
    task = asyncio.get_running_loop().create_task(handler.server_event(event))
    handler.wakeup_timer.add(task)  # ends with the client
    task.add_done_callback(handler.wakeup_timer.discard)
    return True
