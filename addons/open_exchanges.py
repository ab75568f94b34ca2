"""The exchanges that are open right now: what a process waits for before it ends, and how many it takes."""

from __future__ import annotations

import asyncio

from proapi_translate import BackendFailure

_RETRY_AFTER_S = 1.0


class OpenExchanges:
    """Counts; `draining` says that no new one may begin. For one event loop. An addon, so that a master can find it."""

    def __init__(self) -> None:
        self.draining = False
        self._open: set[object] = set()
        self._none_open = asyncio.Event()
        self._none_open.set()

    def __len__(self) -> int:
        return len(self._open)

    def refusal(self, most: int) -> BackendFailure | None:
        """Why the last one that began may not go on; None: it may. `most`: how many may be open with it; 0: any."""
        if self.draining:
            return _unavailable("The gateway is being stopped; try again.", "shutting_down")
        if most and len(self._open) > most:
            return _unavailable(f"The gateway has {most} requests open, and takes no more; try again.", "overloaded")
        return None

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


def _unavailable(message: str, code: str) -> BackendFailure:
    return BackendFailure(message, 503, kind="service_unavailable", code=code, retry_after_s=_RETRY_AFTER_S)
