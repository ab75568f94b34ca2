"""The work that an addon goes on with beside the flows: kept until it is over, and a bug that ends it is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")


class BackgroundTasks:
    """For one event loop, which keeps none of its tasks itself: one that nobody holds may vanish before its end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], lost: str) -> asyncio.Task[T]:
        """`lost`: what does not happen where `work` raises, for the log: "the configuration is not watched any more".
        What may be expected to go wrong is caught inside."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._end(ended, lost))
        return task

    def cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _end(self, task: asyncio.Task[Any], lost: str) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            logger.error("%s", lost, exc_info=bug)
