"""A log in a database server that many tests share: its tables stay, for to make them takes longer than most tests."""

from __future__ import annotations

from proapi_gateway.flow_log.database import open_database
from proapi_gateway.flow_log.migrations import migrate
from proapi_gateway.flow_log.models import RESPONSE_TABLES, TABLES, FlowTotal

_ALL_TABLES = {"postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'", "mysql": "SHOW TABLES"}
_QUOTED = {"postgresql": '"{}"', "mysql": "`{}`"}


def empty_the_log(url: str) -> None:
    """All tables are there, and nothing is in them."""
    database = open_database(url)
    with database.connected():
        migrate(database, now_ms=0)
        for model in (*TABLES, *RESPONSE_TABLES):
            if model is not FlowTotal:
                database.run(model.delete())
        database.run(FlowTotal.update(rows=0, bytes=0))


def drop_all_tables(url: str) -> None:
    database = open_database(url)
    with database.connected():
        for (table,) in database.sql(_ALL_TABLES[database.kind]):
            database.sql(f"DROP TABLE {_QUOTED[database.kind].format(table)}")
