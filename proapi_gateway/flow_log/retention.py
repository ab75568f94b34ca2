"""The bounds of the log (`server.retention`): by age, by rows and by bytes, kept in small steps by the log's thread.

Bytes are those of the log's own rows (`Flow.stored_bytes`), not of the file: a seed database's tables beside them would
count, and so would what SQLite has freed. Freed pages go back to the file system little by little.
"""

from __future__ import annotations

from ..settings import Retention
from .database import LogDatabase
from .flow_ids import first_id_of
from .models import Flow, FlowSum, FlowTotal, FlowUse
from .rows import day_of
from .storing import delete_flows

_STEP = 200  # flows: some milliseconds
_PAGES_A_STEP = 500  # 2 MB
_FREE_PAGES_KEPT = 256  # 1 MB
_INCREMENTAL = 2
_LOOK_AFTER_MS = 10_000
_DAY_MS = 86_400_000
_KEPT_DAYS = 400  # of the statistics: a year, and the month before


class Keeper:
    """A bound of 0 is none."""

    def __init__(self, retention: Retention) -> None:
        self._retention = retention
        self._looked_ms = 0
        self._swept_day = 0

    def step(self, database: LogDatabase, now_ms: int) -> bool:
        """Do a little of what is to do; is there more? Between two looks at a log within its bounds lie 10 seconds."""
        if now_ms - self._looked_ms < _LOOK_AFTER_MS:
            return False
        if self._delete_some(database, now_ms) or _shrink(database):
            return True
        self._sweep_days(database, now_ms)
        self._looked_ms = now_ms
        return False

    def _delete_some(self, database: LogDatabase, now_ms: int) -> bool:
        bounds, total = self._retention, database.rows(FlowTotal.select())[0]
        if bounds.days:
            oldest_kept = first_id_of(now_ms - bounds.days * _DAY_MS)
            if delete_flows(database, Flow.id < oldest_kept, _STEP):
                return True
        excess = total["rows"] - bounds.rows if bounds.rows else 0
        if bounds.bytes and total["bytes"] > bounds.bytes:
            excess = max(excess, _share_over(total["bytes"], bounds.bytes, total["rows"]))
        return excess > 0 and delete_flows(database, None, min(excess, _STEP)) > 0

    def _sweep_days(self, database: LogDatabase, now_ms: int) -> None:
        today = day_of(now_ms)
        if today != self._swept_day:
            oldest_kept = day_of(now_ms - _KEPT_DAYS * _DAY_MS)
            database.run(FlowUse.delete().where(FlowUse.day < oldest_kept))
            database.run(FlowSum.delete().where(FlowSum.day < oldest_kept))
            self._swept_day = today


def _share_over(held_bytes: int, bound_bytes: int, rows: int) -> int:
    """About how many rows of the common size are too many; at least one."""
    return max(1, (held_bytes - bound_bytes) * rows // held_bytes)


def _shrink(database: LogDatabase) -> bool:
    """Give some free pages of an SQLite file back. A tenth stays: the next rows need it. A file that was made without
    auto_vacuum (a seed database's) keeps its free pages, and uses them again."""
    if database.kind != "sqlite" or _pragma(database, "auto_vacuum") != _INCREMENTAL:
        return False
    free = _pragma(database, "freelist_count")
    if free <= max(_FREE_PAGES_KEPT, _pragma(database, "page_count") // 10):
        return False
    database.sql(f"PRAGMA incremental_vacuum({_PAGES_A_STEP})")
    return _pragma(database, "freelist_count") < free


def _pragma(database: LogDatabase, name: str) -> int:
    return int(database.sql(f"PRAGMA {name}")[0][0])
