"""The backend of the end-to-end tests: a real HTTP/1.1 server on loopback that replays scripted bytes and records.

    with PacedBackend() as backend:
        gate = threading.Event()
        backend.script(Reply.stream([b"data: one\\n\\n", gate, b"data: two\\n\\n"]))
        ...                     # the client reads "one"; nothing else comes until gate.set()
        backend.requests[0].json()["model"]

A reply's pieces are bytes (one HTTP chunk each), an Event (wait until a test sets it), a number (seconds to wait) or
CUT (the connection is closed hard). One thread per connection: clarity over speed.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

CUT = object()
Piece = bytes | threading.Event | float | object

_GATE_LIMIT_S = 30.0  # a test that forgets its gate fails on its own timeout, not for ever


@dataclass(frozen=True)
class ReceivedRequest:
    """One request as the backend saw it. Header names are lower-case; repeated ones are joined with ", "."""

    method: str
    path: str
    headers: dict[str, str]
    header_names: tuple[str, ...]  # in order, as spelled, repeats kept
    body: bytes
    server_name: str | None = None  # TLS only: the name that the client asked for

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What to answer. `length` "chunked", "known" (Content-Length), or "close" (body ends with the connection)."""

    pieces: Sequence[Piece] = ()
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    length: str = "chunked"
    before_headers: Sequence[Piece] = ()
    reason: str = "Scripted"

    @classmethod
    def stream(cls, pieces: Sequence[Piece], *headers: tuple[str, str], status: int = 200) -> Reply:
        return cls(pieces, status, (("content-type", "text/event-stream; charset=utf-8"), *headers))

    @classmethod
    def json(cls, value: object, *headers: tuple[str, str], status: int = 200) -> Reply:
        return cls([json.dumps(value).encode()], status, (("content-type", "application/json"), *headers), "known")


Answer = Callable[[ReceivedRequest], Reply]


@dataclass
class PacedBackend:
    """Start with `with`; `script()` queues replies, `answer` serves when the queue is empty (default: 500)."""

    answer: Answer | None = None
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    requests: list[ReceivedRequest] = field(default_factory=list)
    connections: int = 0
    closed_by_peer: threading.Event = field(default_factory=threading.Event)  # a client left too early

    def __post_init__(self) -> None:
        self._scripted: deque[Reply] = deque()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()

    def __enter__(self) -> PacedBackend:
        self._listener = socket.create_server((self.host, 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        # shutdown wakes the thread that sits in accept(); close alone would leave it there
        _quietly(lambda: self._listener.shutdown(socket.SHUT_RDWR))
        self._listener.close()
        with self._changed:
            for connection in self._open:
                _quietly(lambda c=connection: c.shutdown(socket.SHUT_RDWR))

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{'localhost' if self.tls else self.host}:{self.port}"

    def script(self, *replies: Reply) -> None:
        with self._changed:
            self._scripted.extend(replies)

    def wait_for_requests(self, count: int, timeout_s: float = 30.0) -> list[ReceivedRequest]:
        """Block until `count` requests arrived in all; AssertionError after the time."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self.requests) >= count, timeout_s)
            assert arrived, f"{len(self.requests)} of {count} requests arrived in {timeout_s} s"
            return list(self.requests)

    # -- the server --------------------------------------------------------------------------------------------------
    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        with self._changed:
            self.connections += 1
            self._open.add(raw)
        try:
            # one small segment per piece, at once: Nagle would merge what a test wants apart
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._serve_connection(raw)
        except (OSError, EOFError, ValueError):
            pass  # the client went away: for the backend that is an end, not a fault
        finally:
            with self._changed:
                self._open.discard(raw)
            raw.close()

    def _serve_connection(self, raw: socket.socket) -> None:
        names: list[str | None] = [None]
        connection = raw
        if self.tls:
            self.tls.sni_callback = lambda _socket, name, _context: names.__setitem__(0, name)
            connection = self.tls.wrap_socket(raw, server_side=True)
        reader = connection.makefile("rb")
        while (request := _read_request(reader, connection, names[0])) is not None:
            reply = self._choose(request)
            try:
                keep_open = _write_reply(connection, request, reply)
            except (OSError, ssl.SSLError):
                self.closed_by_peer.set()
                raise
            if not keep_open:
                _quietly(lambda: connection.shutdown(socket.SHUT_RDWR))
                return

    def _choose(self, request: ReceivedRequest) -> Reply:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            if self._scripted:
                return self._scripted.popleft()
        if self.answer is not None:
            return self.answer(request)
        return Reply.json({"error": {"message": "nothing scripted", "type": "test"}}, status=500)


def _read_request(reader: Any, connection: socket.socket, server_name: str | None) -> ReceivedRequest | None:
    line = reader.readline()
    if not line.strip():
        return None
    method, path, _ = line.decode("latin-1").split(" ", 2)
    fields: list[tuple[str, str]] = []
    while (line := reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        fields.append((name, value.strip()))
    headers: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = _read_body(reader, headers)
    return ReceivedRequest(method, path, headers, tuple(name for name, _ in fields), body, server_name)


def _read_body(reader: Any, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        pieces = []
        while size := int(reader.readline().split(b";")[0], 16):
            pieces.append(_read_exactly(reader, size))
            reader.readline()
        reader.readline()
        return b"".join(pieces)
    return _read_exactly(reader, int(headers.get("content-length", 0)))


def _read_exactly(reader: Any, size: int) -> bytes:
    data: bytes = reader.read(size)
    if len(data) != size:
        raise EOFError
    return data


def _write_reply(connection: socket.socket, request: ReceivedRequest, reply: Reply) -> bool:
    """Send `reply`; True when the connection may carry another request."""
    if not _send_pieces(connection, reply.before_headers, lambda data: data):
        return False
    head = [f"HTTP/1.1 {reply.status} {reply.reason}", *(f"{name}: {value}" for name, value in reply.headers)]
    if reply.length == "chunked":
        head.append("transfer-encoding: chunked")
    elif reply.length == "known":
        head.append(f"content-length: {sum(len(piece) for piece in reply.pieces if isinstance(piece, bytes))}")
    else:
        head.append("connection: close")
    connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1"))
    if request.method == "HEAD":
        return True
    chunked = reply.length == "chunked"
    whole = _send_pieces(connection, reply.pieces, _as_chunk if chunked else lambda data: data)
    if whole and chunked:
        connection.sendall(b"0\r\n\r\n")
    return whole and reply.length != "close"


def _as_chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""


def _send_pieces(connection: socket.socket, pieces: Iterable[Piece], frame: Callable[[bytes], bytes]) -> bool:
    """Send until the end; False when the script says CUT."""
    for piece in pieces:
        if piece is CUT:
            # RST, not FIN: what a crashed backend looks like
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            return False
        if isinstance(piece, bytes):
            connection.sendall(frame(piece))
        elif isinstance(piece, threading.Event):
            if not piece.wait(_GATE_LIMIT_S):
                return False
        elif isinstance(piece, int | float):
            threading.Event().wait(piece)
    return True


def _quietly(action: Callable[[], object]) -> None:
    with contextlib.suppress(OSError):  # already closed: what was wanted
        action()
