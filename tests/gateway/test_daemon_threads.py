"""Work that blocks, in a thread that nobody waits for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from proapi_gateway.daemon_threads import run_in_daemon_thread


def test_what_it_returns_and_raises() -> None:
    def fail() -> None:
        raise KeyError("of the work's own")

    assert asyncio.run(run_in_daemon_thread(threading.current_thread, "of-this-name")).name == "of-this-name"
    with pytest.raises(KeyError, match="own"):
        asyncio.run(run_in_daemon_thread(fail, "x"))


def test_more_of_it_than_the_pool_has_threads_does_not_hinder_the_pool() -> None:
    async def main() -> str:
        go = threading.Event()
        hanging = [asyncio.ensure_future(run_in_daemon_thread(go.wait, "x")) for _ in range(50)]
        await asyncio.sleep(0)
        found = await asyncio.to_thread(lambda: "the pool is free")
        go.set()
        await asyncio.gather(*hanging)
        return found

    assert asyncio.run(asyncio.wait_for(main(), 20)) == "the pool is free"


def test_a_process_ends_while_the_work_hangs() -> None:
    code = (
        "import asyncio, threading\n"
        "from proapi_gateway.daemon_threads import run_in_daemon_thread\n"
        "hang = run_in_daemon_thread(threading.Event().wait, 'x')\n"
        "try: asyncio.run(asyncio.wait_for(hang, 0.1))\n"
        "except TimeoutError: print('ended')\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert (found.stdout, found.stderr) == ("ended\n", "")


def test_a_result_after_the_loop_has_closed_is_nobodys() -> None:
    go, done = threading.Event(), threading.Event()

    def work() -> None:
        go.wait(20)
        done.set()

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(run_in_daemon_thread(work, "late"), 0.01)

    asyncio.run(give_up())
    go.set()
    assert done.wait(20)
