"""The database as its threads get it: connected, with its tables, and the file that stands at its path."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from proapi_gateway.flow_log.database import open_database
from proapi_gateway.flow_log.ready_database import ReadyDatabase


def test_each_thread_leaves_a_file_that_was_deleted(tmp_path: Path) -> None:
    ready = ReadyDatabase(open_database(f"sqlite:///{tmp_path}/log.db"), lambda: 5)

    def rows() -> int:
        ready().sql("UPDATE flow_total SET rows = rows + 1")
        return int(ready().sql("SELECT rows FROM flow_total")[0][0])

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as another:
        threads = (one, another)
        assert [thread.submit(rows).result() for thread in threads] == [1, 2]
        for file in tmp_path.glob("log.db*"):
            file.unlink()
        assert [thread.submit(rows).result() for thread in threads] == [1, 2]
        for thread in threads:
            thread.submit(ready().peewee.close).result()
    ready().peewee.close()
