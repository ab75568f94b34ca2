"""Finish reasons in OpenAI's words."""

from __future__ import annotations

import pytest

from ..chat_contract import check_chat_stream, check_failed_stream, finish_reasons
from .wire import MODEL, START, chunk, lane, wire


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("stop", "stop"),
        ("eos", "stop"),
        ("STOP", "stop"),
        ("end_turn", "stop"),
        ("length", "length"),
        ("model_length", "length"),
        ("max_tokens", "length"),
        ("sensitive", "content_filter"),
        ("SAFETY", "content_filter"),
        ("content_filter", "content_filter"),
        ("something_new", "length"),
    ],
)
def test_finish_reasons_are_openais(raw: str, reason: str) -> None:
    reply = lane()
    chunks = check_chat_stream(reply.feed(wire(START, chunk({}, raw))), model=MODEL, include_usage=False)
    assert finish_reasons(chunks) == [reason]
    assert reply.finish_reason == reason


@pytest.mark.parametrize("raw", ["error", "network_error", "insufficient_system_resource"])
def test_finish_reasons_that_mean_failure_are_errors(raw: str) -> None:
    reply = lane()
    values = check_failed_stream(reply.feed(wire(START, chunk({"content": "a"}), chunk({}, raw))))
    assert finish_reasons(values[:-1]) == []
    assert raw in str(reply.failure)
