"""The work beside the flows: kept, cancelled, and told where it fails."""

from __future__ import annotations

import asyncio

import pytest

from addons.background_tasks import BackgroundTasks
from tests.addons.in_process_proxy import in_loop


@in_loop(expect_error="the pages are not there")
async def test_what_raises_is_told_with_what_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise KeyError("why")

    task = BackgroundTasks().start(fail(), "the pages are not there")
    await asyncio.wait([task])
    assert "the pages are not there" in caplog.text
    assert "KeyError: 'why'" in caplog.text


@in_loop
async def test_it_is_kept_until_its_end_and_then_forgotten() -> None:
    async def work() -> int:
        return 1

    tasks = BackgroundTasks()
    task = tasks.start(work(), "lost")
    assert tasks._tasks == {task}
    assert await task == 1
    assert not tasks._tasks


@in_loop
async def test_cancelled_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    tasks = BackgroundTasks()
    task = tasks.start(asyncio.Event().wait(), "lost")
    tasks.cancel()
    await asyncio.wait([task])
    assert not caplog.text
