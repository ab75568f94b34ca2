"""A plain HTTP proxy on loopback that only knows CONNECT: notes what it was asked for, then moves bytes."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field

_KEPT_BYTES = 64 * 1024


@dataclass
class ConnectProxy:
    """`refuses`: the status with which it answers instead of opening a tunnel."""

    refuses: int = 0
    heads: list[str] = field(default_factory=list)

    def __enter__(self) -> ConnectProxy:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.heads.append(head.decode())
            if self.refuses:
                client.sendall(b"HTTP/1.1 %d No\r\n\r\n" % self.refuses)
                return
            host, _, port = head.split()[1].decode().rpartition(":")
            with socket.create_connection((host.strip("[]"), int(port)), timeout=10) as server:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KEPT_BYTES)  # it passes on, and keeps little
                client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KEPT_BYTES)
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=_move, args=(server, client), daemon=True)
                back.start()
                _move(client, server)
                back.join()


def _move(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
