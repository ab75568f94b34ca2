"""Where the log goes: standard error, as text or as JSON, and a file beside api.yaml where `save_log_file` says so."""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import logging.handlers
import os
import queue
import re
import time
from pathlib import Path

_TEXT = "%(asctime)s %(levelname)s %(message)s"
_FILE_BYTES, _FILES = 5 * 1024 * 1024, 3  # the seed system's
_QUEUED_LINES = 10_000
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x80-\x9f\u2028\u2029]")


def log_formatter(form: str) -> logging.Formatter:
    """`form`: "json" for one object a line, else text."""
    return JsonLines() if form == "json" else OneLines(_TEXT)


class OneLines(logging.Formatter):
    """One line for each record: a model's name with a line break in it must not look like a line of ours. Control
    characters are shown as escapes ("a\\nb" as a\\x0ab); a traceback below the line stays as it is."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", super().formatMessage(record))


class JsonLines(logging.Formatter):
    """{"time": "2026-11-25T12:00:00.123Z", "level": "INFO", "message": "…", …}; `extra={"fields": lambda: {…}}` adds
    to it: asked for here alone, so that nobody makes them for a log in text."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", dict)(),
        }
        if record.exc_info:
            line["traceback"] = record.exc_text or self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class LogFile:
    """The file of the last warnings and errors. A thread writes it: a slow disk holds up no request.

    file = LogFile(Path("logs/app.log")); …; file.close()
    """

    def __init__(self, path: Path, formatter: logging.Formatter) -> None:
        """Raises OSError where the file cannot be made."""
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        to_file = _OwnersFile(path, maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8")
        to_file.setFormatter(formatter)
        self._handler = _Bounded(queue.Queue(_QUEUED_LINES))
        self._handler.setLevel(logging.WARNING)
        self._listener = logging.handlers.QueueListener(self._handler.queue, to_file)
        self._to_file = to_file
        self._listener.start()
        logging.getLogger().addHandler(self._handler)

    def close(self) -> None:
        """What was logged until now is in the file afterwards."""
        logging.getLogger().removeHandler(self._handler)
        self._listener.stop()
        self._to_file.close()


class _OwnersFile(logging.handlers.RotatingFileHandler):
    def _open(self):  # type: ignore[no-untyped-def]  # the library's own type is private
        os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        return super()._open()


class _Bounded(logging.handlers.QueueHandler):
    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """The library makes one text of words and traceback, for other processes; here the traceback stays apart."""
        kept = copy.copy(record)
        kept.msg, kept.args = record.getMessage(), None
        return kept

    def enqueue(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(queue.Full):  # a disk that hangs: lines are lost, and no request is held up
            self.queue.put_nowait(record)
