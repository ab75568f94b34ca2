"""Which cache of replies the settings want: none, one in the flow log's database, or one in a Redis."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..settings import ServerSettings
from .cache import ReplyCache
from .entries import ReplyStore, StoreLimits

logger = logging.getLogger(__name__)

# What of the settings a cache is made from: when one changes, another takes its place.
_Wanted = tuple[object, ...]


class ReplyCaches:
    """`clock()`: Unix seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._made_from: _Wanted = ()
        self._cache: ReplyCache | None = None

    def wanted_by(self, server: ServerSettings) -> ReplyCache | None:
        """The same one for the same settings. The one before it takes no more, and writes what it has."""
        wanted = _wanted(server)
        if wanted != self._made_from:
            if self._cache is not None:
                self._cache.close(0.0)
            self._made_from = wanted
            self._cache = self._open(server) if wanted else None
        return self._cache

    def _open(self, server: ServerSettings) -> ReplyCache | None:
        try:
            cache = ReplyCache(open_store(server, self._clock), self._clock, with_tools=server.cache_tools)
        except ValueError as fault:
            logger.warning("the cache: %s; nothing is cached", fault)
        except ImportError as fault:
            logger.warning("the cache: %s; nothing is cached (server.cache_url: pip install redis)", fault)
        else:
            cache.warm_up()
            return cache
        return None


def open_store(server: ServerSettings, clock: Callable[[], float]) -> ReplyStore:
    """Nothing is connected before its first use. Raises ValueError for a URL that cannot be read, ImportError where
    the package for it is missing."""
    limits = StoreLimits(server.cache_seconds * 1000, server.cache_bytes)
    if server.cache_url:
        from .redis_store import RedisStore  # brings redis

        return RedisStore(server.cache_url.reveal(), clock, limits)
    from ..flow_log.database import open_database  # brings peewee
    from .table_store import TableStore

    return TableStore(open_database(server.db_path), clock, limits)


def _wanted(server: ServerSettings) -> _Wanted:
    """Nothing is kept anywhere while the admin is off, as in the seed system."""
    if not (server.admin_server and server.db_cache):
        return ()
    where = server.cache_url.reveal() or server.db_path
    return (where, server.cache_seconds, server.cache_bytes, server.cache_tools)
