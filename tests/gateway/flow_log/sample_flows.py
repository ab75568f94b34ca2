"""Flows for the log's tests: records with everything in them, written through the log's own code."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.flow_log.database import LogDatabase
from proapi_gateway.flow_log.flow_ids import first_id_of
from proapi_gateway.flow_log.records import BodyRecord, FlowRecord, Outcome, Side
from proapi_gateway.flow_log.rows import rows_of
from proapi_gateway.flow_log.storing import store
from proapi_translate import Loss, Usage

NOON_MS = 1_764_072_000_000  # 2025-11-25 12:00 UTC


class FixedCosts:
    """Each prompt token is a tenth of a cent."""

    def cost(self, provider: str, model: str, usage: Usage) -> Decimal | None:
        return Decimal(usage.prompt_tokens) / 1000


FLOW = FlowRecord(
    request_id="req_0",
    started_ms=NOON_MS,
    total_ms=1200,
    outcome=Outcome.OK,
    status=200,
    door="base_url",
    client_address="127.0.0.1",
    client_program="OpenAI/Python 2.0",
    token="team-a",
    method="POST",
    path="/v1/chat/completions",
    dialect="chat",
    model="gpt-4o",
    provider="anthropic",
    member="anthropic/main",
    backend_model="claude-sonnet-4-5",
    attempts=(
        AttemptRecord("openai/b", "gpt-4o", 0, "sk-a…wxyz", 503, "overloaded", 40),
        AttemptRecord("anthropic/main", "claude-sonnet-4-5", 0, "", 200, "", 1150),
    ),
    stream=True,
    first_token_ms=300,
    usage=Usage(100, 20, cached_tokens=30, reasoning_tokens=5),
    finish_reason="stop",
    losses=(Loss("seed", "dropped", "Anthropic has no seed"),),
)


def with_bodies(record: FlowRecord, asked: str, answered: str) -> FlowRecord:
    request = f'{{"messages": [{{"role": "user", "content": "{asked}"}}]}}'.encode()
    reply = f'data: {{"choices": [{{"delta": {{"content": "{answered}"}}}}]}}\n\n'.encode()
    return replace(
        record,
        bodies=(
            BodyRecord(Side.CLIENT_REQUEST, request, len(request), '{"method": "POST"}'),
            BodyRecord(Side.CLIENT_REPLY, reply, len(reply), '{"status": 200}', ((300, 0), (450, 20))),
        ),
    )


def write(database: LogDatabase, *records: FlowRecord, written_ms: int = NOON_MS + 5000) -> list[int]:
    """The ids of their rows."""
    taken = database.sql("SELECT count(*) FROM flow")[0][0]
    ids = [first_id_of(record.started_ms) + taken + place for place, record in enumerate(records)]
    rows = [rows_of(record, flow_id, FixedCosts()) for record, flow_id in zip(records, ids, strict=True)]
    store(database, rows, written_ms)
    return ids
