"""The log's queue and thread: in batches, never waiting, losing only what it must, and telling how much."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import peewee
import pytest

from proapi_gateway.flow_log import log as log_module
from proapi_gateway.flow_log import storing
from proapi_gateway.flow_log.database import BadDatabaseUrl, LogDatabase, open_database
from proapi_gateway.flow_log.flow_ids import FlowIds
from proapi_gateway.flow_log.flow_queue import FlowQueue
from proapi_gateway.flow_log.log import FlowLog, open_flow_log
from proapi_gateway.flow_log.records import BodyRecord, FlowRecord, Side
from proapi_gateway.flow_log.retention import Keeper
from proapi_gateway.flow_log.rows import Costs, FlowRows
from proapi_gateway.settings import Retention, ServerSettings
from proapi_translate import Usage

from .sample_flows import FLOW, NOON_MS, FixedCosts, with_bodies

MakeLog = Callable[..., FlowLog]


def log_at(
    url: str,
    queue: FlowQueue | None = None,
    costs: Costs | None = None,
    chance: Callable[[int], int] = lambda below: 0,
) -> FlowLog:
    return FlowLog(
        open_database(url),
        costs or FixedCosts(),
        Keeper(Retention(0, 0, 0)),
        queue=FlowQueue() if queue is None else queue,
        ids=FlowIds(chance),
        clock=lambda: NOON_MS / 1000,
        sleep=lambda seconds: None,
    )


@pytest.fixture
def make_log(database_url: str) -> MakeLog:
    return partial(log_at, database_url)


def request_ids(database: LogDatabase) -> list[str]:
    with database.connected():
        return [row[0] for row in database.sql("SELECT request_id FROM flow ORDER BY id")]


def records(count: int) -> list[FlowRecord]:
    return [replace(FLOW, request_id=f"req_{place}", started_ms=NOON_MS + place) for place in range(count)]


def test_what_was_put_is_written_when_it_is_closed(make_log: MakeLog) -> None:
    log = make_log()
    for record in records(1200):
        log.put(record)
    log.start()
    log.close(30)
    assert request_ids(log.database) == [f"req_{place}" for place in range(1200)]
    assert (log.stats.written, log.stats.lost, log.stats.queued, log.stats.last_error) == (1200, 0, 0, "")
    assert log.stats.last_written_ms == NOON_MS


def test_it_writes_without_being_closed(make_log: MakeLog) -> None:
    came = threading.Event()

    class Telling(FixedCosts):
        def cost(self, provider: str, model: str, usage: Usage) -> Decimal | None:
            came.set()
            return super().cost(provider, model, usage)

    log = make_log(costs=Telling())
    log.start()
    log.put(FLOW)
    assert came.wait(10)
    log.close(10)
    assert log.stats.written == 1


def test_a_full_queue_loses_rows_and_counts_them(make_log: MakeLog) -> None:
    log = make_log(FlowQueue(max_records=3))
    for record in records(5):
        log.put(record)
    assert (log.stats.queued, log.stats.lost) == (3, 2)
    log.start()
    log.close(10)
    log.put(FLOW)
    assert (log.stats.written, log.stats.lost) == (3, 3)


def test_the_queue_is_bounded_in_bytes_too() -> None:
    large = replace(FLOW, bodies=(BodyRecord(Side.CLIENT_REPLY, b"x" * 10_000, 10_000),))
    queue = FlowQueue(max_bytes=25_000)
    assert [queue.put(large) for _ in range(4)] == [True, True, False, False]
    assert len(queue.take(1, 0)) == 1
    assert queue.put(large)
    assert FlowQueue(max_bytes=10).put(large)  # one that is too large by itself still fits into an empty queue


def test_two_processes_that_chose_the_same_ids(make_log: MakeLog) -> None:
    for process in range(2):
        log = make_log()
        for record in records(3):
            log.put(replace(record, request_id=f"{record.request_id}_{process}", started_ms=NOON_MS))
        log.start()
        log.close(10)
        assert (log.stats.written, log.stats.lost) == (3, 0)
    assert len(request_ids(log.database)) == 6


def test_a_commit_whose_answer_was_lost_is_not_done_twice(make_log: MakeLog, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([peewee.OperationalError("server closed the connection unexpectedly")])

    def store_unheard(database: LogDatabase, flows: Sequence[FlowRows], written_ms: int) -> None:
        storing.store(database, flows, written_ms)
        if (fault := next(answers, None)) is not None:
            raise fault

    monkeypatch.setattr(log_module, "store", store_unheard)
    log = make_log()
    for record in records(3):
        log.put(record)
    log.start()
    log.close(30)
    assert request_ids(log.database) == ["req_0", "req_1", "req_2"]
    assert (log.stats.written, log.stats.lost) == (3, 0)


def test_one_flow_that_nobody_thought_of_does_not_end_the_log(make_log: MakeLog) -> None:
    class Failing(FixedCosts):
        def cost(self, provider: str, model: str, usage: Usage) -> Decimal | None:
            if usage.prompt_tokens == 13:
                raise ZeroDivisionError
            return super().cost(provider, model, usage)

    log = make_log(costs=Failing())
    good, bad, large, worse = records(4)
    several = replace(bad, usage=Usage(13)), replace(large, usage=Usage(2**70, -5)), replace(worse, total_ms=2**70)
    for record in (good, *several):
        log.put(record)
    log.start()
    log.close(10)
    assert request_ids(log.database) == ["req_0", "req_2"]
    assert (log.stats.written, log.stats.lost) == (2, 2)


def test_a_bug_of_ours_does_not_end_the_log(make_log: MakeLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "_BATCH", 1)
    log = make_log()
    real = log_module.store

    def store(database: LogDatabase, rows: Sequence[FlowRows], written_ms: int) -> None:
        if rows[0].flow["request_id"] == "req_1":
            raise KeyError("nobody thought of it")
        real(database, rows, written_ms)

    monkeypatch.setattr(log_module, "store", store)
    for record in records(3):
        log.put(record)
    log.start()
    log.close(10)
    assert request_ids(log.database) == ["req_0", "req_2"]
    assert (log.stats.written, log.stats.lost) == (2, 1)


def test_a_connection_that_is_lost_is_made_again(postgresql: str) -> None:
    log = FlowLog(
        open_database(postgresql),
        FixedCosts(),
        Keeper(Retention()),
        queue=FlowQueue(),
        ids=FlowIds(lambda below: 0),
        clock=lambda: NOON_MS / 1000,
        sleep=lambda seconds: None,
    )
    first, second = records(2)
    log._write([first])
    other = open_database(postgresql)
    with other.connected():
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        other.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    log._write([second])
    assert (log.stats.written, log.stats.lost) == (2, 0)
    log.database.peewee.close()


def test_heavy_records_are_not_left_waiting() -> None:
    """Where company is waited for, an eighth of the queue's bound ends the wait."""
    queue = FlowQueue(max_bytes=800_000)
    large = replace(FLOW, bodies=(BodyRecord(Side.CLIENT_REPLY, b"x" * 60_000, 60_000),))
    waiting = threading.Thread(target=queue.wait_for_company, args=(60.0,))
    waiting.start()
    queue.put(large)
    queue.put(large)
    waiting.join(10)
    assert not waiting.is_alive()


