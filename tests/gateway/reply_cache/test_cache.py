"""The cache as a flow uses it: what is kept is found, and a store that fails or hangs costs nothing but hits."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import peewee
import pytest

from proapi_gateway.flow_log.database import open_database
from proapi_gateway.reply_cache import cache as cache_module
from proapi_gateway.reply_cache.cache import ReplyCache
from proapi_gateway.reply_cache.entries import Entry
from proapi_gateway.reply_cache.table_store import TableStore

from .conftest import LIMITS, Clock
from .sample_entries import PARTS, entry, question


class SteeredStore(TableStore):
    """`fault`: what each call raises. `gate`: what each waits for."""

    fault: Exception | None = None
    calls = 0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.gate = threading.Event()
        self.gate.set()

    def _steer(self) -> None:
        assert self.gate.wait(10)
        self.calls += 1
        if self.fault is not None:
            raise self.fault

    def read(self, key: str, stored_after_ms: int = 0) -> bytes | None:
        self._steer()
        return super().read(key, stored_after_ms)

    def write(self, entry: Entry) -> None:
        self._steer()
        super().write(entry)


@pytest.fixture
def steered(tmp_path: Path, clock: Clock) -> SteeredStore:
    return SteeredStore(open_database(f"sqlite:///{tmp_path}/log.db"), clock, LIMITS)


@pytest.fixture
def cache(steered: SteeredStore, clock: Clock) -> ReplyCache:
    return ReplyCache(steered, clock)


def run(go: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(go(), 30))


async def written(cache: ReplyCache) -> None:
    future = cache._writer.submit(lambda: None)
    assert future is not None
    await asyncio.wrap_future(future)


def test_what_is_kept_is_found(cache: ReplyCache) -> None:
    async def go() -> None:
        found = await cache.find(question())
        assert found is not None
        assert (found.reply, found.words, found.late) == ((), "what is up", None)
        cache.keep(found, PARTS)
        await written(cache)
        again = await cache.find(question())
        assert again is not None
        assert again.reply == PARTS
        await written(cache)
        (view,) = cache.store.newest(5)
        assert (view.hits, view.token, view.model, view.stored_ms) == (1, "team-a", "gpt-4o", 1_764_000_000_000)

    run(go)


def test_who_does_not_read_still_finds_the_place(cache: ReplyCache, clock: Clock) -> None:
    async def go() -> None:
        found = await cache.find(question(), reads=False)
        assert found is not None
        cache.keep(found, PARTS)
        await written(cache)
        clock.now_s += 10
        for told, reply in (({"reads": False}, ()), ({"max_age_s": 9.0}, ()), ({"max_age_s": 11.0}, PARTS)):
            again = await cache.find(question(), **told)  # type: ignore[arg-type]
            assert again is not None
            assert (again.key, again.reply) == (found.key, reply)

    run(go)


def test_what_has_no_key_or_is_too_long_is_not_kept(cache: ReplyCache) -> None:
    async def go() -> None:
        none = await cache.find(question(b'{"tools": [{}]}'))
        good = await cache.find(question())
        assert none is not None
        assert good is not None
        assert none.key == ""
        cache.keep(none, PARTS)
        cache.keep(good, None)
        await written(cache)
        assert cache.store.sizes().entries == 0

    run(go)


def test_with_tools(steered: SteeredStore, clock: Clock) -> None:
    async def go() -> None:
        found = await ReplyCache(steered, clock, with_tools=True).find(question(b'{"tools": [{}]}'))
        assert found is not None
        assert found.key

    run(go)


def test_a_store_that_fails_is_told_once_and_left_alone(
    cache: ReplyCache, steered: SteeredStore, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        steered.fault = peewee.OperationalError("disk full\nat length")
        for _ in range(5):
            found = await cache.find(question())
            assert found is not None
            assert found.reply == ()
            cache.keep(found, PARTS)
            await written(cache)
        assert steered.calls == 1
        monkeypatch.setattr(cache_module, "_REST_S", 0.0)
        cache._rests_until_s = 0.0
        await cache.find(question())
        steered.fault = None
        cache._rests_until_s = 0.0
        cache.keep(found, PARTS)
        await written(cache)
        again = await cache.find(question())
        assert again is not None
        assert again.reply == PARTS

    run(go)
    assert [record.getMessage() for record in caplog.records] == ["the cache: OperationalError: disk full"]


def test_a_store_that_hangs_holds_up_nobody(cache: ReplyCache, steered: SteeredStore) -> None:
    async def go() -> None:
        steered.gate.clear()
        loop = asyncio.get_running_loop()
        began = loop.time()
        found = await cache.find(question())
        assert loop.time() - began < 5
        assert found is not None
        assert (found.key, found.late) == ("", question())
        cache.keep(found, PARTS)
        waiting = [asyncio.ensure_future(cache.find(question())) for _ in range(100)]
        late = await asyncio.gather(*waiting)
        assert None in late  # more than may wait
        steered.gate.set()
        await written(cache)
        while (again := await cache.find(question())) is None:  # noqa: ASYNC110 - nothing tells when there is room again
            await asyncio.sleep(0.01)
        assert again.reply == PARTS

    run(go)


def test_a_bug_costs_no_reply(cache: ReplyCache, steered: SteeredStore, caplog: pytest.LogCaptureFixture) -> None:
    async def go() -> None:
        steered.fault = RuntimeError("a bug")
        assert await cache.find(question()) is None

    run(go)
    assert "a look-up failed" in caplog.text


def test_a_spoilt_entry_is_a_miss_and_goes(cache: ReplyCache) -> None:
    async def go() -> None:
        found = await cache.find(question())
        assert found is not None
        cache.store.write(entry(found.key, b"no zstd"))
        again = await cache.find(question())
        assert again == replace(found, reply=())
        await written(cache)
        assert cache.store.newest(5) == []

    run(go)


def test_what_was_kept_is_written_at_the_end(cache: ReplyCache, caplog: pytest.LogCaptureFixture) -> None:
    async def go() -> None:
        found = await cache.find(question())
        assert found is not None
        cache.keep(found, PARTS)
        cache.close(10)
        cache.keep(found, PARTS)  # no more is taken
        assert await cache.find(question()) is None
        cache.close(10)

    run(go)
    assert cache.store.sizes().entries == 1
    assert caplog.records == []


def test_an_end_that_hangs_is_told(cache: ReplyCache, steered: SteeredStore, caplog: pytest.LogCaptureFixture) -> None:
    async def go() -> None:
        found = await cache.find(question())
        assert found is not None
        steered.gate.clear()
        cache.keep(found, PARTS)
        cache.close(0.05)
        steered.gate.set()

    with caplog.at_level(logging.WARNING):
        run(go)
    assert "could not be written" in caplog.text
