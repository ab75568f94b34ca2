"""A graceful end waits for what is open, but not for ever."""

from __future__ import annotations

import asyncio
import logging

import pytest
from mitmproxy import options
from mitmproxy.addons.core import Core
from mitmproxy.addons.proxyserver import Proxyserver

from addons.draining import Draining
from addons.open_exchanges import OpenExchanges


class Impatient(Draining):
    drain_limit_s = 0.2


async def stop_with(open_exchanges: OpenExchanges, *, ends_after_s: float | None = None) -> None:
    """Runs a master without doors, and stops it; one of its exchanges ends some time later."""
    master = Impatient(options.Options(mode=[]))
    master.addons.add(Core(), Proxyserver(), open_exchanges)  # type: ignore[no-untyped-call]
    running = asyncio.create_task(master.run())
    await asyncio.sleep(0)  # else it would be stopped before it has begun
    open_exchanges.begin("a stream")
    master.shutdown()
    if ends_after_s is not None:
        asyncio.get_running_loop().call_later(ends_after_s, open_exchanges.end, "a stream")
    async with asyncio.timeout(10):
        await running


def test_what_does_not_end_is_cut_at_the_limit(caplog: pytest.LogCaptureFixture) -> None:
    exchanges = OpenExchanges()
    with caplog.at_level(logging.INFO):
        asyncio.run(stop_with(exchanges))
    assert exchanges.draining
    assert "stopping: 1 flows were cut after 0.2 s" in caplog.text


def test_what_ends_in_time_is_not_cut(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        asyncio.run(stop_with(OpenExchanges(), ends_after_s=0.05))
    assert "stopping: 1 open flows may finish" in caplog.text
    assert "cut" not in caplog.text
