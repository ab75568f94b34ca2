"""A database that is connected in the asking thread, its tables brought up to date before it is first used."""

from __future__ import annotations

import os
from collections.abc import Callable

from .database import LogDatabase
from .migrations import migrate


class ReadyDatabase:
    """Called, it gives the database. `now_ms()`: since 1970, for the note of when a migration was made."""

    def __init__(self, database: LogDatabase, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self.is_migrated = False
        self._file: tuple[int, int] | None = None  # the one that is open

    def __call__(self) -> LogDatabase:
        """Connects where the thread has no connection. Raises peewee's exceptions: the next call tries again."""
        if self.is_migrated and self._file != self._file_at_path():
            # Somebody deleted or replaced it, and SQLite would go on writing into what nobody can open any more.
            self._database.peewee.close()
            self.is_migrated = False
        self._database.peewee.connect(reuse_if_open=True)
        if not self.is_migrated:
            migrate(self._database, self._now_ms())
            self._file = self._file_at_path()
            self.is_migrated = True
        return self._database

    def _file_at_path(self) -> tuple[int, int] | None:
        """None: there is none, or the database is none of SQLite's."""
        try:
            found = os.stat(self._database.path)
        except OSError:
            return None
        return found.st_dev, found.st_ino
