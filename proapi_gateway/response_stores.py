"""Which store of responses the settings want: the log's database where it is on, else the memory of this process."""

from __future__ import annotations

import logging
from collections.abc import Callable

from .response_store import MemoryResponseStore, ResponseStore
from .settings import ServerSettings

logger = logging.getLogger(__name__)


_WRITTEN_WITHIN_S = 0.25


class ResponseStores:
    """`clock()`: Unix seconds. `several_workers`: are we one of several processes that share the settings?"""

    def __init__(self, clock: Callable[[], float], *, several_workers: bool = False) -> None:
        self._clock = clock
        self._several_workers = several_workers
        self._memory = MemoryResponseStore(clock)
        self._by_url: dict[str, ResponseStore] = {}

    def wanted_by(self, server: ServerSettings) -> ResponseStore:
        """The same one for the same database, so that a reload forgets nothing."""
        url = server.db_path if server.admin_server else ""
        if url not in self._by_url:
            self._by_url[url] = self._open(url) if url else self._memory
        return self._by_url[url]

    def _open(self, url: str) -> ResponseStore:
        from .flow_log.database import BadDatabaseUrl, open_database  # brings peewee
        from .flow_log.response_database import DatabaseResponseStore
        from .flow_log.response_rows import ResponseRows

        try:
            database = open_database(url)
            alone = database.kind == "sqlite" and not self._several_workers  # a server's may be another machine's too
            rows = ResponseRows(database, self._clock)
            return DatabaseResponseStore(self._memory, rows, 0.0 if alone else _WRITTEN_WITHIN_S)
        except BadDatabaseUrl as fault:
            logger.error("server.db_path: %s; responses are kept in memory", fault)
            return self._memory
