"""Which cache the settings want."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proapi_gateway.reply_cache.caches import ReplyCaches
from proapi_gateway.reply_cache.table_store import TableStore
from proapi_gateway.settings import Secret, ServerSettings

from .conftest import Clock


@pytest.fixture
def server(tmp_path: Path) -> ServerSettings:
    return ServerSettings(admin_server=True, db_cache=True, db_path=f"sqlite:///{tmp_path}/log.db")


@pytest.fixture
def caches(clock: Clock) -> ReplyCaches:
    return ReplyCaches(clock)


@pytest.mark.parametrize("off", [{"admin_server": False}, {"db_cache": False}])
def test_none(caches: ReplyCaches, server: ServerSettings, off: dict[str, Any]) -> None:
    assert caches.wanted_by(replace(server, **off)) is None


def test_the_same_for_the_same_settings(caches: ReplyCaches, server: ServerSettings) -> None:
    cache = caches.wanted_by(server)
    assert cache is not None
    assert isinstance(cache.store, TableStore)
    assert caches.wanted_by(replace(server, debug=True)) is cache
    another = caches.wanted_by(replace(server, cache_seconds=5))
    assert another is not None
    assert another is not cache
    assert cache._writer.submit(lambda: None) is None  # the first has ended
    assert caches.wanted_by(replace(server, db_cache=False)) is None
    assert another._writer.submit(lambda: None) is None


def test_the_tables_are_made_before_the_first_request(caches: ReplyCaches, server: ServerSettings) -> None:
    cache = caches.wanted_by(server)
    assert cache is not None
    future = cache._reader.submit(lambda: None)
    assert future is not None
    future.result(20)
    assert isinstance(cache.store, TableStore)
    assert cache.store._ready.is_migrated
    cache.close(5)


def test_a_redis(caches: ReplyCaches, server: ServerSettings) -> None:
    redis_store = pytest.importorskip("proapi_gateway.reply_cache.redis_store", reason="redis is not installed")
    cache = caches.wanted_by(replace(server, cache_url=Secret("unix:///nowhere/redis.sock")))
    assert cache is not None
    assert isinstance(cache.store, redis_store.RedisStore)
    cache.close(5)


@pytest.mark.parametrize("changes", [{"db_path": "oracle://h/x"}, {"cache_url": Secret("http://h")}])
def test_what_cannot_be_opened_is_told_and_nothing_is_cached(
    caches: ReplyCaches, server: ServerSettings, changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert caches.wanted_by(replace(server, **changes)) is None
    assert "nothing is cached" in caplog.text


def test_without_the_package_it_is_told_what_to_install(
    caches: ReplyCaches, server: ServerSettings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    for module in ("redis_clients", "reply_cache.redis_store"):
        monkeypatch.delitem(sys.modules, f"proapi_gateway.{module}", raising=False)
    assert caches.wanted_by(replace(server, cache_url=Secret("redis://h"))) is None
    assert "pip install redis" in caplog.text
