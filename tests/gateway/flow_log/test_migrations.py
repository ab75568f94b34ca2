"""The tables come by themselves, once, also where several processes begin at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from proapi_gateway.flow_log.database import LogDatabase, open_database
from proapi_gateway.flow_log.migrations import STEPS, has_fts5, index_uses, migrate
from proapi_gateway.flow_log.models import TABLES, Migration


@pytest.fixture
def database(database_url: str) -> Iterator[LogDatabase]:
    """A new one, of which no other test has seen the tables."""
    opened = open_database(database_url)
    with opened.connected():
        migrate(opened, now_ms=0)
        yield opened


def test_a_new_database_gets_all_tables(database: LogDatabase) -> None:
    tables = set(database.peewee.get_tables())
    assert {model._meta.table_name for model in TABLES} <= tables
    assert ("flow_fts" in tables) is has_fts5(database)


def test_each_step_is_taken_once_and_noted(database: LogDatabase) -> None:
    taken = []
    steps = (*STEPS, taken.append)
    assert migrate(database, 5, steps) == 1
    assert migrate(database, 6, steps) == 0
    assert taken == [database]
    noted = [(row["number"], row["applied_ms"]) for row in database.rows(Migration.select().order_by(Migration.number))]
    assert noted == [*((number, 0) for number in range(1, len(STEPS) + 1)), (len(STEPS) + 1, 5)]


def test_a_log_of_before_gets_the_index_of_uses(database: LogDatabase) -> None:
    where = " ON flow_use" if database.kind == "mysql" else ""
    database.sql(f"DROP INDEX flowuse_token_day{where}")
    number = STEPS.index(index_uses) + 1
    for _ in range(2):  # also where it is there
        database.run(Migration.delete().where(Migration.number == number))
        assert migrate(database, 5) == 1
        assert ["token", "day"] in [index.columns for index in database.peewee.get_indexes("flow_use")]


def test_a_step_that_fails_leaves_nothing_behind(database: LogDatabase) -> None:
    if database.kind == "mysql":
        pytest.skip("no change of a table can be taken back in MySQL")

    def fail(database: LogDatabase) -> None:
        database.sql("CREATE TABLE flow_half (x INTEGER)")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        migrate(database, 5, (*STEPS, fail))
    assert "flow_half" not in database.peewee.get_tables()
    assert migrate(database, 5) == 0


def test_several_at_once(database_url: str) -> None:
    counts: list[int] = []

    def begin() -> None:
        database = open_database(database_url)
        with database.connected():
            counts.append(migrate(database, 1))

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 0, 0, len(STEPS)]


def test_other_tables_of_the_file_are_left_alone(database_url: str) -> None:
    database = open_database(database_url)
    with database.connected():
        database.sql("CREATE TABLE req_logs (id INTEGER PRIMARY KEY, model VARCHAR(50))")
        database.sql("INSERT INTO req_logs VALUES (1, 'gpt-4')")
        migrate(database, 1)
        assert database.sql("SELECT * FROM req_logs") == [(1, "gpt-4")]
