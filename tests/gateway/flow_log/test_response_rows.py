"""Answered Responses requests as rows of the log's database."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_gateway.flow_log.database import LogDatabase
from proapi_gateway.flow_log.response_rows import ResponseRows
from proapi_gateway.response_store import StoredResponse, StoreLimits

LIMITS = StoreLimits(entries=3, size_bytes=1_000_000, age_s=100)


def stored(response_id: str = "resp_1", text: str = "hello", **fields: Any) -> StoredResponse:
    output = [{"id": f"msg_out_{response_id}", "type": "message", "content": text}]
    question = [{"id": f"msg_in_{response_id}", "type": "message", "content": "hi \ud800"}]
    return StoredResponse({"id": response_id, "status": "completed", "output": output}, question, **fields)


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


@pytest.fixture
def rows(database: LogDatabase, clock: list[float]) -> ResponseRows:
    return ResponseRows(database, lambda: clock[0], LIMITS)


def test_what_is_written_is_read_by_its_owner_alone(rows: ResponseRows) -> None:
    kept = stored(previous_id="resp_0", home="h")
    rows.write("a", kept)
    assert rows.read("a", "resp_1") == kept
    assert rows.read("b", "resp_1") is None
    assert (rows.owner_of("resp_1"), rows.owner_of("resp_2")) == ("a", None)
    assert rows.read_item("a", "msg_in_resp_1") == (kept.input_items[0], kept)
    assert rows.read_item("b", "msg_in_resp_1") is None


def test_a_new_version_takes_the_place_of_the_old_one_but_not_of_anothers(rows: ResponseRows) -> None:
    for text in ("one", "two"):
        rows.write("a", stored(text=text))
    rows.write("b", stored(text="stolen"))
    assert rows.read("a", "resp_1") == stored(text="two")
    assert rows.read("b", "resp_1") is None
    assert rows.read_item("b", "msg_in_resp_1") is None


def test_what_is_deleted_is_gone_with_its_items(rows: ResponseRows) -> None:
    rows.write("a", stored())
    assert rows.delete("b", "resp_1") is False
    assert rows.delete("a", "resp_1") is True
    assert rows.delete("a", "resp_1") is False
    assert (rows.read("a", "resp_1"), rows.read_item("a", "msg_in_resp_1")) == (None, None)


def test_what_nobody_used_for_long_expires(rows: ResponseRows, clock: list[float]) -> None:
    rows.write("a", stored())
    for clock[0] in (1099.0, 1198.0):
        assert rows.read("a", "resp_1") is not None
    clock[0] = 1299.0
    assert rows.read("a", "resp_1") is None
    rows.write("a", stored("resp_2"))
    assert rows.owner_of("resp_1") is None  # not only out of sight


def test_the_least_recently_used_go_when_there_are_too_many(rows: ResponseRows, clock: list[float]) -> None:
    rows.write("a", stored("resp_0"))
    for clock[0] in range(1001, 1050):
        rows.write("a", stored(f"resp_{int(clock[0])}"))
    assert rows.owner_of("resp_0") is None


def test_ids_that_are_too_long_are_left_out(rows: ResponseRows) -> None:
    rows.write("a", stored("x" * 500))
    assert rows.owner_of("x" * 500) is None
    rows.write("a", StoredResponse({"id": "resp_1", "output": []}, [{"id": "y" * 500}]))
    assert rows.read("a", "resp_1") is not None
