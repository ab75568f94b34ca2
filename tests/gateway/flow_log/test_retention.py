"""The log stays within its bounds, oldest first, in small steps; the file shrinks with it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from proapi_gateway.flow_log import retention
from proapi_gateway.flow_log.database import LogDatabase, open_database
from proapi_gateway.flow_log.migrations import migrate
from proapi_gateway.flow_log.models import Flow, FlowSum, FlowUse
from proapi_gateway.flow_log.queries import FlowQueries
from proapi_gateway.flow_log.records import BodyRecord, Side
from proapi_gateway.flow_log.retention import Keeper
from proapi_gateway.settings import Retention

from .sample_flows import FLOW, NOON_MS, with_bodies, write

_DAY_MS = 86_400_000
NO_BOUNDS = Retention(days=0, rows=0, bytes=0)


def fill(database: LogDatabase, count: int) -> None:
    """One flow a day; the last one at noon of the 25th."""
    first = NOON_MS - (count - 1) * _DAY_MS
    records = [replace(FLOW, request_id=f"req_{day}", started_ms=first + day * _DAY_MS) for day in range(count)]
    write(database, *[with_bodies(record, "Hello", "there") for record in records])


def left(database: LogDatabase) -> list[str]:
    return [row["request_id"] for row in database.rows(Flow.select(Flow.request_id).order_by(Flow.id))]


def keep(database: LogDatabase, keeper: Keeper, now_ms: int = NOON_MS + 1000) -> int:
    """Step until nothing is left to do; how many steps it took."""
    steps = 0
    while keeper.step(database, now_ms):
        steps += 1
    return steps


@pytest.mark.parametrize(
    ("bounds", "kept"),
    [
        (replace(NO_BOUNDS), 10),
        (replace(NO_BOUNDS, days=3), 3),  # the fourth is three days and a second old
        (replace(NO_BOUNDS, rows=4), 4),
        (replace(NO_BOUNDS, days=6, rows=2), 2),
        (Retention(), 10),
    ],
)
def test_bounds(bounds: Retention, kept: int, database: LogDatabase) -> None:
    fill(database, 10)
    keep(database, Keeper(bounds))
    assert left(database) == [f"req_{day}" for day in range(10)][10 - kept :]
    assert FlowQueries(database).size()[0] == kept


def test_bytes(database: LogDatabase) -> None:
    fill(database, 40)
    bound = FlowQueries(database).size()[1] // 2
    keep(database, Keeper(replace(NO_BOUNDS, bytes=bound)))
    rows, held = FlowQueries(database).size()
    assert bound * 0.9 < held <= bound
    assert left(database)[0] == f"req_{40 - rows}"


def test_small_steps_and_a_look_now_and_then(database: LogDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_STEP", 3)
    fill(database, 10)
    keeper = Keeper(replace(NO_BOUNDS, rows=1))
    assert keeper.step(database, NOON_MS)
    assert len(left(database)) == 7
    assert keep(database, keeper, NOON_MS) == 2
    write(database, replace(FLOW, started_ms=NOON_MS + 1), replace(FLOW, started_ms=NOON_MS + 2))
    assert not keeper.step(database, NOON_MS + 9_999)
    assert len(left(database)) == 3
    keeper.step(database, NOON_MS + 10_000)
    assert len(left(database)) == 1


def test_the_sums_of_a_day_outlive_its_flows(database: LogDatabase) -> None:
    fill(database, 10)
    keeper = Keeper(replace(NO_BOUNDS, rows=1))
    keep(database, keeper)
    assert len(database.rows(FlowUse.select(FlowUse.day))) == 10
    keep(database, keeper, NOON_MS + 398 * _DAY_MS)
    for model in (FlowUse, FlowSum):
        days = {row["day"] for row in database.rows(model.select())}
        assert days == {20251123, 20251124, 20251125}


def test_a_file_shrinks(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/log.db")
    with database.connected():
        migrate(database, 0)
        noise = BodyRecord(Side.CLIENT_REPLY, os.urandom(100_000), 100_000)
        write(database, *[replace(FLOW, started_ms=NOON_MS + place, bodies=(noise,)) for place in range(200)])
        pages = database.sql("PRAGMA page_count")[0][0]
        steps = keep(database, Keeper(replace(NO_BOUNDS, rows=20)))
        assert steps > 3
        assert database.sql("PRAGMA page_count")[0][0] < pages / 4


def test_a_file_of_the_seed_system_keeps_its_pages(tmp_path: Path) -> None:
    """It was made without auto_vacuum: rows go, and what they took is used again."""
    import sqlite3

    with sqlite3.connect(tmp_path / "seed.db") as seed:
        seed.execute("CREATE TABLE req_logs (id INTEGER PRIMARY KEY)")
    database = open_database(f"sqlite:///{tmp_path}/seed.db")
    with database.connected():
        migrate(database, 0)
        fill(database, 10)
        assert keep(database, Keeper(replace(NO_BOUNDS, rows=2))) == 1
        assert len(left(database)) == 2
