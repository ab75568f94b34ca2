"""What the admin reads, on each database."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.flow_log import page_walk
from proapi_gateway.flow_log.database import LogDatabase
from proapi_gateway.flow_log.flow_views import Cursor
from proapi_gateway.flow_log.page_walk import NEWEST_FIRST, Filters, Order, Sort
from proapi_gateway.flow_log.queries import FlowQueries
from proapi_gateway.flow_log.records import FlowRecord, Outcome, Side

from .sample_flows import FLOW, NOON_MS, with_bodies, write


@pytest.fixture
def queries(database: LogDatabase) -> FlowQueries:
    return FlowQueries(database)


def many(count: int) -> list[FlowRecord]:
    """One a second; every second one is of team-b, every third failed, every fifth asks for o3."""
    return [
        replace(
            FLOW,
            request_id=f"req_{place}",
            started_ms=NOON_MS + place * 1000,
            token="team-b" if place % 2 else "team-a",
            outcome=Outcome.FAILED if place % 3 == 0 else Outcome.OK,
            status=500 if place % 3 == 0 else 200,
            model="o3" if place % 5 == 0 else "gpt-4o",
            total_ms=(place * 37) % 100,
            first_token_ms=None if place % 4 == 0 else place,
        )
        for place in range(count)
    ]


def all_pages(queries: FlowQueries, filters: Filters, order: Order = NEWEST_FIRST, limit: int = 7) -> list[str]:
    """The request ids of all pages, one after the other."""
    found, after = [], None
    while True:
        page = queries.page(filters, order=order, after=after, limit=limit)
        assert len(page.flows) <= limit
        found += [flow.request_id for flow in page.flows]
        if page.after is None:
            return found
        after = Cursor.parse(str(page.after))


def test_one_flow_comes_back_as_it_was(database: LogDatabase, queries: FlowQueries) -> None:
    (flow_id,) = write(database, with_bodies(FLOW, "Hi", "Yo"))
    detail = queries.flow(flow_id)
    assert detail is not None
    flow = detail.flow
    assert (flow.started_ms, flow.total_ms, flow.first_token_ms, flow.stream) == (NOON_MS, 1200, 300, True)
    assert flow.attempts == FLOW.attempts
    assert isinstance(flow.attempts[0], AttemptRecord)
    assert flow.losses == ({"field": "seed", "what": "dropped", "why": "Anthropic has no seed"},)
    assert (flow.prompt_tokens, flow.cached_tokens, flow.reasoning_tokens, flow.total_tokens) == (100, 30, 5, 120)
    assert flow.cost_usd == Decimal("0.1")
    reply = detail.bodies[Side.CLIENT_REPLY]
    assert reply.data.startswith(b"data: ")
    assert reply.pieces == ((300, 0), (450, 20))
    assert not reply.is_cut
    assert queries.flow_of_request("req_0") == detail
    assert queries.flow(flow_id + 1) is None


@pytest.mark.parametrize("odd", ["a\\u0000b", "a\0b", "\ud800"], ids=["an escape in words", "NUL", "half a pair"])
def test_words_of_a_fault_that_look_like_escapes_or_are_no_text(
    odd: str, database: LogDatabase, queries: FlowQueries
) -> None:
    attempt = replace(FLOW.attempts[0], fault=odd)
    write(database, replace(FLOW, attempts=(attempt,), losses=()))
    (flow,) = queries.page().flows
    assert flow.attempts[0].fault == odd.replace("\ud800", "?")


FILTERS = {
    "none": (Filters(), lambda n: True),
    "token": (Filters(token="team-b"), lambda n: n % 2 == 1),
    "two": (Filters(token="team-b", outcome="failed"), lambda n: n % 2 == 1 and n % 3 == 0),
    "three": (Filters(token="team-a", status=200, model="o3"), lambda n: n % 2 == 0 and n % 3 and n % 5 == 0),
    "time": (Filters(from_ms=NOON_MS + 10_000, before_ms=NOON_MS + 30_000), lambda n: 10 <= n < 30),
    "time and model": (Filters(from_ms=NOON_MS + 10_000, model="o3"), lambda n: n >= 10 and n % 5 == 0),
    "nothing": (Filters(token="nobody"), lambda n: False),
}


@pytest.mark.parametrize("scanned", [10_000, 5], ids=["all at once", "few at a time"])
@pytest.mark.parametrize("name", FILTERS)
def test_filters_and_pages(
    name: str, scanned: int, database: LogDatabase, queries: FlowQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows, whether a page may look at all rows or at five of them."""
    monkeypatch.setattr(page_walk, "SCANNED", scanned)
    write(database, *many(60))
    filters, wanted = FILTERS[name]
    expected = [f"req_{place}" for place in reversed(range(60)) if wanted(place)]
    assert all_pages(queries, filters) == expected
    assert all_pages(queries, filters, Order(descending=False)) == expected[::-1]


