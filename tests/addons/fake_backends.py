"""Fake backends on loopback, in the test's own event loop: each does with a request what its script says.

    async with FakeBackend(reply(429), reply(200, b"hi")) as backend:   # the last script serves all further requests
        backend.port
    backend.requests → [Request(b"POST", b"/v1/chat/completions", b"{}"), …]

A script is `async def script(exchange)`; see `Exchange` for what it can do. `h2=True` (with `tls`)
speaks HTTP/2 instead; scripts see no difference unless they write bytes of HTTP/1 by hand (`raw`).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

import h2.config
import h2.connection
import h2.events
import h2.exceptions


@dataclass(frozen=True, slots=True)
class Request:
    method: bytes
    path: bytes
    body: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)


class Exchange(Protocol):
    request: Request
    gone: asyncio.Event
    """The proxy has ended this exchange from its side."""

    async def head(self, status: int, headers: dict[str, str]) -> None: ...
    async def piece(self, data: bytes) -> None: ...
    async def end(self) -> None: ...
    def cut(self, hard: bool = False, error_code: int = 2) -> None: ...
    def close(self, hard: bool = False) -> None: ...
    def raw(self, data: bytes) -> None: ...


Script = Callable[[Exchange], Awaitable[None]]


# ---- Scripts.


def reply(status: int, body: bytes = b"", **headers: str) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.head(status, {"content-length": str(len(body)), **headers})
        await exchange.piece(body)
        await exchange.end()

    return script


def sse(pieces: Iterable[bytes], before_last: asyncio.Event | None = None, cut: bool = False) -> Script:
    """A stream in pieces. `before_last` is awaited before the last piece; `cut`: no end, the connection breaks."""

    async def script(exchange: Exchange) -> None:
        await exchange.head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        *first, last = pieces
        for piece in first:
            await exchange.piece(piece)
        if before_last:
            await before_last.wait()
        await exchange.piece(last)
        exchange.cut() if cut else await exchange.end()

    return script


async def stall(exchange: Exchange) -> None:
    """Say nothing until the proxy hangs up."""
    await exchange.gone.wait()


async def cut_before_head(exchange: Exchange) -> None:
    exchange.cut()


async def reset_before_head(exchange: Exchange) -> None:
    exchange.cut(hard=True)


def raw(data: bytes, hard: bool = False) -> Script:
    """Bytes of HTTP/1 by hand, then the end of the connection."""

    async def script(exchange: Exchange) -> None:
        exchange.raw(data)
        if hard:
            await asyncio.sleep(0.05)  # else the reset overtakes the bytes
        exchange.close(hard)

    return script


# ---- Servers.


class FakeBackend:
    def __init__(
        self,
        *scripts: Script,
        tls: ssl.SSLContext | None = None,
        h2: bool = False,
        port: int = 0,
        waits_for_body: bool = True,
        max_streams: int = 100,
    ) -> None:
        self._scripts = list(scripts)
        self._tls = tls
        self._port = port
        self.waits_for_body = waits_for_body
        self.max_streams = max_streams
        self._serve = _serve_h2 if h2 else _serve_h1
        if h2 and tls:
            tls.set_alpn_protocols(["h2"])
        self._connections: set[asyncio.Task[None]] = set()
        self.requests: list[Request] = []
        self.connections = 0
        self.closed = asyncio.Event()
        """Some connection was ended by the proxy."""

    async def __aenter__(self) -> FakeBackend:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._serve(self, reader, writer)
        self.closed.set()
        writer.transport.abort()

    async def answer(self, exchange: Exchange) -> None:
        self.requests.append(exchange.request)
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        await script(exchange)


class _H1Exchange:
    def __init__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.request = request
        self.gone = asyncio.Event()
        self.broken = False
        self._writer = writer
        self._chunked = False

    async def head(self, status: int, headers: dict[str, str]) -> None:
        self._chunked = headers.get("transfer-encoding") == "chunked"
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
        self.raw("\r\n".join([*lines, "", ""]).encode())

    async def piece(self, data: bytes) -> None:
        if data:
            self.raw(b"%x\r\n%s\r\n" % (len(data), data) if self._chunked else data)
            await self._writer.drain()

    async def end(self) -> None:
        if self._chunked:
            self.raw(b"0\r\n\r\n")

    def raw(self, data: bytes) -> None:
        self._writer.write(data)

    def cut(self, hard: bool = False, error_code: int = 2) -> None:
        self.broken = True
        _close(self._writer, hard)

    def close(self, hard: bool = False) -> None:
        self.cut(hard)


async def _serve_h1(backend: FakeBackend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        exchange = _H1Exchange(await _read_h1_request(reader, backend.waits_for_body), writer)
        answering = asyncio.create_task(backend.answer(exchange))
        # A proxy says nothing while it waits for a reply: whatever comes is the end.
        end_of_file = asyncio.create_task(reader.read(1))
        await asyncio.wait([answering, end_of_file], return_when=asyncio.FIRST_COMPLETED)
        if end_of_file.done():
            exchange.gone.set()
            answering.cancel()
        end_of_file.cancel()
        await asyncio.gather(answering, end_of_file, return_exceptions=True)
        if exchange.broken or exchange.gone.is_set():
            return


async def _read_h1_request(reader: asyncio.StreamReader, with_body: bool) -> Request:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.strip().split(b"\r\n")
    method, path, _ = first.split(b" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
    body = b""
    if not with_body:
        return Request(method, path, body, headers)
    if b"chunked" in headers.get(b"transfer-encoding", b""):
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers.get(b"content-length", b"0")))
    return Request(method, path, body, headers)


def _close(writer: asyncio.StreamWriter, hard: bool) -> None:
    """`hard`: with a reset, as a crashed process does."""
    if hard:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    else:
        writer.close()


class _H2Exchange:
    def __init__(self, request: Request, stream_id: int, connection: _H2Wire) -> None:
        self.request = request
        self.gone = asyncio.Event()
        self._id = stream_id
        self._wire = connection

    async def head(self, status: int, headers: dict[str, str]) -> None:
        kept = [(name, value) for name, value in headers.items() if name != "transfer-encoding"]
        self._wire.h2.send_headers(self._id, [(":status", str(status)), *kept])
        self._wire.flush()

    async def piece(self, data: bytes) -> None:
        self._wire.h2.send_data(self._id, data)
        self._wire.flush()

    async def end(self) -> None:
        self._wire.h2.end_stream(self._id)
        self._wire.flush()

    def cut(self, hard: bool = False, error_code: int = 2) -> None:
        if hard:
            self.close(hard)
        else:
            self._wire.h2.reset_stream(self._id, error_code)
            self._wire.flush()

    def close(self, hard: bool = False) -> None:
        _close(self._wire.writer, hard)

    def raw(self, data: bytes) -> None:
        self._wire.writer.write(data)


@dataclass(slots=True)
class _H2Wire:
    h2: h2.connection.H2Connection
    writer: asyncio.StreamWriter

    def flush(self) -> None:
        self.writer.write(self.h2.data_to_send())


async def _serve_h2(backend: FakeBackend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    config = h2.config.H2Configuration(client_side=False, header_encoding=None)
    wire = _H2Wire(h2.connection.H2Connection(config), writer)
    wire.h2.local_settings.max_concurrent_streams = backend.max_streams
    wire.h2.local_settings.acknowledge()  # else the first frame still says what was the default
    wire.h2.initiate_connection()
    wire.flush()
    heads: dict[int, h2.events.RequestReceived] = {}
    bodies: dict[int, bytes] = {}
    running: dict[int, tuple[_H2Exchange, asyncio.Task[None]]] = {}
    try:
        while data := await reader.read(65536):
            for event in wire.h2.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    heads[event.stream_id], bodies[event.stream_id] = event, b""
                elif isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] += event.data
                    wire.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    headers = dict(heads[event.stream_id].headers)
                    request = Request(headers[b":method"], headers[b":path"], bodies[event.stream_id], headers)
                    exchange = _H2Exchange(request, event.stream_id, wire)
                    running[event.stream_id] = exchange, asyncio.create_task(backend.answer(exchange))
                elif isinstance(event, h2.events.StreamReset) and event.stream_id in running:
                    running[event.stream_id][0].gone.set()
            wire.flush()
    finally:
        for exchange, task in running.values():
            exchange.gone.set()
            task.cancel()


# ---- Addresses that never get as far as a request.


_refusing: list[socket.socket] = []


def refused_port() -> int:
    """Nobody listens there, and nobody else can: it is held to the end of the process."""
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    _refusing.append(closed)
    port: int = closed.getsockname()[1]
    return port


@contextlib.asynccontextmanager
async def refusing() -> AsyncIterator[int]:
    yield refused_port()


@contextlib.asynccontextmanager
async def black_hole() -> AsyncIterator[int]:
    """A port whose queue of connections is full: a connect to it neither succeeds nor fails."""
    with socket.socket() as listening, contextlib.ExitStack() as clients:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3):
            client = clients.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


@contextlib.asynccontextmanager
async def speaking(first_words: bytes) -> AsyncIterator[int]:
    """A server that accepts, says its words, and no more; it takes no notice of what it is told (TLS, say)."""
    writers: list[asyncio.StreamWriter] = []

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(first_words)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
