"""The overview: sums, charts, what is ill, the log itself; from sums of days alone."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from proapi_gateway.flow_log.log import LogStats
from proapi_gateway.flow_log.models import Flow
from proapi_gateway.flow_log.records import Outcome
from proapi_gateway.health import HealthState
from tests.admin.flow_pages import pages_over
from tests.admin.flows import record

pytestmark = pytest.mark.usefixtures("each_database")

DAY_S = 86_400


def charts_of(text: str) -> dict[str, list[Any]]:
    found = re.search(r'data-days="([^"]*)"', text)
    assert found
    told: dict[str, list[Any]] = json.loads(html.unescape(found[1]))
    return told


@pytest.mark.parametrize(("days", "requests"), [(1, 3), (7, 4), (30, 5)])
def test_the_sums_of_a_period(days: int, requests: int, tmp_path: Path) -> None:
    records = [
        record(0, stream=True, first_token_ms=200), record(1),
        record(2, outcome=Outcome.FAILED, status=503, model="ill"),
        record(3 * DAY_S), record(20 * DAY_S), record(40 * DAY_S),
    ]  # fmt: skip
    client, _ = pages_over(tmp_path, *records)
    text = client.get(f"/admin/overview?days={days}").text
    assert f"<dt>Requests</dt><dd>{requests}</dd>" in text
    assert "<dt>Errors</dt><dd>1</dd>" in text
    assert f"<dt>Prompt tokens</dt><dd>{requests}k</dd>" in text
    assert f"<dt>Cost</dt><dd>$0.00{requests}</dd>" in text
    charts = charts_of(text)
    assert len(charts["days"]) == days
    assert all(len(series) == days for series in charts.values())
    assert sum(charts["requests"]) == requests
    assert charts["errors"][-1] == 1
    assert charts["first_p50"][-1] is not None
    assert (charts["first_p50"][0] is None) == (days > 1)
    assert charts["tokens"][-1] == 3 * 1200


def test_who_asked_what(tmp_path: Path) -> None:
    records = [record(place, model="much") for place in range(4)] + [record(9, model="little", token="team-b")]
    client, _ = pages_over(tmp_path, *records)
    text = client.get("/admin/overview").text
    bars = re.findall(r'model=(\w+)">.*?<rect width="([\d.]+)%"', text, re.DOTALL)
    assert bars == [("much", "100.0"), ("little", "25.0")]
    assert "/admin/flows?token=team-b" in text


def test_no_flow_is_read(tmp_path: Path) -> None:
    """Statistics must not depend on how many flows there are: they are there without any."""
    client, log = pages_over(tmp_path, *(record(place) for place in range(5)))
    with log.database.connected():
        log.database.run(Flow.delete())
    assert "<dt>Requests</dt><dd>5</dd>" in client.get("/admin/overview").text


def test_what_is_ill_and_how_the_log_is(tmp_path: Path) -> None:
    states = (
        HealthState("openai/main", "sk-a…wxyz", "healthy", "", 0, 0.0, 1),
        HealthState("openai/ill", "sk-b…wxyz", "cooling", "it fails <b>", 3, 42.0, 0),
    )
    client, log = pages_over(tmp_path, record(0), health=lambda: states)
    log.stats = LogStats(written=5, lost=3, queued=7, last_error="disk <full>")
    text = client.get("/admin/overview").text
    assert "openai/ill" in text
    assert "it fails &lt;b&gt;" in text
    assert "42 s" in text
    assert "openai/main</td>" not in text
    assert '<span class="tag bad">3</span>' in text
    assert "disk &lt;full&gt;" in text


def test_a_busy_gateway_costs_one_card(tmp_path: Path) -> None:
    def never() -> tuple[HealthState, ...]:
        raise TimeoutError

    client, _ = pages_over(tmp_path, record(0), health=never)
    assert "too busy to say" in client.get("/admin/overview").text


def test_empty(tmp_path: Path) -> None:
    client, _ = pages_over(tmp_path)
    assert "Nothing has come through yet" in client.get("/admin/overview?days=x").text
