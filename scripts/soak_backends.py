"""The backends of the soak: one good, two that flap, one whose streams die in their middle.

A backend that flaps is down for a moment every few seconds (every request meets a fault then), and now and then fails
while it is up. All faults but those of `dying` come before the first byte of an answer could have reached the client:
the gateway hides each of them by asking another backend.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from bench_backend import JSON_REPLY, STREAM_REPLY, ChatProtocol

_PERIOD_S, _DOWN_S = 3.0, 0.4
_FAULTS_WHILE_UP = 0.04
_SSE_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_STALL_S = 5.0  # longer than the gateway waits

Fault = Callable[[asyncio.Transport], object]


def _error(status: int, *headers: str) -> Fault:
    body = b'{"error": {"message": "not now", "type": "server_error", "code": null}}'
    lines = [f"HTTP/1.1 {status} No", "content-type: application/json", f"content-length: {len(body)}", *headers]
    reply = "\r\n".join([*lines, "", ""]).encode() + body
    return lambda transport: transport.write(reply)


def _words(data: bytes) -> Fault:
    """These bytes, and then the connection ends."""

    def say(transport: asyncio.Transport) -> None:
        transport.write(data)
        transport.close()

    return say


def _chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def _reset(transport: asyncio.Transport) -> None:
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _stall(transport: asyncio.Transport) -> None:
    asyncio.get_running_loop().call_later(_STALL_S, transport.abort)


FAULTS: dict[str, Fault] = {
    "500": _error(500),
    "503": _error(503),
    "429": _error(429, "retry-after: 1"),
    "closed": lambda transport: transport.close(),
    "reset": _reset,
    "half a head": _words(b"HTTP/1.1 200 OK\r\ncontent-ty"),
    "half a body": _words(JSON_REPLY[:-40]),
    "a stream of nothing": _words(_SSE_HEAD),
    "no HTTP": _words(b"\x00\xff rubbish\r\n\r\n"),
    "a page": _words(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>"),
    "broken gzip": _words(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\noops"),
    "an error in a 200": _words(_SSE_HEAD + _chunks(b'data: {"error": {"message": "busy"}}\n\n') + b"0\r\n\r\n"),
    "silence": _stall,
}
# Silence costs the gateway's whole patience each time.
_CHANCES = [1.0 if name != "silence" else 0.1 for name in FAULTS]


@dataclass
class SoakBackend:
    """One server. `met`: how often each fault was given. `down_at_s`: when in each period it is down; None: never."""

    chance: Random
    down_at_s: float | None = None
    dies: bool = False
    met: Counter[str] = field(default_factory=Counter)
    port: int = 0

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._server.close()

    def choose_fault(self) -> str | None:
        if self.down_at_s is None:
            return None
        since_down = (asyncio.get_running_loop().time() - self.down_at_s) % _PERIOD_S
        if since_down > _DOWN_S and self.chance.random() > _FAULTS_WHILE_UP:
            return None
        (name,) = self.chance.choices(list(FAULTS), _CHANCES)
        self.met[name] += 1
        return name


class _Connection(ChatProtocol):
    def __init__(self, backend: SoakBackend) -> None:
        super().__init__()
        self._backend = backend

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (body := self._take_request()) is not None and not self._transport.is_closing():
            self._answer(streams=b'"stream":true' in body.replace(b" ", b""))

    def _answer(self, *, streams: bool) -> None:
        if fault := self._backend.choose_fault():
            FAULTS[fault](self._transport)
        elif streams and self._backend.dies:
            self._transport.write(STREAM_REPLY[: len(STREAM_REPLY) // 2])
            self._transport.close()
        else:
            self._transport.write(STREAM_REPLY if streams else JSON_REPLY)
