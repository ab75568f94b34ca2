"""Slow readers over HTTP/2: a backend is read no faster than its client takes the reply.

With HTTP/1 the sockets see to it. With HTTP/2 a client may leave its window shut, and mitmproxy keeps in memory all
that the backend sends meanwhile. Here the task that reads from the backend waits until little of that is left.

Private names used, the same in 11.0.2 and 12.3: `ConnectionHandler.drain_writers`, `.transports`, `.layer`;
`HttpLayer.connections`, `.streams`; `Http2Connection.h2_conn.stream_buffers`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from mitmproxy import ctx
from mitmproxy.connection import Client, Server
from mitmproxy.proxy.layers.http import HttpLayer

from .own_addresses import running_proxyserver

LIMIT_BYTES = 1024 * 1024
_LOOKS_EVERY_S = 0.05
_HTTP2 = b"h2"


class SlowReaders:
    def client_connected(self, client: Client) -> None:
        handler: Any = running_proxyserver(ctx.master).connections.get(client.id)
        if handler is not None:
            handler.drain_writers = _patient(handler, client, handler.drain_writers)


def _patient(handler: Any, client: Client, drain: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """mitmproxy calls it after each read of a connection, in the task that reads."""

    async def drain_and_wait() -> None:
        await drain()
        if client.alpn != _HTTP2:
            return
        this = asyncio.current_task()
        backend = next((to for to, transport in handler.transports.items() if transport.handler is this), None)
        if isinstance(backend, Server):
            # No event tells that a window has opened; only a slow reader's backend is looked at so.
            while client.connected and kept_bytes(handler.layer, client, backend) > LIMIT_BYTES:  # noqa: ASYNC110
                await asyncio.sleep(_LOOKS_EVERY_S)

    return drain_and_wait


def kept_bytes(layer: object, client: Client, backend: Server) -> int:
    """What waits for the client's window, of all streams that this connection feeds."""
    return sum(
        len(chunk.data)
        for http_layer in _http_layers(layer)
        for stream_id, stream in http_layer.streams.items()
        if stream.context.server is backend
        for chunk in _buffers(http_layer, client).get(stream_id, ())
    )


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
