"""How the Redis of a URL is reached (`server.cache_url`, `server.state_url`): within a short time, and never twice.

redis://:password@host:6379/0, rediss:// (TLS), unix:///run/redis.sock?db=1. Nothing is connected before the first use.
Both raise ValueError for a URL that cannot be read. Importing this module raises ImportError where redis is missing.
"""

from __future__ import annotations

from typing import Any

import redis
from redis.asyncio import BlockingConnectionPool
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

REDIS_FAULTS: tuple[type[Exception], ...] = (redis.RedisError, OSError)
_BYTES = {"decode_responses": False}  # also where the URL says otherwise


def open_redis(url: str, within_s: float) -> Any:  # its types say of every answer that it may be bytes, text or a list
    """For threads."""
    times = {"socket_timeout": within_s, "socket_connect_timeout": within_s}
    client = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **times)
    client.connection_pool.connection_kwargs |= _BYTES
    return client


def open_async_redis(url: str, within_s: float, most_connections: int) -> Any:
    """For an event loop. Where all connections are in use, one waits for the next."""
    times = {"socket_timeout": within_s, "socket_connect_timeout": within_s, "timeout": within_s}
    retry = AsyncRetry(NoBackoff(), 0)
    pool = BlockingConnectionPool.from_url(url, max_connections=most_connections, retry=retry, **times)
    pool.connection_kwargs |= _BYTES
    return AsyncRedis(connection_pool=pool)
