"""The line of a flow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.flow_summary import FlowSummary, flow_fields, flow_line
from proapi_translate import Usage

FAILED = AttemptRecord("openai/a", "gpt-4o-2024", 0, "sk-a…wxyz", 503, "busy", 12)
SERVED = AttemptRecord("openai/b", "gpt-4o-2024", 0, "", 200, "", 300)
FULL = FlowSummary(
    request_id="req_1",
    door="base_url",
    what="chat",
    status=200,
    total_ms=2100,
    first_ms=312,
    token="team-a",
    model="gpt-4o",
    provider="openai/b",
    backend_model="gpt-4o-2024",
    attempts=(FAILED, SERVED),
    usage=Usage(prompt_tokens=120, completion_tokens=45),
    cache="miss",
)


def test_a_flow_is_one_line() -> None:
    assert flow_line(FULL) == (
        "req_1 chat gpt-4o -> openai/b:gpt-4o-2024 200 first=312ms total=2100ms tokens=120+45 attempts=2 cache=miss"
        " token=team-a"
    )


def test_what_is_not_known_is_left_out() -> None:
    bare = FlowSummary("req_1", "base_url", "models", 401, 1)
    assert flow_line(bare) == "req_1 models 401 total=1ms"
    assert flow_fields(bare) == {
        "request_id": "req_1", "door": "base_url", "what": "models", "status": 401, "total_ms": 1, "attempts": 0
    }  # fmt: skip


def test_programs_get_the_same_as_fields() -> None:
    fields = flow_fields(FULL)
    assert fields["model"] == "gpt-4o"
    assert (fields["prompt_tokens"], fields["completion_tokens"], fields["attempts"]) == (120, 45, 2)
    assert "fault" not in fields


@pytest.mark.parametrize("name", ["x\nreq_2 chat 200", "a\r\nb", "a\x1b[31mb", "a\u2028b"])
def test_a_clients_text_makes_no_line_of_its_own(name: str) -> None:
    for flow in (replace(FULL, model=name), replace(FULL, fault=name), replace(FULL, token=name)):
        assert len(flow_line(flow).splitlines()) == 1
        assert flow_line(flow).isprintable()


def test_a_long_name_is_cut() -> None:
    assert len(flow_line(replace(FULL, model="m" * 100_000))) < 400
