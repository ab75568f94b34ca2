"""Flows as the log's readers get them, for tests, and a log on disk that holds some."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.flow_log.database import LogDatabase, open_database
from proapi_gateway.flow_log.flow_ids import FlowIds
from proapi_gateway.flow_log.flow_views import FlowDetail
from proapi_gateway.flow_log.log import LogStats
from proapi_gateway.flow_log.migrations import migrate
from proapi_gateway.flow_log.queries import FlowQueries
from proapi_gateway.flow_log.records import BodyRecord, FlowRecord, Outcome, Side
from proapi_gateway.flow_log.rows import rows_of
from proapi_gateway.flow_log.storing import store
from proapi_translate import Loss, Usage
from scripts.fill_flow_log import NoCosts

NOW_MS = 1_764_000_000_000
ASKED = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": 'it\'s 世界 "quoted" $HOME `x` \\ !'}]})
REQUEST_HEADERS = [
    ["Host", "127.0.0.1:8000"], ["Authorization", "[hidden]"], ["Content-Type", "application/json"],
    ["Content-Length", "99"], ["X-Note", "it's"],
]  # fmt: skip


def body(side: Side, data: bytes, content_type: str = "application/json", **changes: Any) -> BodyRecord:
    headers = [["Content-Type", content_type]]
    head: dict[str, object] = {"status": 200, "headers": headers}
    if side in (Side.CLIENT_REQUEST, Side.SENT_REQUEST):
        url = "http://127.0.0.1:8000/v1/chat/completions"
        head = {"method": "POST", "url": url, "headers": REQUEST_HEADERS}
    given = {"side": side, "data": data, "total_bytes": len(data), "head": head} | changes
    return BodyRecord(**given | {"head": json.dumps(given["head"])})


def record(place: int = 0, **changes: Any) -> FlowRecord:
    """A good whole chat reply, at `place` seconds before NOW_MS."""
    given: dict[str, Any] = {
        "request_id": f"req-{place}",
        "started_ms": NOW_MS - place * 1000,
        "total_ms": 900,
        "outcome": Outcome.OK,
        "status": 200,
        "door": "base_url",
        "client_address": "127.0.0.1",
        "client_program": "OpenAI/Python 2.0",
        "token": "team-a",
        "method": "POST",
        "path": "/v1/chat/completions",
        "dialect": "chat",
        "model": "gpt-4o",
        "provider": "openai",
        "member": "openai/main",
        "backend_model": "gpt-4o-2024",
        "attempts": (AttemptRecord("openai/main", "gpt-4o-2024", 0, "sk-a…wxyz", 200, "", 880),),
        "usage": Usage(1000, 200),
        "finish_reason": "stop",
        "losses": (Loss("seed", "dropped", "this backend has none"),),
        "bodies": (body(Side.CLIENT_REQUEST, ASKED.encode()), body(Side.CLIENT_REPLY, b'{"choices": []}')),
    }
    return FlowRecord(**(given | changes))


def database_url(folder: Path) -> str:
    """conftest.py has it give another database's too."""
    return f"sqlite:///{folder}/flows.db"


class DiskLog:
    """A log of these records; as `services.flow_log()` gives it."""

    def __init__(self, folder: Path, records: Sequence[FlowRecord] = ()) -> None:
        self.database: LogDatabase = open_database(database_url(folder))
        self._ids = FlowIds(lambda below: 0)
        with self.database.connected():
            migrate(self.database, NOW_MS)
        self.stats = LogStats(written=len(records))
        self.add(*records)

    def add(self, *records: FlowRecord, written_ms: int = NOW_MS) -> None:
        with self.database.connected():
            store(
                self.database,
                [rows_of(each, self._ids.make(each.started_ms), NoCosts()) for each in records],
                written_ms,
            )

    def details(self) -> list[FlowDetail]:
        """Newest first."""
        queries = FlowQueries(self.database)
        found = [queries.flow(flow.id) for flow in queries.page(limit=1000).flows]
        return [detail for detail in found if detail is not None]
