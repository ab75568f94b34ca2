"""A database that is connected in the asking thread, its tables brought up to date before it is first used."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from .database import LogDatabase
from .migrations import migrate

_File = tuple[int, int] | None  # device and inode; None: there is none, or the database is none of SQLite's


class ReadyDatabase:
    """Called, it gives the database. `now_ms()`: since 1970, for the note of when a migration was made."""

    def __init__(self, database: LogDatabase, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self.is_migrated = False
        self._threads = threading.local()  # `file`: what this thread's connection has open

    def __call__(self) -> LogDatabase:
        """Connects where the thread has no connection. Raises peewee's exceptions: the next call tries again."""
        connection, mine = self._database.peewee, self._threads.__dict__
        if "file" in mine and mine["file"] != self._file_at_path():
            # Somebody deleted or replaced it, and SQLite would go on writing into what nobody can open any more.
            connection.close()
            self.is_migrated = False
        if connection.connect(reuse_if_open=True) or not self.is_migrated:
            if not self.is_migrated:
                migrate(self._database, self._now_ms())
            mine["file"], self.is_migrated = self._file_at_path(), True
        return self._database

    def _file_at_path(self) -> _File:
        try:
            found = os.stat(self._database.path)
        except OSError:
            return None
        return found.st_dev, found.st_ino
