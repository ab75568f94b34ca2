"""Which store of responses the settings want: the log's database where it is on, else the memory of this process."""

from __future__ import annotations

import logging
from collections.abc import Callable

from .response_store import MemoryResponseStore, ResponseStore
from .settings import ServerSettings

logger = logging.getLogger(__name__)


class ResponseStores:
    """`clock()`: Unix seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
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
            return DatabaseResponseStore(self._memory, ResponseRows(open_database(url), self._clock))
        except BadDatabaseUrl as fault:
            logger.error("server.db_path: %s; responses are kept in memory", fault)
            return self._memory
