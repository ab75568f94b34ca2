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


def test_how_many_may_be_open() -> None:
    exchanges = OpenExchanges()
    for each in range(3):
        exchanges.begin(each)
    assert exchanges.refusal(3) is exchanges.refusal(0) is None
    refusal = exchanges.refusal(2)
    assert refusal is not None
    assert (refusal.status, refusal.code, refusal.retry_after_s) == (503, "overloaded", 1.0)
    exchanges.draining = True
    stopping = exchanges.refusal(0)
    assert stopping is not None
    assert stopping.code == "shutting_down"
