"""The store of responses on the log's database: found at once, and after a restart, and while the database is ill."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import peewee
import pytest

from proapi_gateway.flow_log.database import open_database
from proapi_gateway.flow_log.response_database import DatabaseResponseStore
from proapi_gateway.flow_log.response_rows import ResponseRows
from proapi_gateway.response_store import MemoryResponseStore, StoredResponse

from .test_response_rows import stored

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(coroutine, 20))


class SteeredRows(ResponseRows):
    """`fault`: what each call raises. `gate`: what each write waits for."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.fault: Exception | None = None
        self.refused = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def write(self, owner: str, kept: StoredResponse) -> None:
        assert self.gate.wait(10)
        if self.fault is not None:
            self.refused.set()
            raise self.fault
        super().write(owner, kept)

    def read(self, owner: str, response_id: str) -> StoredResponse | None:
        if self.fault is not None:
            raise self.fault
        return super().read(owner, response_id)


Opened = tuple[DatabaseResponseStore, SteeredRows, MemoryResponseStore]


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Opened]:
    def open_it(others_write_within_s: float = 0.05) -> Opened:
        front = MemoryResponseStore(lambda: 0.0)
        rows = SteeredRows(open_database(f"sqlite:///{tmp_path}/log.db"), lambda: 1000.0)
        return DatabaseResponseStore(front, rows, others_write_within_s), rows, front

    return open_it


async def until(met: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    while not await met():  # noqa: ASYNC110 - nothing tells when a row has left the memory
        await asyncio.sleep(0.01)


def test_what_is_kept_is_found_at_once_then_in_the_database(opened: Callable[..., Opened]) -> None:
    async def go() -> None:
        store, rows, front = opened()
        rows.gate.clear()
        store.keep("a", stored())
        assert await store.find("a", "resp_1") == stored()
        assert await store.find_item("a", "msg_in_resp_1") is not None
        assert await store.is_another_owners("b", "resp_1")
        rows.gate.set()

        async def left_the_memory() -> bool:
            return await front.find("a", "resp_1") is None

        await until(left_the_memory)
        assert await store.find("a", "resp_1") == stored()
        assert await store.find("b", "resp_1") is None
        assert await store.find_item("a", "msg_in_resp_1") is not None
        assert await store.is_another_owners("b", "resp_1")
        assert not await store.is_another_owners("a", "resp_1")
        store.close(5)

    run(go())


def test_what_another_process_is_just_writing_is_waited_for(opened: Callable[..., Opened]) -> None:
    async def go() -> None:
        (ours, _, _), (theirs, rows, _) = opened(1.0), opened()  # a busy machine may take that long to write it
        rows.gate.clear()
        theirs.keep("a", stored())
        finding = asyncio.ensure_future(ours.find("a", "resp_1"))
        await asyncio.sleep(0.01)
        rows.gate.set()
        assert await finding == stored()
        for store in (ours, theirs):
            store.close(5)

    run(go())


def test_it_is_there_after_a_restart(opened: Callable[..., Opened]) -> None:
    async def go() -> None:
        store, _, _ = opened()
        for number in range(20):
            store.keep("a", stored(f"resp_{number}"))
        store.close(5)
        again, _, _ = opened()
        assert [await again.find("a", f"resp_{number}") is not None for number in range(20)] == [True] * 20
        again.close(5)

    run(go())


def test_what_is_forgotten_does_not_come_back(opened: Callable[..., Opened]) -> None:
    """Also where its writing is under way."""

    async def go() -> None:
        store, rows, _ = opened()
        rows.gate.clear()
        store.keep("a", stored())
        forgetting = asyncio.ensure_future(store.forget("a", "resp_1"))
        await asyncio.sleep(0)
        rows.gate.set()
        assert await forgetting is True
        assert await store.find("a", "resp_1") is None
        assert await store.forget("a", "resp_1") is False
        store.close(5)

    run(go())


def test_another_owner_cannot_forget_it(opened: Callable[..., Opened]) -> None:
    async def go() -> None:
        store, _, _ = opened()
        store.keep("a", stored())
        assert await store.forget("b", "resp_1") is False
        assert await store.find("a", "resp_1") is not None
        store.close(5)

    run(go())


def test_while_the_database_is_ill_the_memory_is_what_there_is(
    opened: Callable[..., Opened], caplog: pytest.LogCaptureFixture
) -> None:
    async def go() -> None:
        store, rows, front = opened()
        rows.fault = peewee.OperationalError("disk full")
        for number in range(3):
            store.keep("a", stored(f"resp_{number}"))
            assert await store.find("a", f"resp_{number}") is not None
        assert await store.find("a", "resp_unknown") is None
        rows.fault = None
        store.keep("a", stored("resp_3"))  # with it goes what was left

        async def all_written() -> bool:
            return not [each for each in range(4) if await front.find("a", f"resp_{each}") is not None]

        await until(all_written)
        assert await store.find("a", "resp_0") is not None
        store.close(5)

    run(go())
    assert len([record for record in caplog.records if "disk full" in record.message]) == 1


def test_a_connection_that_was_cut_while_it_lay_idle_is_nobodys_404(
    postgresql: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def go() -> None:
        rows = ResponseRows(open_database(postgresql), lambda: 1000.0)
        rows.write("a", stored())
        rows.disconnect()
        store = DatabaseResponseStore(MemoryResponseStore(lambda: 0.0), rows, others_write_within_s=0.0)
        assert await store.find("a", "resp_1") == stored()
        other = open_database(postgresql)
        with other.connected():
            others = "pid <> pg_backend_pid() AND datname = current_database()"
            other.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        assert await store.find("a", "resp_1") == stored()
        store.close(5)

    run(go())
    assert not caplog.records


def test_one_that_the_database_refuses_stays_in_memory_and_holds_up_nobody(opened: Callable[..., Opened]) -> None:
    async def go() -> None:
        store, rows, front = opened()
        rows.fault = peewee.DataError("no")
        store.keep("a", stored("resp_1"))
        assert await asyncio.to_thread(rows.refused.wait, 5)
        rows.fault = None
        store.keep("a", stored("resp_2"))

        async def written() -> bool:
            return await front.find("a", "resp_2") is None

        await until(written)
        assert await store.find("a", "resp_1") is not None
        store.close(5)

    run(go())
