"""The databases of the log's tests: each runs on an SQLite file, on PostgreSQL and on MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from proapi_gateway.flow_log.database import LogDatabase, open_database

from .emptied_log import drop_all_tables, empty_the_log


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with whatever other tests have left in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/log.db"
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def database_url(shared_url: str) -> str:
    """An empty database."""
    if not shared_url.startswith("sqlite"):
        drop_all_tables(shared_url)
    return shared_url


@pytest.fixture
def database(shared_url: str) -> Iterator[LogDatabase]:
    """One with the log's tables, connected; nothing is in them."""
    empty_the_log(shared_url)
    opened = open_database(shared_url)
    with opened.connected():
        yield opened
