"""A backend of realtime sessions: a real WebSocket server on loopback that notes the handshake and echoes.

    with RealtimeBackend() as backend:
        ...                      # a client connects, says "x" and gets "x" back; says "close" and is closed with 4001
        backend.handshakes[0].headers["Authorization"]

Words that it obeys: "close" (close with 4001 and a reason), "die" (the connection is cut without a close frame).
"""

from __future__ import annotations

import contextlib
import http
import json
import socket
import threading
from types import TracebackType
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

CREATED = {"type": "session.created", "event_id": "event_1", "session": {"object": "realtime.session", "id": "sess_1"}}
CLOSED_BY_BACKEND = (4001, "session expired")
REFUSED_MODEL = "refused-model"


class RealtimeBackend:
    def __init__(self) -> None:
        self.handshakes: list[Request] = []
        self.closed_with: list[tuple[int | None, str]] = []
        self.session_ended = threading.Event()

    def __enter__(self) -> RealtimeBackend:
        self._server = serve(
            self._session,
            "127.0.0.1",
            0,
            subprotocols=["realtime"],  # type: ignore[list-item]
            select_subprotocol=_select_subprotocol,
            process_request=self._look_at,
            compression="deflate",
            max_size=None,
        )
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._server.shutdown()

    def _look_at(self, connection: ServerConnection, request: Request) -> Response | None:
        self.handshakes.append(request)
        if REFUSED_MODEL in request.path:
            error = {"message": f"no {REFUSED_MODEL}", "type": "invalid_request_error", "param": None, "code": "gone"}
            response = connection.respond(http.HTTPStatus.FORBIDDEN, json.dumps({"error": error}))
            response.headers["Retry-After"] = "7"
            return response
        return None

    def _session(self, connection: ServerConnection) -> None:
        connection.send(json.dumps(CREATED))
        with contextlib.suppress(ConnectionClosed):  # how it was closed is told below
            self._obey(connection)
        self.closed_with.append((connection.close_code, connection.close_reason or ""))
        self.session_ended.set()

    def _obey(self, connection: ServerConnection) -> None:
        for message in connection:
            if message == "close":
                connection.close(*CLOSED_BY_BACKEND)
            elif message == "die":
                connection.socket.shutdown(socket.SHUT_RDWR)
            else:
                connection.send(message)


def _select_subprotocol(connection: Any, offered: Any) -> Any:
    return "realtime" if "realtime" in offered else None
