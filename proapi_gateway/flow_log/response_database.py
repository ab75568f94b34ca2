"""The store of answered Responses requests on the log's database, off the event loop.

What is kept is found at once, in a store in memory, from which it goes when the database has it: the database is what
all processes see. While that cannot be written to, the memory is what there is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from functools import partial
from typing import TypeVar

import peewee

from ..response_store import Item, MemoryResponseStore, StoredResponse
from .response_rows import ResponseRows

logger = logging.getLogger(__name__)

_FAULTS = (peewee.PeeweeException, OSError)
_MOST_UNWRITTEN = 5000

T = TypeVar("T")
_Batch = dict[str, tuple[str, StoredResponse]]  # by id: its owner, and itself
_Written = dict[str, bool]  # by id; False: the database will never take this one


class DatabaseResponseStore:
    """A `ResponseStore`. `front`: what is not written yet, and what was kept before there was a database.
    `others_write_within_s`: an id that is not there may be one that another process is just writing; 0: none does.
    """

    def __init__(self, front: MemoryResponseStore, rows: ResponseRows, others_write_within_s: float) -> None:
        self._front = front
        self._rows = rows
        self._others_write_within_s = others_write_within_s
        self._thread = ThreadPoolExecutor(1, "proapi-responses")
        self._unwritten: _Batch = {}
        self._writing: Future[_Written] | None = None
        self._batch: _Batch = {}
        self._is_ill = False

    def keep(self, owner: str, stored: StoredResponse) -> None:
        self._front.keep(owner, stored)
        self._unwritten[stored.id] = (owner, stored)
        if len(self._unwritten) > _MOST_UNWRITTEN:
            del self._unwritten[next(iter(self._unwritten))]
        self._write_on()

    async def find(self, owner: str, response_id: str) -> StoredResponse | None:
        found = await self._front.find(owner, response_id) or await self._read(owner, response_id)
        if found is None and self._others_write_within_s:
            await asyncio.sleep(self._others_write_within_s)
            found = await self._read(owner, response_id)
        return found

    async def find_item(self, owner: str, item_id: str) -> tuple[Item, StoredResponse] | None:
        found = await self._front.find_item(owner, item_id)
        return found or await self._ask(lambda: self._rows.read_item(owner, item_id), None)

    async def forget(self, owner: str, response_id: str) -> bool:
        self._unwritten.pop(response_id, None)
        in_front = await self._front.forget(owner, response_id)
        # in the one thread, so after a write of it that runs
        return await self._ask(lambda: self._rows.delete(owner, response_id), False) or in_front

    async def is_another_owners(self, owner: str, response_id: str) -> bool:
        if await self._front.is_another_owners(owner, response_id):
            return True
        return await self._ask(lambda: self._rows.owner_of(response_id), None) not in (None, owner)

    async def _read(self, owner: str, response_id: str) -> StoredResponse | None:
        return await self._ask(lambda: self._rows.read(owner, response_id), None)

    def close(self, within_s: float) -> None:
        """Write what is not written yet, as far as that can be done in time."""
        batch = dict(self._unwritten)
        last = self._thread.submit(self._write, batch)
        done, _ = wait_for([last], within_s)
        self._thread.shutdown(wait=False, cancel_futures=True)
        if not done or len(last.result()) < len(batch) or not all(last.result().values()):
            logger.warning("%d responses could not be written to the database", len(batch))

    # -- the event loop ----------------------------------------------------------------------------------------------
    def _write_on(self) -> None:
        if self._writing is not None or not self._unwritten:
            return
        loop = asyncio.get_running_loop()
        self._batch = dict(self._unwritten)
        self._writing = self._thread.submit(self._write, self._batch)
        self._writing.add_done_callback(
            lambda future: None if loop.is_closed() else loop.call_soon_threadsafe(self._take_off, future)
        )

    def _take_off(self, future: Future[_Written]) -> None:
        """What is written leaves the memory, unless there is a newer version of it. After a fault, the next `keep`
        tries again."""
        self._writing = None
        written = {} if future.cancelled() else future.result()
        for response_id, is_there in written.items():
            if self._unwritten.get(response_id) is self._batch[response_id]:
                owner, _ = self._unwritten.pop(response_id)
                if is_there:
                    self._front.drop(owner, response_id)
        if written:
            self._write_on()

    async def _ask(self, read: Callable[[], T], otherwise: T) -> T:
        return await asyncio.wrap_future(self._thread.submit(self._guarded, read, otherwise))

    # -- the thread --------------------------------------------------------------------------------------------------
    def _write(self, batch: _Batch) -> _Written:
        """What became of them: of all, or of those before a fault."""
        written: _Written = {}
        for response_id, (owner, stored) in batch.items():
            is_there = self._guarded(partial(self._write_one, owner, stored), None)
            if is_there is None:
                break
            written[response_id] = is_there
        return written

    def _write_one(self, owner: str, stored: StoredResponse) -> bool | None:
        try:
            self._rows.write(owner, stored)
        except (peewee.IntegrityError, peewee.DataError, ValueError) as fault:
            logger.warning("a response is kept in memory only: %s", type(fault).__name__)
            return False
        return True

    def _guarded(self, act: Callable[[], T], otherwise: T) -> T:
        try:
            result = self._on_a_live_connection(act)
        except _FAULTS as fault:
            if not self._is_ill:
                logger.error("stored responses: the database: %s", f"{type(fault).__name__}: {fault}".splitlines()[0])
            self._is_ill = True
            self._rows.disconnect()
            return otherwise
        self._is_ill = False
        return result

    def _on_a_live_connection(self, act: Callable[[], T]) -> T:
        """One that lay idle may be dead, and only its next use tells: then it is done again, on a new one."""
        try:
            return act()
        except _FAULTS:
            if self._is_ill:
                raise
            self._rows.disconnect()
            return act()
