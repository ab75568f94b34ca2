"""The databases of the log's tests: each runs on an SQLite file and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from proapi_gateway.flow_log.database import LogDatabase, open_database
from proapi_gateway.flow_log.migrations import migrate

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/data/log.db"
        return
    url = request.getfixturevalue("postgresql")
    database = open_database(url)
    with database.connected():
        for (table,) in database.sql(_TABLES):
            database.sql(f'DROP TABLE "{table}"')
    yield url


@pytest.fixture
def database(database_url: str) -> Iterator[LogDatabase]:
    """One with the log's tables, connected."""
    opened = open_database(database_url)
    with opened.connected():
        migrate(opened, now_ms=0)
        yield opened
