"""The answered Responses requests in the log's database: they outlive the process, and several processes share them.

All of it blocks: it is for a thread of its own (`response_database.py`). Raises peewee's errors.
"""

from __future__ import annotations

from collections.abc import Callable

import peewee

from ..response_store import Item, StoredResponse, StoreLimits
from .database import LogDatabase
from .models import ID_CHARACTERS, ResponseItem, ResponseRow
from .packing import pack, unpack
from .ready_database import ReadyDatabase

LIMITS = StoreLimits(entries=1_000_000, size_bytes=2_000_000_000)
_WRITES_PER_COUNT = 50  # summing up all rows takes a while
_DELETED_AT_ONCE = 200
_TOUCHED_EVERY = 0.01  # of the age that they may reach


class ResponseRows:
    """`clock()`: Unix seconds."""

    def __init__(self, database: LogDatabase, clock: Callable[[], float], limits: StoreLimits = LIMITS) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._ready = ReadyDatabase(database, self._now_ms)
        self._writes = 0

    def write(self, owner: str, stored: StoredResponse) -> None:
        """In the place of an older version of it; another owner's of the same id stays, and this one is left out."""
        if len(stored.id) > ID_CHARACTERS:
            return
        packed = pack(stored.pack())
        item_ids = {str(item["id"]) for item in stored.items if item.get("id")}
        with self._ready().write_at_once():
            self._delete([stored.id] if self.read(owner, stored.id) is not None else [])
            if self.owner_of(stored.id) is not None:
                return
            row = {"id": stored.id, "owner": owner, "used_ms": self._now_ms(), "stored_bytes": len(packed)}
            self._database.run(ResponseRow.insert(**row, data=packed))
            rows = [(owner, each, stored.id) for each in sorted(item_ids) if len(each) <= ID_CHARACTERS]
            self._database.run(
                ResponseItem.delete().where(ResponseItem.owner == owner, ResponseItem.item_id.in_(item_ids))
            )
            for batch in peewee.chunked(rows, 100):
                fields = [ResponseItem.owner, ResponseItem.item_id, ResponseItem.response_id]
                self._database.run(ResponseItem.insert_many(batch, fields))
        self._keep_in_bounds()

    def read(self, owner: str, response_id: str) -> StoredResponse | None:
        mine = (ResponseRow.id == response_id) & (ResponseRow.owner == owner)
        database = self._ready()
        fresh = ResponseRow.used_ms > self._expired_ms()
        found = database.rows(ResponseRow.select(ResponseRow.data, ResponseRow.used_ms).where(mine & fresh))
        if not found:
            return None
        # A turn reads its whole chain: a write for each of them would take ten times as long as all else.
        if self._now_ms() - found[0]["used_ms"] > self._limits.age_s * 1000 * _TOUCHED_EVERY:
            database.run(ResponseRow.update(used_ms=self._now_ms()).where(mine))
        return StoredResponse.unpack(unpack(found[0]["data"]))

    def read_item(self, owner: str, item_id: str) -> tuple[Item, StoredResponse] | None:
        wanted = (ResponseItem.owner == owner) & (ResponseItem.item_id == item_id)
        found = self._ready().rows(ResponseItem.select(ResponseItem.response_id).where(wanted))
        stored = self.read(owner, found[0]["response_id"]) if found else None
        return stored.with_item(item_id) if stored is not None else None

    def owner_of(self, response_id: str) -> str | None:
        found = self._ready().rows(ResponseRow.select(ResponseRow.owner).where(ResponseRow.id == response_id))
        return str(found[0]["owner"]) if found else None

    def delete(self, owner: str, response_id: str) -> bool:
        if self.owner_of(response_id) != owner:
            return False
        with self._ready().write_at_once():
            self._delete([response_id])
        return True

    def disconnect(self) -> None:
        """Some faults end a connection, and none says so."""
        if not self._database.peewee.is_closed():
            self._database.peewee.close()

    def _delete(self, ids: list[str]) -> None:
        if ids:
            self._database.run(ResponseItem.delete().where(ResponseItem.response_id.in_(ids)))
            self._database.run(ResponseRow.delete().where(ResponseRow.id.in_(ids)))

    def _keep_in_bounds(self) -> None:
        """The least recently used go, a few at a time: as many as come, if not more."""
        self._writes += 1
        rows = ResponseRow.select(ResponseRow.id).order_by(ResponseRow.used_ms).limit(_DELETED_AT_ONCE)
        if self._writes % _WRITES_PER_COUNT or not self._is_too_much():
            rows = rows.where(ResponseRow.used_ms <= self._expired_ms())
        found = [str(row["id"]) for row in self._database.rows(rows)]
        if found:
            with self._database.write_at_once():
                self._delete(found)

    def _is_too_much(self) -> bool:
        count, total = peewee.fn.COUNT(ResponseRow.id), peewee.fn.SUM(ResponseRow.stored_bytes)
        held = self._database.rows(ResponseRow.select(count.alias("entries"), total.alias("bytes")))[0]
        return int(held["entries"]) > self._limits.entries or int(held["bytes"] or 0) > self._limits.size_bytes

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _expired_ms(self) -> int:
        return self._now_ms() - int(self._limits.age_s * 1000)
