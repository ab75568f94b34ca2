"""The cache in the flow log's database: it outlives the process, and several processes share it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import peewee

from ..flow_log.database import LogDatabase
from ..flow_log.ready_database import ReadyDatabase
from .entries import Cursor, Entry, EntryView, Sizes, StoreLimits
from .models import CachedReplyRow as Row

_WRITES_PER_COUNT = 50  # what other processes write and delete is seen by counting again
_DELETED_AT_ONCE = 100
_NAMES = ("key", "stored_ms", "dialect", "provider", "model", "token", "words", "stored_bytes", "hits")
_VIEW = tuple(getattr(Row, name) for name in _NAMES)


class TableStore:
    """A `ReplyStore`. `clock()`: Unix seconds."""

    faults: tuple[type[Exception], ...] = (peewee.PeeweeException, OSError)

    def __init__(self, database: LogDatabase, clock: Callable[[], float], limits: StoreLimits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._ready = ReadyDatabase(database, self._now_ms)
        self._writes = 0
        self._held_bytes = 0  # at the last count, and what was written since

    def read(self, key: str, stored_after_ms: int = 0) -> bytes | None:
        newer = Row.stored_ms > max(stored_after_ms, self._expired_ms())
        found = self._ready().rows(Row.select(Row.data).where(Row.key == key, newer))
        return bytes(found[0]["data"]) if found else None

    def write(self, entry: Entry) -> None:
        row: dict[str, Any] = {name: getattr(entry.view, name) for name in _NAMES}
        # In one statement: of two processes that first delete and then insert the same key, one fails.
        target = None if self._database.kind == "mysql" else [Row.key]  # MySQL takes none, it has but one
        changed = [field for field in Row._meta.sorted_fields if field is not Row.key]
        insert = Row.insert(**row, data=entry.data)
        self._ready().run(insert.on_conflict(conflict_target=target, preserve=changed))
        self._held_bytes += entry.view.stored_bytes
        self._keep_in_bounds()

    def count_hit(self, key: str) -> None:
        self._ready().run(Row.update(hits=Row.hits + 1).where(Row.key == key))

    def entry(self, key: str) -> Entry | None:
        found = self._ready().rows(Row.select(*_VIEW, Row.data).where(Row.key == key))
        if not found:
            return None
        data = bytes(found[0].pop("data"))
        return Entry(EntryView(**found[0]), data)

    def newest(self, limit: int, after: Cursor | None = None) -> list[EntryView]:
        query = Row.select(*_VIEW).order_by(Row.stored_ms.desc(), Row.key.desc()).limit(limit)
        if after is not None:
            query = query.where(peewee.Tuple(Row.stored_ms, Row.key) < peewee.Tuple(after.stored_ms, after.key))
        return [EntryView(**row) for row in self._ready().rows(query)]

    def delete(self, keys: Sequence[str]) -> int:
        database, deleted = self._ready(), 0
        for some in peewee.chunked(keys, _DELETED_AT_ONCE):
            deleted += int(database.run(Row.delete().where(Row.key.in_(list(some)))))
        return deleted

    def clear(self) -> None:
        """A few at a time: a transaction over all would hold up whoever writes."""
        while keys := [row["key"] for row in self._ready().rows(Row.select(Row.key).limit(_DELETED_AT_ONCE))]:
            self.delete(keys)

    def sizes(self) -> Sizes:
        entries, size, hits = (
            peewee.fn.COUNT(Row.stored_bytes), peewee.fn.SUM(Row.stored_bytes), peewee.fn.SUM(Row.hits),
        )  # fmt: skip
        told = self._ready().rows(Row.select(entries.alias("entries"), size.alias("bytes"), hits.alias("hits")))[0]
        return Sizes(**{name: int(value or 0) for name, value in told.items()})

    def disconnect(self) -> None:
        if not self._database.peewee.is_closed():
            self._database.peewee.close()

    def _keep_in_bounds(self) -> None:
        self._delete_some(Row.stored_ms <= self._expired_ms())
        self._writes += 1
        if self._writes % _WRITES_PER_COUNT != 1 and self._held_bytes <= self._limits.size_bytes:
            return
        self._held_bytes = self.sizes().bytes
        while (too_many := self._held_bytes - self._limits.size_bytes) > 0:
            freed = self._delete_some(None, too_many)
            if not freed:
                return
            self._held_bytes -= freed

    def _delete_some(self, condition: Any, enough_bytes: int | None = None) -> int:
        """Of the oldest for which the condition holds, as many as free `enough_bytes`; how many bytes that were."""
        query = Row.select(Row.key, Row.stored_bytes).order_by(Row.stored_ms, Row.key).limit(_DELETED_AT_ONCE)
        keys, freed = [], 0
        for row in self._database.rows(query if condition is None else query.where(condition)):
            if enough_bytes is not None and freed >= enough_bytes:
                break
            keys.append(row["key"])
            freed += row["stored_bytes"]
        if keys:
            self.delete(keys)
        return freed

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _expired_ms(self) -> int:
        return self._now_ms() - self._limits.age_ms
