"""The databases of the pages that read the log."""

from __future__ import annotations

import pytest

from proapi_gateway.flow_log.database import open_database
from proapi_gateway.flow_log.migrations import migrate
from proapi_gateway.flow_log.models import TABLES, FlowTotal


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test makes a `DiskLog` of: an SQLite file, and then PostgreSQL, with nothing in it."""
    if request.param == "sqlite":
        return
    url = request.getfixturevalue("postgresql")
    database = open_database(url)
    with database.connected():
        migrate(database, now_ms=0)
        for model in TABLES:
            if model is not FlowTotal:
                database.run(model.delete())
        database.run(FlowTotal.update(rows=0, bytes=0))
    monkeypatch.setattr("tests.admin.flows.database_url", lambda folder: url)
