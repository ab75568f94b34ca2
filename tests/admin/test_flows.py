"""The list of flows: filters, order, pages, deletion, exports; and that what apps say is only ever text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from proapi_gateway.flow_log.database import open_database
from proapi_gateway.flow_log.queries import FlowQueries
from proapi_gateway.flow_log.records import Outcome, Side
from tests.admin.flow_pages import pages_over
from tests.admin.flows import body, record
from tests.admin.pages import FakeGateway, admin_app, logged_in

pytestmark = pytest.mark.usefixtures("each_database")

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
ROW = re.compile(r'<tr data-flow="(\d+)">.*?<b>([^<]*)</b>', re.DOTALL)


def some() -> list[object]:
    return [
        record(0, model="newest"),
        record(10, model="slow", total_ms=9000, stream=True, first_token_ms=4000),
        record(20, model="refused", outcome=Outcome.REFUSED, status=429, error="slow down", token="team-b"),
        record(7200, model="old", provider="gemini", member="gemini"),
        record(
            7201, model="poem", bodies=(body(Side.CLIENT_REQUEST, b'{"messages":[{"content":"a poem on zugzwang"}]}'),)
        ),
    ]


def models(text: str) -> list[str]:
    return [model for _, model in ROW.findall(text)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["newest", "slow", "refused", "old", "poem"]),
        ("model=slow", ["slow"]),
        ("provider=gemini", ["old"]),
        ("token=team-b", ["refused"]),
        ("status=429", ["refused"]),
        ("outcome=refused", ["refused"]),
        ("outcome=ok&provider=openai", ["newest", "slow", "poem"]),
        ("text=zugzwang", ["poem"]),
        ("last=1h", ["newest", "slow", "refused"]),
        ("before=1763999990000", ["refused", "old", "poem"]),
        ("from=2025-11-24T15:59:45&before=1764000000000", ["slow"]),
        ("sort=total&outcome=ok", ["slow", "newest", "old", "poem"]),
        ("up=1", ["poem", "old", "refused", "slow", "newest"]),
        ("model=nothing", []),
        ("after=not-a-place&status=none", ["newest", "slow", "refused", "old", "poem"]),
    ],
)
def test_filters_and_order(query: str, found: list[str], tmp_path: Path) -> None:
    client, _ = pages_over(tmp_path, *some())  # type: ignore[arg-type]
    for page in ("/admin/flows", "/admin/flows/rows"):
        shown = models(client.get(f"{page}?{query}").text)
        assert sorted(shown) == sorted(found)
        if query != "sort=total&outcome=ok":
            assert shown == found
        elif found:
            assert shown[0] == found[0]


def test_pages_follow_each_other(tmp_path: Path) -> None:
    client, _ = pages_over(tmp_path, *(record(place, model=f"m{place}") for place in range(120)))
    seen, url = [], "/admin/flows?token=team-a"
    while url:
        text = client.get(url).text
        seen += models(text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        url = following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"m{place}" for place in range(120)]
    assert "First page" in text


def test_only_the_first_page_by_time_is_live(tmp_path: Path) -> None:
    client, _ = pages_over(tmp_path, record(0))
    assert 'data-events="/admin/flows/live"' in client.get("/admin/flows?model=gpt-4o").text
    for query in ("sort=cost", "up=1", "after=1.1"):
        assert "data-events" not in client.get(f"/admin/flows?{query}").text


def test_empty_states_say_what_to_do(tmp_path: Path) -> None:
    client, _ = pages_over(tmp_path)
    assert "Point an app at the gateway" in client.get("/admin/flows").text
    assert "Take a filter away" in client.get("/admin/flows?model=x").text
    without_log = logged_in(admin_app(FakeGateway()))
    for url in ("/admin/flows", "/admin/overview", "/admin/flows/1", "/admin/flows/live", "/admin/flows/export.har"):
        assert "server.db_path" in without_log.get(url).text


def test_a_database_that_fails_is_told(tmp_path: Path) -> None:
    client, log = pages_over(tmp_path, record(0))
    if log.database.kind == "sqlite":
        for file in tmp_path.glob("flows.db*"):
            file.write_bytes(b"no database at all" * 100)
        fault = "DatabaseError"
    else:
        log.database = open_database(f"postgresql://nobody@/none?host={tmp_path}")
        fault = "OperationalError"
    for url in ("/admin/flows", "/admin/overview", "/admin/flows/1"):
        answer = client.get(url)
        assert answer.status_code == 503
        assert fault in answer.text


def test_what_is_ticked_is_deleted(tmp_path: Path) -> None:
    client, log = pages_over(tmp_path, *(record(place, model=f"m{place}") for place in range(5)))
    ids = [flow_id for flow_id, _ in ROW.findall(client.get("/admin/flows").text)]
    answer = client.post("/admin/flows/delete", data={"id": ids[1:3], "back": "/admin/flows?token=team-a"})
    assert answer.location == "/admin/flows?token=team-a"
    text = client.get(answer.location).text
    assert "2 flows were deleted." in text
    assert models(text) == ["m0", "m3", "m4"]
    assert len(log.details()) == 3
    client.post("/admin/flows/delete", data={"back": "//elsewhere"})
    assert "no flow was ticked" in client.get("/admin/flows").text
    for rubbish in ("x", str(2**63)):
        assert client.post("/admin/flows/delete", data={"id": rubbish}).status_code == 400
    client.csrf_token = ""
    assert client.post("/admin/flows/delete", data={"id": ids[0]}).status_code == 403
    assert len(log.details()) == 3


def test_names_of_apps_are_text(tmp_path: Path) -> None:
    hostile = record(0, model=HOSTILE, token=HOSTILE, error=HOSTILE, member=HOSTILE, provider=HOSTILE, path=HOSTILE)
    client, _ = pages_over(tmp_path, hostile)
    for url in ("/admin/flows", f"/admin/flows?text={HOSTILE}&model={HOSTILE}&token={HOSTILE}", "/admin/overview"):
        text = client.get(url).text
        assert "<script>alert" not in text
        assert "<img" not in text.replace('<img src="/admin/static', "")
        assert "&lt;script&gt;" in text


@pytest.mark.parametrize(("form", "kind"), [("jsonl", "application/x-ndjson"), ("har", "application/json")])
def test_exports_hold_all_that_is_filtered(form: str, kind: str, tmp_path: Path) -> None:
    records = [record(place, model="even" if place % 2 else "odd") for place in range(230)]
    client, log = pages_over(tmp_path, *records)
    answer = client.get(f"/admin/flows/export.{form}?model=even")
    assert answer.mimetype == kind
    assert answer.headers["content-disposition"] == f'attachment; filename="flows.{form}"'
    if form == "jsonl":
        told = [json.loads(line)["request_id"] for line in answer.text.splitlines()]
    else:
        told = [entry["_id"] for entry in answer.json["log"]["entries"]]  # type: ignore[index]
    assert told == [each.request_id for each in records if each.model == "even"]
    newest = FlowQueries(log.database).page(limit=1).flows[0]
    one = client.get(f"/admin/flows/{newest.id}/export.{form}")
    assert "req-0" in one.text
    assert "req-1" not in one.text
    assert client.get("/admin/flows/export.exe").status_code == 404
    assert client.get(f"/admin/flows/1/export.{form}").status_code == 404


def test_bodies_are_saved_as_nothing_that_a_browser_runs(tmp_path: Path) -> None:
    page = b"<script>alert(1)</script>"
    client, log = pages_over(tmp_path, record(0, bodies=(body(Side.CLIENT_REPLY, page, "text/html"),)))
    flow_id = log.details()[0].flow.id
    answer = client.get(f"/admin/flows/{flow_id}/body/client_reply")
    assert (answer.data, answer.mimetype) == (page, "application/octet-stream")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get(f"/admin/flows/{flow_id}/body/sent_request").status_code == 404
    assert client.get(f"/admin/flows/{flow_id}/body/other").status_code == 404


def test_headers_that_are_no_text_are_saved_all_the_same(tmp_path: Path) -> None:
    head = {"method": "POST", "url": "http://h/v1/x?\udcff", "headers": [["X-\udcff", "a\udc80\ud800"]]}
    sides = (body(Side.CLIENT_REQUEST, b"{}", head=head), body(Side.CLIENT_REPLY, b"{}", head=head))
    client, log = pages_over(tmp_path, record(0, door="proxy", bodies=sides))
    flow_id = log.details()[0].flow.id
    for name in ("", "/curl.sh", "/export.har", "/export.jsonl"):
        answer = client.get(f"/admin/flows/{flow_id}{name}")
        assert answer.status_code == 200
        assert answer.data.decode()


def test_the_curl_command_names_the_base_url_door(tmp_path: Path) -> None:
    client, log = pages_over(tmp_path, record(0), environment={"PROAPI_PORT": "8123"})
    answer = client.get(f"/admin/flows/{log.details()[0].flow.id}/curl.sh")
    assert "http://localhost:8123/v1/chat/completions" in answer.text
