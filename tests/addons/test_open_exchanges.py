"""What a process waits for before it ends."""

import asyncio

from addons.open_exchanges import OpenExchanges


def test_waiting_ends_with_the_last_one() -> None:
    async def run() -> None:
        exchanges, one, two = OpenExchanges(), object(), object()
        await exchanges.wait_until_none()
        exchanges.begin(one)
        exchanges.begin(two)
        waiting = asyncio.ensure_future(exchanges.wait_until_none())
        exchanges.end(one)
        exchanges.end(one)  # a flow may end by `response` and by `error`
        await asyncio.sleep(0)
        assert not waiting.done()
        exchanges.end(two)
        await asyncio.wait_for(waiting, 1)

    asyncio.run(run())
