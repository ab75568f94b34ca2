"""The queue between the event loop and the log's thread: bounded in records and in bytes; what is too much is lost."""

from __future__ import annotations

import threading
from collections import deque

from .records import FlowRecord

MAX_RECORDS = 5000
MAX_BYTES = 64 * 1024 * 1024
_HEAVY = 8  # from an eighth of either on, nothing is waited for


class FlowQueue:
    """`put` never waits for more than a few instructions of the other side: no lock is held while anything is done."""

    def __init__(self, max_records: int = MAX_RECORDS, max_bytes: int = MAX_BYTES) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._records: deque[FlowRecord] = deque()
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._records)

    @property
    def closed(self) -> bool:
        return self._closed

    def put(self, record: FlowRecord) -> bool:
        """False: it is full (or closed), and the record is lost."""
        size = record.queued_bytes
        with self._changed:
            full = len(self._records) >= self._max_records or self._bytes + size > self._max_bytes
            if self._closed or (full and self._records):
                return False
            self._records.append(record)
            self._bytes += size
            if len(self._records) == 1 or self._is_heavy():
                self._changed.notify()
        return True

    def take(self, most: int, within_s: float) -> list[FlowRecord]:
        """Up to `most` records, as soon as there is one; [] when none came in time, or it is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._records or self._closed, within_s)
            taken = [self._records.popleft() for _ in range(min(most, len(self._records)))]
            self._bytes -= sum(record.queued_bytes for record in taken)
            return taken

    def wait_for_company(self, within_s: float) -> None:
        """Let some more records come, but not so many that the queue could overflow."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._is_heavy(), within_s)

    def _is_heavy(self) -> bool:
        return len(self._records) * _HEAVY >= self._max_records or self._bytes * _HEAVY >= self._max_bytes

    def close(self) -> None:
        """Nothing more comes in; what is in it can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
