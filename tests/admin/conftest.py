"""The databases of the pages that read the log."""

from __future__ import annotations

import pytest

from tests.gateway.flow_log.emptied_log import empty_the_log


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test makes a `DiskLog` of: an SQLite file, and then PostgreSQL, with nothing in it."""
    if request.param == "sqlite":
        return
    url = request.getfixturevalue("postgresql")
    empty_the_log(url)
    monkeypatch.setattr("tests.admin.flows.database_url", lambda folder: url)
