"""The graceful end of a master: no new flows, open ones finish, then the process ends with 0."""

from __future__ import annotations

import asyncio
import logging

from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.master import Master

from .open_exchanges import OpenExchanges
from .untyped_mitmproxy import addon_named, running_proxyserver

logger = logging.getLogger(__name__)

DEFAULT_LIMIT_S = 30.0
# An exchange ends in the `response` hook; mitmproxy writes the end of its body some turns of the event loop later.
_LAST_BYTES_S = 0.05


class Draining(Master):
    """Mixed in before a master class. A signal calls `shutdown`: the first drains, the second ends at once."""

    drain_limit_s = DEFAULT_LIMIT_S
    _drain: asyncio.Future[None] | None = None

    def shutdown(self) -> None:
        self.event_loop.call_soon_threadsafe(self._begin_to_end)

    def _begin_to_end(self) -> None:
        if self._drain is not None:
            self.should_exit.set()
            return
        self._drain = asyncio.ensure_future(self._end_gracefully())

    async def _end_gracefully(self) -> None:
        proxyserver = running_proxyserver(self)
        exchanges = _open_exchanges(self)
        exchanges.draining = True
        try:
            await proxyserver.servers.update([])  # the doors close; connections that are open stay
            async with asyncio.timeout(self.drain_limit_s):
                if len(exchanges):
                    logger.info("stopping: %d open flows may finish", len(exchanges))
                await exchanges.wait_until_none()
                await asyncio.sleep(_LAST_BYTES_S)
                await _flush(proxyserver)
        except TimeoutError:
            logger.warning("stopping: %d flows were cut after %g s", len(exchanges), self.drain_limit_s)
        finally:
            self.should_exit.set()


def _open_exchanges(master: Master) -> OpenExchanges:
    # there is none before our script has loaded: then none is open either
    return addon_named(master, "openexchanges") or OpenExchanges()


async def _flush(proxyserver: Proxyserver) -> None:
    """Close the clients' connections, last bytes first: a slow reader may not have taken all of its reply yet."""
    writers = []
    for handler in list(proxyserver.connections.values()):
        transport = handler.transports.get(handler.client)
        if transport is not None and isinstance(transport.writer, asyncio.StreamWriter):
            transport.writer.close()
            writers.append(transport.writer)
    await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)
