"""The stores of the cache's tests: each runs on an SQLite file, on PostgreSQL, and in a Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from proapi_gateway.flow_log.database import open_database
from proapi_gateway.reply_cache.entries import ReplyStore, StoreLimits
from proapi_gateway.reply_cache.table_store import TableStore

HOUR_MS = 3_600_000
LIMITS = StoreLimits(HOUR_MS, 1_000_000)

# Stores of one place, as several processes have them.
OpenStore = Callable[..., ReplyStore]


class Clock:
    """Unix seconds, moved by hand."""

    def __init__(self) -> None:
        self.now_s = 1_764_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def open_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> OpenStore:
    """`open_store(limits)`: another store in the same place, which is empty at first."""
    if request.param == "redis":
        from proapi_gateway.reply_cache.redis_store import RedisStore

        url = request.getfixturevalue("redis_url")
        RedisStore(url, clock, LIMITS).clear()
        return lambda limits=LIMITS: RedisStore(url, clock, limits)
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('cache')}/log.db"
    else:
        url = request.getfixturevalue("postgresql")
        TableStore(open_database(url), clock, LIMITS).clear()
    return lambda limits=LIMITS: TableStore(open_database(url), clock, limits)


@pytest.fixture
def store(open_store: OpenStore) -> Iterator[ReplyStore]:
    opened = open_store()
    yield opened
    opened.disconnect()
