"""URLs of `server.db_path`, as people write them."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from proapi_gateway.flow_log.database import BadDatabaseUrl, open_database
from proapi_gateway.flow_log.migrations import migrate


@pytest.mark.parametrize(
    ("url", "kind", "name"),
    [
        ("sqlite:///./data/request_log.db", "sqlite", "./data/request_log.db"),
        ("sqlite:////var/lib/proapi/log.db", "sqlite", "/var/lib/proapi/log.db"),
        ("postgresql://u:p%40ss@db.test:5433/logs", "postgresql", "logs"),
        ("postgres://u@db.test/logs", "postgresql", "logs"),
    ],
)
def test_what_is_opened(url: str, kind: str, name: str) -> None:
    database = open_database(url)
    assert (database.kind, database.peewee.database) == (kind, name)
    assert database.peewee.is_closed()


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "oracle://u:secret-word@h/x", "postgresql://u:secret-word@"]
)
def test_what_is_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(BadDatabaseUrl) as refused:
        open_database(url)
    assert "secret-word" not in str(refused.value)


def test_the_folder_is_made_and_the_file_can_shrink(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/a/b/log.db")
    with database.connected():
        migrate(database, 1)
        settings = [database.sql(f"PRAGMA {name}")[0][0] for name in ("auto_vacuum", "journal_mode", "busy_timeout")]
    assert settings == [2, "wal", 5000]


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    """What people say to models is in it, and in what SQLite writes beside it."""
    database = open_database(f"sqlite:///{tmp_path}/log.db")
    with database.connected():
        migrate(database, 1)
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"log.db": 0o600, "log.db-wal": 0o600, "log.db-shm": 0o600}


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    path.touch()
    path.chmod(0o640)
    with open_database(f"sqlite:///{path}").connected():
        assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_that_another_holds_is_waited_for(tmp_path: Path) -> None:
    """SQLite refuses the change to WAL at once while another connection holds the file."""
    path = tmp_path / "log.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE there (id INTEGER)")
    other.execute("BEGIN IMMEDIATE")
    database = open_database(f"sqlite:///{path}")
    release = threading.Timer(0.1, lambda: other.execute("COMMIT"))
    release.start()
    with database.connected():
        (mode,) = database.sql("PRAGMA journal_mode")
    release.join()
    other.close()
    assert mode == ("wal",)


@pytest.mark.parametrize("statement", ["ROLLBACK", "CREATE TABLE x (y INTEGER)"], ids=["SQLite", "ours"])
def test_whoever_takes_a_transaction_back_the_fault_is_told(statement: str, tmp_path: Path) -> None:
    """SQLite does it by itself where a write fails (a full disk): to do it once more is a fault of its own."""
    database = open_database(f"sqlite:///{tmp_path}/x.db")

    def fail() -> None:
        with database.write_at_once():
            database.sql(statement)
            raise OSError("the disk is full")

    with database.connected():
        with pytest.raises(OSError, match="the disk is full"):
            fail()
        assert not database.peewee.table_exists("x")
