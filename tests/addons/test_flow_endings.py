"""The line of a flow that is over. Its summary, and JSON in whole, are end_to_end/test_logs_and_metrics.py's."""

from __future__ import annotations

import pytest

from addons.flow_endings import log_flow
from proapi_gateway.flow_summary import FlowSummary


def test_the_facts_for_programs_are_made_when_they_are_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "proapi.flows")
    log_flow(FlowSummary("req-1", "base_url", "chat", 200, 12))
    (line,) = caplog.records
    assert line.getMessage() == "req-1 chat 200 total=12ms"
    assert line.__dict__["fields"]()["status"] == 200
