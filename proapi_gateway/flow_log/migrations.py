"""The migrations of the log's tables: numbered steps that run by themselves when the log is opened.

A new database gets the tables as the models have them, and then every step, as an old one gets those that it lacks:
so a step that adds a column looks first whether it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import peewee

from ..reply_cache.models import CACHE_TABLES
from .database import LogDatabase
from .models import RESPONSE_TABLES, TABLES, FlowTotal, FlowUse, Migration

Step = Callable[[LogDatabase], None]

# SQLite's right to write is one of the whole file; the others' advisory locks have a number ("proa"), or a name and
# seconds to wait.
_LOCK_NUMBER, _LOCK_NAME, _LOCK_WITHIN_S = 0x70726F61, "proapi", 60
_TOTAL_ID = 1


def create_tables(database: LogDatabase) -> None:
    _create(database, TABLES)
    if not database.rows(FlowTotal.select().where(FlowTotal.id == _TOTAL_ID)):
        database.run(FlowTotal.insert(id=_TOTAL_ID, rows=0, bytes=0))


def create_response_tables(database: LogDatabase) -> None:
    _create(database, RESPONSE_TABLES)


def create_cache_tables(database: LogDatabase) -> None:
    _create(database, CACHE_TABLES)


def _create(database: LogDatabase, models: Sequence[type[peewee.Model]]) -> None:
    """Those that are not there: MySQL has no way to say "this index, if it is not there"."""
    there = set(database.peewee.get_tables())
    for model in models:
        if model._meta.table_name not in there:
            peewee.SchemaManager(model, database=database.peewee).create_all(safe=True)


def index_text(database: LogDatabase) -> None:
    """SQLite's full text index over `flow_text`, where this SQLite has FTS5; else searches read the texts."""
    if not has_fts5(database):
        return
    for statement in _FTS5:
        database.sql(statement)


def index_uses(database: LogDatabase) -> None:
    """Of the first drafts the table of uses has no index."""
    if not any(index.columns == ["token", "day"] for index in database.peewee.get_indexes(FlowUse._meta.table_name)):
        peewee.SchemaManager(FlowUse, database=database.peewee).create_indexes(safe=True)


def has_fts5(database: LogDatabase) -> bool:
    if database.kind != "sqlite":
        return False
    return bool(database.sql("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'"))


# An index without a copy of the text (content=…): the triggers keep it in step with the table, deletes included.
_FTS5 = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS flow_fts USING fts5(text, content='flow_text', content_rowid='flow_id')",
    "CREATE TRIGGER IF NOT EXISTS flow_text_added AFTER INSERT ON flow_text BEGIN"
    " INSERT INTO flow_fts(rowid, text) VALUES (new.flow_id, new.text); END",
    "CREATE TRIGGER IF NOT EXISTS flow_text_deleted AFTER DELETE ON flow_text BEGIN"
    " INSERT INTO flow_fts(flow_fts, rowid, text) VALUES ('delete', old.flow_id, old.text); END",
)

# The fourth: the sums of days have other tables than in the first drafts of this log.
STEPS: tuple[Step, ...] = (
    create_tables, index_text, create_response_tables, create_tables, create_cache_tables, index_uses,
)  # fmt: skip


@contextmanager
def _alone(database: LogDatabase) -> Iterator[None]:
    """In a transaction, while other processes that want to migrate wait."""
    with database.write_at_once():
        if database.kind == "postgresql":
            database.sql("SELECT pg_advisory_xact_lock(%s)", _LOCK_NUMBER)
        elif database.kind == "mysql":  # whose changes of tables end a transaction, and would end a lock of it
            database.sql("SELECT GET_LOCK(%s, %s)", _LOCK_NAME, _LOCK_WITHIN_S)
        try:
            yield
        finally:
            if database.kind == "mysql":
                database.sql("SELECT RELEASE_LOCK(%s)", _LOCK_NAME)


def migrate(database: LogDatabase, now_ms: int, steps: Sequence[Step] = STEPS) -> int:
    """Take the steps that are missing; how many were. Several processes may call it at once: one does the work."""
    with _alone(database):
        peewee.SchemaManager(Migration, database=database.peewee).create_all(safe=True)
        taken = {row["number"] for row in database.rows(Migration.select())}
        missing = [(number, step) for number, step in enumerate(steps, start=1) if number not in taken]
        for number, step in missing:
            step(database)
            database.run(Migration.insert(number=number, applied_ms=now_ms))
    return len(missing)
