"""The log's database: a URL as it stands in `server.db_path` → a connection that the writer and the readers share.

    log_database = open_database("sqlite:///./data/request_log.db")     # connects at first use, once for each thread
    with log_database.connected(): ...
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peewee

from ..whole_files import OWNER_ONLY

_SQLITE = "sqlite:///"
_BUSY_TIMEOUT_MS = 5000
_LOCKED_AGAIN_S = 0.01
_PRAGMAS = {
    "busy_timeout": _BUSY_TIMEOUT_MS,  # first: several processes may open it, and change its mode, at once
    "auto_vacuum": "incremental",  # a file takes it only while it is empty
    "journal_mode": "wal",  # readers never wait for the writer, nor it for them
    "synchronous": "normal",  # with WAL a killed process loses nothing that was committed
    "temp_store": "memory",
    "cache_size": -16_000,  # KiB
    "journal_size_limit": 64 * 1024 * 1024,
}


class BadDatabaseUrl(ValueError):
    """No such database can be opened. Its text never holds the URL, in which a password may stand."""


@dataclass(frozen=True, slots=True)
class LogDatabase:
    """`kind`: "sqlite", "postgresql", "mysql". Models have no database of their own: every query is told this one."""

    kind: str
    peewee: peewee.Database
    path: str = ""  # of an SQLite file

    @contextmanager
    def connected(self) -> Iterator[LogDatabase]:
        """A connection of this thread's own; closed at the end, unless it was open before."""
        opened = self.peewee.connect(reuse_if_open=True)
        try:
            yield self
        finally:
            if opened:
                self.peewee.close()

    def run(self, query: Any) -> Any:
        """Execute a query that was built from the models."""
        return query.execute(self.peewee)

    def rows(self, query: Any) -> list[dict[str, Any]]:
        return list(query.dicts().execute(self.peewee))

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """For what peewee has no words for. The rows, if there are any."""
        cursor = self.peewee.execute_sql(statement, values)  # type: ignore[no-untyped-call]
        return list(cursor.fetchall()) if cursor.description else []

    def write_at_once(self) -> Any:
        """A transaction that has the right to write from its start: two that read first could not both go on."""
        return self.peewee.atomic("immediate") if self.kind == "sqlite" else self.peewee.atomic()


def open_database(url: str, *, as_it_is: bool = False) -> LogDatabase:
    """Nothing is connected, and no file made, before the first use. Raises BadDatabaseUrl.

    `as_it_is`: an SQLite file that is not ours keeps its mode.
    """
    if url.startswith("sqlite:"):
        return _open_sqlite(url, {} if as_it_is else _PRAGMAS)
    from playhouse import db_url  # type: ignore[import-untyped] # imports drivers of databases that are not used

    scheme = url.partition(":")[0]
    kind = _KINDS.get(scheme)
    if kind is None:
        raise BadDatabaseUrl(f"a database of the kind {scheme!r}; known are sqlite and {', '.join(_KINDS)}")
    try:
        database = db_url.connect(url, unquote_password=True, unquote_user=True, **_OPTIONS.get(kind, {}))
    except (ValueError, RuntimeError):
        raise BadDatabaseUrl(f"a {scheme} URL that cannot be read") from None
    return LogDatabase(kind, database)


# MySQL's own BLOB and TEXT hold 64 KiB.
_OPTIONS: dict[str, dict[str, Any]] = {"mysql": {"field_types": {"BLOB": "LONGBLOB", "TEXT": "LONGTEXT"}}}
_KINDS = {"postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql"}


def _open_sqlite(url: str, pragmas: dict[str, Any]) -> LogDatabase:
    """`sqlite:///./data/x.db` is below the folder that we run in, `sqlite:////data/x.db` is absolute, as SQLAlchemy
    has it, from which the seed's URLs come."""
    path = url.removeprefix(_SQLITE)
    if not url.startswith(_SQLITE) or path in ("", ":memory:"):
        raise BadDatabaseUrl("an sqlite URL needs a file: sqlite:///./data/request_log.db")
    database = _FileDatabase(path, pragmas=pragmas)
    return LogDatabase("sqlite", database, path)


class _FileDatabase(peewee.SqliteDatabase):
    """Makes the file (readable by its owner only) and its folder when it is first opened."""

    def connect(self, reuse_if_open: bool = False) -> bool:
        """Waits for the others that open a new file at once: SQLite's own busy timeout does not hold for the change to
        WAL, whoever comes second is told "database is locked" without having waited."""
        path = Path(str(self.database))
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):  # which keeps its own mode; what SQLite puts beside the file gets the file's
            path.touch(OWNER_ONLY, exist_ok=False)
        give_up_at_s = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
        while True:
            try:
                return bool(super().connect(reuse_if_open))
            except peewee.OperationalError as fault:
                if "database is locked" not in str(fault) or time.monotonic() >= give_up_at_s:
                    raise
            time.sleep(_LOCKED_AGAIN_S)

    def rollback(self) -> None:
        """Of a full disk SQLite itself takes the transaction back; to do it again is a fault that hides the first."""
        if self.connection().in_transaction:  # type: ignore[no-untyped-call]
            super().rollback()
