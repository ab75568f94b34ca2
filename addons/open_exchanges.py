"""The exchanges that are open right now: what a process waits for before it ends."""

from __future__ import annotations

import asyncio


class OpenExchanges:
    """Counts; `draining` says that no new one may begin. For one event loop. An addon, so that a master can find it."""

    def __init__(self) -> None:
        self.draining = False
        self._open: set[object] = set()
        self._none_open = asyncio.Event()
        self._none_open.set()

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, exchange: object) -> None:
        self._open.add(exchange)
        self._none_open.clear()

    def end(self, exchange: object) -> None:
        """Calling it again for the same one is harmless: an exchange ends by several hooks."""
        self._open.discard(exchange)
        if not self._open:
            self._none_open.set()

    async def wait_until_none(self) -> None:
        await self._none_open.wait()
