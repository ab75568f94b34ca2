"""A client that is logged in to pages over a log on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from proapi_gateway.flow_log.records import FlowRecord
from tests.admin.flows import NOW_MS, DiskLog
from tests.admin.pages import Clock, FakeGateway, PageClient, admin_app, logged_in


def pages_over(folder: Path, *records: FlowRecord, **services: Any) -> tuple[PageClient, DiskLog]:
    """The clock stands a second after the newest record."""
    log = DiskLog(folder, records)
    gateway = FakeGateway(clock=Clock(NOW_MS / 1000 + 1), services={"flow_log": lambda: log, **services})
    return logged_in(admin_app(gateway)), log
