"""The log that flows are recorded in, as the settings in force want it: opened, replaced at a reload, or none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from proapi_gateway.flow_log.records import FlowRecord
from proapi_gateway.gateway import Gateway
from proapi_gateway.prices import Prices
from proapi_gateway.settings import ServerSettings, Settings

if TYPE_CHECKING:
    from proapi_gateway.flow_log.log import FlowLog

logger = logging.getLogger(__name__)

_CLOSE_WITHIN_S = 8.0

# What of the settings the log is made from: when one changes, another log takes its place.
_Wanted = tuple[object, ...]


class RecordingLog:
    """An addon, so that it is there from the start. `gateway()`: the gateway in force."""

    def __init__(self, gateway: Callable[[], Gateway]) -> None:
        self._gateway = gateway
        self._log: FlowLog | None = None
        self._server: ServerSettings | None = None
        self._made_from: _Wanted = ()
        self._runs = False

    # Methods: mitmproxy reads every property of an addon while it loads it.
    def log(self) -> FlowLog | None:
        """The log in use: the admin reads from its database, and shows its `stats`."""
        return self._log

    def running(self) -> None:
        self._runs = True
        self.use(self._gateway().snapshot.settings)

    def use(self, settings: Settings) -> None:
        """With a reload, and not with the next flow: the admin's pages read from it."""
        if self._runs:
            self.records(settings.server)

    def records(self, server: ServerSettings) -> bool:
        """Is a flow that starts with these settings recorded? One comparison, unless they are new."""
        if server is not self._server:
            self._adopt(server)
        return self._log is not None

    def put(self, record: FlowRecord) -> None:
        if self._log is not None:
            self._log.put(record)

    def close(self) -> None:
        if self._log is not None:
            self._log.close(_CLOSE_WITHIN_S)
            self._log = None

    def _adopt(self, server: ServerSettings) -> None:
        self._server = server
        wanted: _Wanted = (server.db_path, server.retention, server.prices) if server.admin_server else ()
        if wanted == self._made_from:
            return
        self._made_from = wanted
        if self._log is not None:
            self._log.end()
        self._log = _open(server) if wanted else None


def _open(server: ServerSettings) -> FlowLog | None:
    from proapi_gateway.flow_log.log import BadDatabaseUrl, open_flow_log  # brings peewee

    try:
        return open_flow_log(server, Prices(server.prices))
    except BadDatabaseUrl as fault:
        logger.error("server.db_path: %s; nothing is recorded", fault)
        return None
