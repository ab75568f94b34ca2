"""Slow readers: a backend is read no faster than its client takes the reply, and is not called silent meanwhile.

With HTTP/1 the sockets see to it. With HTTP/2 a client may leave its window shut, and mitmproxy keeps in memory all
that the backend sends meanwhile. Here the task that reads from the backend waits until little of that is left. While
it waits, for either reason, no deadline of the backend's runs: `read_again_at` tells.

Private names used, the same in 11.0.2 and 12.3: `ConnectionHandler.drain_writers`, `.transports`, `.layer`;
`HttpLayer.connections`, `.streams`; `Http2Connection.h2_conn.stream_buffers`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from mitmproxy import ctx, http
from mitmproxy.connection import Client, Connection, Server
from mitmproxy.proxy.layers.http import HttpLayer

from .failover_layer import FailoverHttpLayer
from .untyped_mitmproxy import handler_of

LIMIT_BYTES = 1024 * 1024
_LOOKS_EVERY_S = 0.05
_HTTP2 = b"h2"


class SlowReaders:
    def client_connected(self, client: Client) -> None:
        handler: Any = handler_of(ctx.master, client)
        if handler is not None:
            handler.drain_writers = _patient(handler, client, handler.drain_writers)


def read_again_at(flow: http.HTTPFlow) -> float | None:
    """When the reading of its backend last went on, on the event loop's clock; None: it waits for the client."""
    handler: Any = handler_of(ctx.master, flow.client_conn)
    same = _same_connection(handler.layer, flow.server_conn) if handler is not None else ()
    moments: list[float | None] = [getattr(connection, "read_again_at", 0.0) for connection in same]
    return None if None in moments else max(filter(None, moments), default=0.0)


def _patient(handler: Any, client: Client, drain: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """mitmproxy calls it after each read of a connection, in the task that reads."""

    async def drain_and_wait() -> None:
        this = asyncio.current_task()
        backend: Any = next((to for to, transport in handler.transports.items() if transport.handler is this), None)
        if not isinstance(backend, Server):
            await drain()
            return
        backend.read_again_at = None
        await drain()
        if client.alpn == _HTTP2:
            # No event tells that a window has opened; only a slow reader's backend is looked at so.
            while client.connected and kept_bytes(handler.layer, client, backend) > LIMIT_BYTES:  # noqa: ASYNC110
                await asyncio.sleep(_LOOKS_EVERY_S)
        backend.read_again_at = asyncio.get_running_loop().time()

    return drain_and_wait


def kept_bytes(layer: object, client: Client, backend: Server) -> int:
    """What waits for the client's window, of all streams that this connection feeds."""
    feeds = _same_connection(layer, backend)
    return sum(
        len(chunk.data)
        for http_layer in _http_layers(layer)
        for stream_id, stream in http_layer.streams.items()
        if stream.context.server in feeds
        for chunk in _buffers(http_layer, client).get(stream_id, ())
    )


def _same_connection(layer: object, backend: Server) -> set[Connection]:
    """It, and of one through an HTTP proxy the tunnel and what is in it: mitmproxy has a connection for either."""
    layers = (each for each in _http_layers(layer) if isinstance(each, FailoverHttpLayer))
    return {backend, *(same for each in layers for same in each.with_tunnel(backend))}


def _buffers(layer: HttpLayer, client: Client) -> dict[int, Any]:
    h2: Any = getattr(layer.connections.get(client), "h2_conn", None)
    return h2.stream_buffers if h2 is not None else {}


def _http_layers(layer: Any) -> Iterator[HttpLayer]:
    """From the outermost on; in an explicit proxy's tunnel the inner one lies within the outer one's stream."""
    while layer is not None:
        if isinstance(layer, HttpLayer):
            yield layer
            for stream in list(layer.streams.values()):
                yield from _http_layers(getattr(stream, "child_layer", None))
        layer = getattr(layer, "child_layer", None) or getattr(layer, "layer", None)