def test_texts_that_databases_do_not_take(make_log: MakeLog) -> None:
    log = make_log()
    odd = "a\0b\ud800c" + "\N{GRINNING FACE}"
    log.put(with_bodies(replace(FLOW, model=odd * 200, error=odd, client_program=odd), "x\\u0000y\\ud800", "z"))
    log.start()
    log.close(10)
    assert (log.stats.written, log.stats.lost) == (1, 0)
    with log.database.connected():
        assert log.database.sql("SELECT error FROM flow") == [("ab?c\N{GRINNING FACE}",)]


def test_a_locked_database_costs_rows_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proapi_gateway.flow_log.database._PRAGMAS", {"busy_timeout": 10, "journal_mode": "wal"})
    log = FlowLog(
        open_database(f"sqlite:///{tmp_path}/log.db"),
        FixedCosts(),
        Keeper(Retention()),
        queue=FlowQueue(),
        ids=FlowIds(lambda below: 0),
        clock=lambda: NOON_MS / 1000,
        sleep=lambda seconds: None,
    )
    monkeypatch.setattr(log.database.peewee, "_timeout", 0.01)
    log._get_ready()
    locker = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    log._write(records(2))
    assert (log.stats.written, log.stats.lost) == (0, 2)
    assert "locked" in log.stats.last_error
    locker.execute("ROLLBACK")
    log._write(records(2))
    assert (log.stats.written, log.stats.lost, log.stats.last_error) == (2, 2, "")
    log.database.peewee.close()


def test_a_full_disk_costs_rows_and_nothing_else(tmp_path: Path) -> None:
    log = open_flow_log(ServerSettings(db_path=f"sqlite:///{tmp_path}/log.db"), FixedCosts())
    log.put(FLOW)
    log.close(10)
    full = FlowLog(
        open_database(f"sqlite:///{tmp_path}/log.db"),
        FixedCosts(),
        Keeper(Retention()),
        queue=FlowQueue(),
        ids=FlowIds(lambda below: 7),
        clock=lambda: NOON_MS / 1000,
        sleep=lambda seconds: None,
    )
    full._get_ready()
    full.database.sql("PRAGMA max_page_count = 1")  # SQLite's own word for it: no page more
    noise = BodyRecord(Side.CLIENT_REPLY, bytes(range(256)) * 4000, 1_024_000)
    rows = [full._rows_of(replace(record, bodies=(noise, noise))) for record in records(100)]
    assert full._store([row for row in rows if row is not None])
    assert "full" in full.stats.last_error
    full.database.peewee.close()
    with sqlite3.connect(tmp_path / "log.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_file_that_is_deleted_is_made_anew(tmp_path: Path) -> None:
    first, second, third = records(3)
    log = log_at(f"sqlite:///{tmp_path}/log.db")
    log._write([first])
    for file in tmp_path.glob("log.db*"):
        file.unlink()
    log._write([second])
    log._write([third])
    log.database.peewee.close()
    assert request_ids(log.database) == ["req_1", "req_2"]
    assert log.stats.lost == 0


def test_a_log_whose_total_is_gone_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever keeps it from its bounds."""
    log = log_at(f"sqlite:///{tmp_path}/log.db")
    log._write([FLOW])
    log.database.sql("DELETE FROM flow_total")
    assert [log._keep_in_bounds() for _ in range(3)] == [False] * 3
    assert len(caplog.records) == 1
    log._write(records(1))
    assert log.stats.written == 2
    log.database.peewee.close()


def test_a_folder_that_cannot_be_made_costs_rows_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "_RETRY_AFTER_S", 0.0)
    (tmp_path / "file").write_text("in the way")
    log = open_flow_log(ServerSettings(db_path=f"sqlite:///{tmp_path}/file/log.db"), FixedCosts())
    log.put(FLOW)
    log.close(10)
    assert (log.stats.written, log.stats.lost) == (0, 1)
    assert log.stats.last_error


def test_a_url_that_cannot_be_opened_is_told_at_once() -> None:
    with pytest.raises(BadDatabaseUrl):
        open_flow_log(ServerSettings(db_path="oracle://h/x"), FixedCosts())
