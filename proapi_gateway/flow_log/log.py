"""The flow log: `put` on the event loop, one thread that writes what was put in batches, and keeps the log in bounds.

    log = open_flow_log(server_settings, costs)
    log.put(record)                     # never waits, never raises
    log.stats                           # what was written and what was lost
    log.close(within_s=5.0)             # all that was put is written

The database may be locked, full, or gone: that costs rows, which are counted, and nothing else. A batch is tried
for some seconds; meanwhile the queue fills, and what does not fit is lost.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import peewee

from ..settings import ServerSettings
from .database import BadDatabaseUrl, LogDatabase, open_database
from .flow_ids import FlowIds
from .flow_queue import FlowQueue
from .models import Flow
from .ready_database import ReadyDatabase
from .records import FlowRecord
from .retention import Keeper
from .rows import Costs, FlowRows, rows_of
from .storing import store

logger = logging.getLogger(__name__)

_BATCH = 500
_LINGER_S = 0.2  # a batch waits that long for company: a killed process loses no more than about this
_IDLE_S = 1.0
_IN_A_ROW = 8  # records: about a millisecond
_TRIES = 3
_RETRY_AFTER_S = 0.5
_DATABASE_FAULTS = (peewee.PeeweeException, OSError)
# A value that the database or its driver does not take (OverflowError: SQLite's for large numbers).
_FAULTS_OF_A_ROW = (peewee.IntegrityError, peewee.DataError, ValueError, OverflowError)


@dataclass(frozen=True, slots=True)
class LogStats:
    """`lost`: rows that were never written, because the database could not be written to or the queue was full.
    `last_error`: in words, "" as long as all is well. `last_written_ms`: Unix time of the last batch, 0 for none."""

    written: int = 0
    lost: int = 0
    queued: int = 0
    last_error: str = ""
    last_written_ms: int = 0


class FlowLog:
    """`clock()`: Unix seconds. `sleep(s)`: between two tries. All but `put`, `stats` and `close` is the thread's."""

    def __init__(
        self,
        database: LogDatabase,
        costs: Costs,
        keeper: Keeper,
        *,
        queue: FlowQueue,
        ids: FlowIds,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self.database = database
        self._costs = costs
        self._keeper = keeper
        self._queue = queue
        self._ids = ids
        self._clock = clock
        self._sleep = sleep
        self._ready = ReadyDatabase(database, self._now_ms)
        self._stats = LogStats()
        self._put = self._refused = 0  # the event loop's own counts; refused by the queue
        self._thread = threading.Thread(target=self._run, name="proapi-flow-log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, record: FlowRecord) -> None:
        """Leave a record to be written. Never waits; when the queue is full the record is lost, and counted."""
        self._put += 1
        if not self._queue.put(record):
            self._refused += 1

    @property
    def stats(self) -> LogStats:
        stats = self._stats
        return replace(stats, lost=stats.lost + self._refused, queued=len(self._queue))

    def end(self) -> None:
        """Take nothing more; the thread writes what was put, and ends by itself."""
        self._queue.close()

    def close(self, within_s: float) -> None:
        """Write what was put, and end. What is not written in time is lost: the database cannot be written to."""
        self.end()
        if self._thread.is_alive():
            self._thread.join(within_s)
        if missing := self._put - self._stats.written:
            why = self._stats.last_error or ("the queue was full" if self._refused else "see above")
            logger.warning("flow log: %d rows were lost; %s", missing, why)

    # -- the thread --------------------------------------------------------------------------------------------------
    def _run(self) -> None:
        self._get_ready()  # before the first flow: the tables are there, and faults are told early
        has_more_to_do = False
        while True:
            batch = self._queue.take(_BATCH, 0.0 if has_more_to_do else _IDLE_S)
            if batch and len(batch) < _BATCH and not self._queue.closed:
                self._queue.wait_for_company(_LINGER_S)
                batch += self._queue.take(_BATCH - len(batch), 0.0)
            if batch:
                self._write_or_lose(batch)
            elif self._queue.closed:
                break
            has_more_to_do = self._keep_in_bounds()
        self._disconnect()

    def _get_ready(self) -> bool:
        try:
            self._ready()
        except _DATABASE_FAULTS as fault:
            self._note(fault)
            return False
        return True

    def _write_or_lose(self, batch: Sequence[FlowRecord]) -> None:
        done = self._stats.written + self._stats.lost
        try:
            self._write(batch)
        except Exception:  # wide: the thread must outlive whatever nobody thought of; the log has it, and the count
            logger.exception("flow log: a batch could not be written")
            self._count(lost=len(batch) - (self._stats.written + self._stats.lost - done))
            self._disconnect()

    def _write(self, batch: Sequence[FlowRecord]) -> None:
        left = []
        for place, record in enumerate(batch):
            if (rows := self._rows_of(record)) is not None:
                left.append(rows)
            if place % _IN_A_ROW == 0:  # lets the event loop go: it would wait 5 ms until Python takes turns by itself
                self._sleep(0)
        for number in range(_TRIES):
            if number:
                self._sleep(_RETRY_AFTER_S)
            if self._get_ready():
                left = self._store(left)
            if not left:
                return
            self._disconnect()
        self._count(lost=len(left))

    def _rows_of(self, record: FlowRecord) -> FlowRows | None:
        try:
            return rows_of(record, self._ids.make(record.started_ms), self._costs)
        except Exception:  # wide: one flow that nobody thought of must not end the log of all others
            logger.exception("flow log: %s could not be written", record.request_id)
            self._count(lost=1)
            return None

    def _store(self, rows: Sequence[FlowRows]) -> list[FlowRows]:
        """Those that the database did not take, and that may be tried again."""
        try:
            store(self.database, rows, self._now_ms())
        except _FAULTS_OF_A_ROW as fault:
            if len(rows) == 1:
                self._store_otherwise(rows[0], fault)
                return []
            # one of them is the culprit: another process chose its id, or the database cannot hold it
            return [left for row in rows for left in self._store([row])]
        except _DATABASE_FAULTS as fault:
            self._note(fault)
            return list(rows)
        self._count(written=len(rows))
        return []

    def _store_otherwise(self, row: FlowRows, fault: Exception) -> None:
        """With another id; unless it is there already, by a commit whose answer was lost with the connection."""
        try:
            if not self._is_there(row):
                store(self.database, [_with_id(row, self._ids.make(row.flow["started_ms"]))], self._now_ms())
        except (*_DATABASE_FAULTS, *_FAULTS_OF_A_ROW):
            self._note(fault)
            self._count(lost=1)
        else:
            self._count(written=1)

    def _is_there(self, row: FlowRows) -> bool:
        itself = (Flow.id == row.flow["id"]) & (Flow.request_id == row.flow["request_id"])
        return bool(self.database.rows(Flow.select(Flow.id).where(itself)))

    def _keep_in_bounds(self) -> bool:
        try:
            return self._ready.is_migrated and self._keeper.step(self.database, self._now_ms())
        except _DATABASE_FAULTS as fault:
            self._note(fault)
            self._disconnect()
        except Exception as fault:  # wide: as in `_write_or_lose`; told once, for this is tried every second
            if self._stats.last_error != str(fault):
                logger.exception("flow log: it cannot be kept within its bounds")
                self._stats = replace(self._stats, last_error=str(fault))
        return False

    def _disconnect(self) -> None:
        """Some faults end a connection, and none says so."""
        with suppress(*_DATABASE_FAULTS):
            if not self.database.peewee.is_closed():
                self.database.peewee.close()

    def _note(self, fault: Exception) -> None:
        words = f"{type(fault).__name__}: {fault}".splitlines()[0]
        if words != self._stats.last_error:  # not once a second for as long as it lasts
            logger.error("flow log: the database cannot be written to: %s", words)
        self._stats = replace(self._stats, last_error=words)

    def _count(self, *, written: int = 0, lost: int = 0) -> None:
        stats = replace(self._stats, written=self._stats.written + written, lost=self._stats.lost + lost)
        if written:
            stats = replace(stats, last_written_ms=self._now_ms(), last_error="")
        self._stats = stats

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _with_id(rows: FlowRows, flow_id: int) -> FlowRows:
    bodies = tuple({**body, "flow_id": flow_id} for body in rows.bodies)
    return replace(rows, flow={**rows.flow, "id": flow_id}, bodies=bodies)


def open_flow_log(server: ServerSettings, costs: Costs) -> FlowLog:
    """A running log of `server.db_path`. Raises BadDatabaseUrl; a database that cannot be reached costs rows only."""
    log = FlowLog(
        open_database(server.db_path),
        costs,
        Keeper(server.retention),
        queue=FlowQueue(),
        ids=FlowIds(random.SystemRandom().randrange),
        clock=time.time,
        sleep=time.sleep,
    )
    log.start()
    return log


__all__ = ["BadDatabaseUrl", "FlowLog", "LogStats", "open_flow_log"]
