"""`server.save_log_file`: the last warnings and errors in logs/app.log beside api.yaml."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from proapi_gateway.log_output import LogFile, log_formatter
from proapi_gateway.settings import Settings

from .configuration import Configuration

logger = logging.getLogger(__name__)

_FILE = Path("logs") / "app.log"


class SavedLog:
    """An addon; a reload opens or closes the file."""

    def __init__(self, configuration: Configuration, environment: Mapping[str, str] = os.environ) -> None:
        self._form = environment.get("PROAPI_LOG", "")
        self._configuration = configuration
        self._file: LogFile | None = None
        configuration.on_use(self._use)

    def running(self) -> None:
        self._use(self._configuration.gateway().snapshot.settings)

    def done(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _use(self, settings: Settings) -> None:
        wanted = settings.server.save_log_file
        if wanted and self._file is None:
            path = Path(self._configuration.path()).absolute().parent / _FILE
            try:
                self._file = LogFile(path, log_formatter(self._form))
            except OSError as error:
                logger.warning("save_log_file: %s cannot be written (%s)", path, error.strerror)
        elif not wanted:
            self.done()