@pytest.mark.parametrize("scanned", [10_000, 5], ids=["all at once", "few at a time"])
@pytest.mark.parametrize("filters", [Filters(), Filters(token="team-b"), Filters(token="team-b", outcome="failed")])
@pytest.mark.parametrize("sort", [Sort.TOTAL_MS, Sort.FIRST_TOKEN_MS])
def test_other_orders(
    sort: Sort,
    filters: Filters,
    scanned: int,
    database: LogDatabase,
    queries: FlowQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page_walk, "SCANNED", scanned)
    records = many(60)
    write(database, *records)
    chosen = [
        record
        for record in records
        if all(getattr(record, name) == value for name, value in filters.equal().items())
        and getattr(record, sort.value) is not None
    ]
    chosen.sort(key=lambda record: (getattr(record, sort.value), record.started_ms))
    expected = [record.request_id for record in chosen]
    assert all_pages(queries, filters, Order(sort, descending=False)) == expected
    assert all_pages(queries, filters, Order(sort)) == expected[::-1]


@pytest.mark.parametrize("indexed", [True, False], ids=["index", "no index"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("weather", ["req_2", "req_0"]),
        ("WEATHER", ["req_2", "req_0"]),
        ("weather Paris", ["req_0"]),
        ("Paris weather", ["req_0"]),
        ("wea*", ["req_2", "req_0"]),
        ("天气", ["req_1"]),
        ("今天", ["req_1"]),
        ("天今", []),
        ('"weather" OR', []),
        ("rain 50", ["req_2"]),
        ("* -", []),
    ],
)
def test_texts(
    text: str,
    found: list[str],
    indexed: bool,
    database: LogDatabase,
    queries: FlowQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not indexed:
        monkeypatch.setattr(page_walk, "has_fts5", lambda database: False)
    said = [("What is the weather in Paris?", "Sunny"), ("今天天气怎么样", "晴"), ("weather", "rain, 50 %"), ("x", "y")]
    records = [
        with_bodies(replace(FLOW, request_id=f"req_{place}", started_ms=NOON_MS + place), asked, answered)
        for place, (asked, answered) in enumerate(said)
    ]
    write(database, *records)
    assert all_pages(queries, Filters(text=text), limit=1) == found
    assert all_pages(queries, Filters(text=text, token="team-a")) == found
    assert all_pages(queries, Filters(text=text, token="nobody")) == []


def test_what_is_new(database: LogDatabase, queries: FlowQueries) -> None:
    first, second = many(2)
    write(database, first, written_ms=1000)
    write(database, second, written_ms=2000)
    assert [flow.request_id for flow in queries.written_since(0)] == ["req_0", "req_1"]
    assert [flow.request_id for flow in queries.written_since(1001)] == ["req_1"]


def test_deleted_flows_are_gone_with_all_that_is_theirs(database: LogDatabase, queries: FlowQueries) -> None:
    ids = write(database, *[with_bodies(record, "Hello", "there") for record in many(5)])
    assert queries.size()[0] == 5
    assert queries.delete(ids[:3]) == 3
    assert queries.delete(ids[:3]) == 0
    assert all_pages(queries, Filters()) == ["req_4", "req_3"]
    assert all_pages(queries, Filters(text="Hello")) == ["req_4", "req_3"]
    assert [database.sql(f"SELECT count(*) FROM {table}")[0][0] for table in ("flow_body", "flow_text")] == [4, 2]
    rows, stored = queries.size()
    assert (rows, stored) == (2, database.sql("SELECT sum(stored_bytes) FROM flow")[0][0])
    queries.delete(ids)
    assert queries.size() == (0, 0)


@pytest.mark.parametrize("text", ["", "1", "a.b", "1.x"])
def test_a_cursor_that_is_none(text: str) -> None:
    assert Cursor.parse(text) is None
