"""The cache in a Redis (`server.cache_url`), which several gateways may share.

An entry is a hash that Redis itself deletes at its expiry. Beside the entries there are four keys: which entries there
are by the time of their storing, how large each is, the sum of that, and how often each was used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..redis_clients import REDIS_FAULTS, open_redis
from .entries import Cursor, Entry, EntryView, Sizes, StoreLimits

_PREFIX = "proapi:cache:"
_ENTRY = _PREFIX + "entry:"
_STORED = _PREFIX + "stored"  # a sorted set: keys by stored_ms
_SIZES = _PREFIX + "sizes"  # a hash: key → bytes
_TOTAL = _PREFIX + "bytes"
_HITS = _PREFIX + "hits"  # a hash: key → count
_ANSWERS_WITHIN_S = 1.0
_DELETED_AT_ONCE = 100
_TOLD = ("stored_ms", "dialect", "provider", "model", "token", "words", "stored_bytes")

# KEYS: an entry's own, and the four beside the entries. ARGV: its name in these. → 1 if it was there
_FORGET = """
redis.call('DECRBY', KEYS[4], redis.call('HGET', KEYS[3], ARGV[1]) or 0)
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[5], ARGV[1])
return redis.call('DEL', KEYS[1])
"""

Fields = dict[str, Any]


class RedisStore:
    """A `ReplyStore`. `clock()`: Unix seconds."""

    faults: tuple[type[Exception], ...] = REDIS_FAULTS

    def __init__(self, url: str, clock: Callable[[], float], limits: StoreLimits) -> None:
        """Nothing is connected before the first use. Raises ValueError for a URL that is none."""
        self._redis = open_redis(url, _ANSWERS_WITHIN_S)
        # One step: whoever writes or deletes the same entry meanwhile would have the sum drift away from the sizes.
        self._forget = self._redis.register_script(_FORGET)
        self._clock = clock
        self._limits = limits

    def read(self, key: str, stored_after_ms: int = 0) -> bytes | None:
        stored_ms, data = self._redis.hmget(_ENTRY + key, ["stored_ms", "data"])
        if stored_ms is None or data is None or int(stored_ms) <= max(stored_after_ms, self._expired_ms()):
            return None
        return bytes(data)

    def write(self, entry: Entry) -> None:
        view = entry.view
        fields: Fields = {name: getattr(view, name) for name in _TOLD}
        with self._redis.pipeline(transaction=True) as together:
            self._forget(keys=_keys_of(view.key), args=[view.key], client=together)
            together.hset(_ENTRY + view.key, mapping={**fields, "data": entry.data})
            together.pexpire(_ENTRY + view.key, self._limits.age_ms)
            together.zadd(_STORED, {view.key: view.stored_ms})
            together.hset(_SIZES, view.key, str(view.stored_bytes))
            together.incrby(_TOTAL, view.stored_bytes)
            total = together.execute()[-1]
        self._keep_in_bounds(int(total))

    def count_hit(self, key: str) -> None:
        if self._redis.hexists(_SIZES, key):
            self._redis.hincrby(_HITS, key, 1)

    def entry(self, key: str) -> Entry | None:
        views, data = self._views([key]), self._redis.hget(_ENTRY + key, "data")
        return Entry(views[0], bytes(data)) if views and data is not None else None

    def newest(self, limit: int, after: Cursor | None = None) -> list[EntryView]:
        """Entries of one millisecond are in the order of their keys, the last first: Redis has them so."""
        views: list[EntryView] = []
        highest: Any = "+inf" if after is None else after.stored_ms
        skipped = 0 if after is None else self._place_after(after)
        while len(views) < limit:
            keys = self._redis.zrevrangebyscore(_STORED, highest, "-inf", start=skipped, num=limit)
            views += self._views([key.decode() for key in keys])
            skipped += len(keys)
            if len(keys) < limit:
                break
        return views[:limit]

    def delete(self, keys: Sequence[str]) -> int:
        return sum(int(self._forget(keys=_keys_of(key), args=[key])) for key in keys)

    def clear(self) -> None:
        while keys := self._redis.zrange(_STORED, 0, _DELETED_AT_ONCE - 1):
            self.delete([key.decode() for key in keys])

    def sizes(self) -> Sizes:
        self._delete_expired()
        hits = sum(map(int, self._redis.hvals(_HITS)))
        return Sizes(int(self._redis.zcard(_STORED)), int(self._redis.get(_TOTAL) or 0), hits)

    def disconnect(self) -> None:
        self._redis.connection_pool.disconnect(inuse_connections=False)

    def _keep_in_bounds(self, total_bytes: int) -> None:
        self._delete_expired()
        while total_bytes > self._limits.size_bytes:
            oldest = self._redis.zrange(_STORED, 0, 0)
            if not oldest:
                return
            self.delete([oldest[0].decode()])
            total_bytes = int(self._redis.get(_TOTAL) or 0)

    def _delete_expired(self) -> None:
        """Redis has deleted the entries; their places in the other keys are ours to delete."""
        expired = self._redis.zrangebyscore(_STORED, "-inf", self._expired_ms(), start=0, num=_DELETED_AT_ONCE)
        self.delete([key.decode() for key in expired])

    def _place_after(self, after: Cursor) -> int:
        """How many of the entries of the cursor's millisecond come before the next page."""
        same = self._redis.zrevrangebyscore(_STORED, after.stored_ms, after.stored_ms)
        return sum(key.decode() >= after.key for key in same)

    def _views(self, keys: Sequence[str]) -> list[EntryView]:
        with self._redis.pipeline(transaction=False) as together:
            for key in keys:
                together.hmget(_ENTRY + key, _TOLD)
                together.hget(_HITS, key)
            found = together.execute()
        told = zip(keys, found[::2], found[1::2], strict=True)
        return [_view(key, fields, hits) for key, fields, hits in told if fields[0] is not None]

    def _expired_ms(self) -> int:
        return int(self._clock() * 1000) - self._limits.age_ms


def _keys_of(key: str) -> list[str]:
    """In the order of `_FORGET`."""
    return [_ENTRY + key, _STORED, _SIZES, _TOTAL, _HITS]


def _view(key: str, fields: Sequence[bytes], hits: bytes | None) -> EntryView:
    told: Fields = {name: value.decode() for name, value in zip(_TOLD, fields, strict=True)}
    told |= {name: int(told[name]) for name in ("stored_ms", "stored_bytes")}
    return EntryView(key=key, **told, hits=int(hits or 0))
