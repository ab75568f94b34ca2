"""The departures of clients in the middle of a reply: what becomes of the backend's work (`server.on_disconnect`).

`cancel`: the layer ends it at once, as it does without us. `drain`: it goes on to its end, so that its usage is known
and billed to the right token; nothing of it is kept, and it is bounded in time and bytes.

mitmproxy closes all connections of a client that has left, but not before the hook `client_disconnected` has returned:
it waits here for what is being drained.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from mitmproxy import http
from mitmproxy.connection import Client

from .attempt import Attempt, attempt_of
from .deadlines import Loop, TimerHandle
from .exchange import Exchange, exchange_of

logger = logging.getLogger(__name__)

DRAIN_LIMIT_S = 120.0
DRAIN_LIMIT_BYTES = 8 * 1024 * 1024
_MARGIN_S = 5.0

_DRAINS = {"drain": True, "cancel": False}


class ClientDepartures:
    """`loop()`: the event loop; `abort(flow, why)` ends the upstream connection of a flow in transit."""

    def __init__(self, loop: Callable[[], Loop], abort: Callable[[http.HTTPFlow, str], object]) -> None:
        self._loop = loop
        self._abort = abort
        self._drains: dict[str, _Drain] = {}  # by the flow's id

    # -- hooks -------------------------------------------------------------------------------------------------------
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        exchange, attempt = exchange_of(flow), attempt_of(flow)
        if exchange is not None and attempt is not None and _DRAINS[exchange.snapshot.settings.server.on_disconnect]:
            attempt.drains = lambda: self._begin(flow, exchange, attempt)

    async def client_disconnected(self, client: Client) -> None:
        left = [drain.ended.wait() for drain in self._drains.values() if drain.client_id == client.id]
        if left:
            with contextlib.suppress(TimeoutError):  # each ends itself; this only must not wait for ever
                await asyncio.wait_for(asyncio.gather(*left), DRAIN_LIMIT_S + _MARGIN_S)

    def response(self, flow: http.HTTPFlow) -> None:
        if (drain := self._drains.pop(flow.id, None)) is not None:
            drain.end()

    def error(self, flow: http.HTTPFlow) -> None:
        self.response(flow)

    # -- one that is drained -----------------------------------------------------------------------------------------
    def _begin(self, flow: http.HTTPFlow, exchange: Exchange, attempt: Attempt) -> bool:
        logger.info("%s: the client left; %s goes on to its end", exchange.id, exchange.label)

        def give_up() -> None:
            self._abort(flow, f"the client left, and more than {DRAIN_LIMIT_S:g} s or {DRAIN_LIMIT_BYTES} bytes came")

        drain = _Drain(flow.client_conn.id, self._loop().call_later(DRAIN_LIMIT_S, give_up), give_up)
        told_before = attempt.piece_came

        def piece_came(size: int) -> None:
            told_before(size)
            drain.count(size)

        attempt.piece_came = piece_came
        self._drains[flow.id] = drain
        return True


class _Drain:
    """A reply that nobody hears any more."""

    def __init__(self, client_id: str, timer: TimerHandle, give_up: Callable[[], None]) -> None:
        self.client_id = client_id
        self.ended = asyncio.Event()
        self._timer = timer
        self._give_up = give_up
        self._bytes = 0

    def count(self, size: int) -> None:
        was_within, self._bytes = self._bytes <= DRAIN_LIMIT_BYTES, self._bytes + size
        if was_within and self._bytes > DRAIN_LIMIT_BYTES:
            self._give_up()

    def end(self) -> None:
        self._timer.cancel()
        self.ended.set()
