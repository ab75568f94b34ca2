"""Which store the settings get, and whether it waits for other processes that write."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from proapi_gateway.response_stores import ResponseStores
from proapi_gateway.settings import ServerSettings


@pytest.mark.parametrize(("several_workers", "waits"), [(False, []), (True, [0.25])])
def test_an_unknown_id_is_waited_for_only_where_others_write(
    several_workers: bool, waits: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("proapi_gateway.flow_log.response_database.asyncio.sleep", sleep)
    stores = ResponseStores(lambda: 1000.0, several_workers=several_workers)
    store = stores.wanted_by(ServerSettings(admin_server=True, db_path=f"sqlite:///{tmp_path}/log.db"))
    assert asyncio.run(store.find("a", "resp_unknown")) is None
    store.close(5)
    assert waited == waits


def test_without_a_log_it_is_the_memory() -> None:
    store = ResponseStores(lambda: 0.0).wanted_by(ServerSettings())
    assert type(store).__name__ == "MemoryResponseStore"
