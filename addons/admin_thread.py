"""A WSGI application served by threads of this process, until it is stopped."""

from __future__ import annotations

import logging
import socket
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_THREADS = 16  # each live list that somebody watches takes one


class AdminThread:
    """Serves from the start on. `listener`: a socket that listens already."""

    def __init__(self, listener: socket.socket, app: WSGIApplication) -> None:
        from waitress.server import create_server

        logging.getLogger("waitress").setLevel(logging.WARNING)  # it tells of each live list that somebody leaves
        self._sockets: dict[int, Any] = {}
        self._server: Any = create_server(
            app,
            map=self._sockets,
            sockets=[listener],
            threads=_THREADS,
            ident="",
            clear_untrusted_proxy_headers=False,  # they are read as what they are: words of whoever asks
            channel_request_lookahead=1,  # tells a stream that its reader is gone
        )
        threading.Thread(target=self._server.run, name="proapi-admin", daemon=True).start()

    def stop(self) -> None:
        """Hang up on everybody. Returns at once."""
        self._server.trigger.pull_trigger(self._close)  # in its own thread, which may be looking at its sockets now

    def _close(self) -> None:
        from waitress import wasyncore

        wasyncore.close_all(self._sockets)  # its loop ends with the last of them
        self._server.task_dispatcher.set_thread_count(0)
