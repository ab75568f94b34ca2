"""The seed system's addresses."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.admin.flows import DiskLog, record
from tests.admin.pages import FakeGateway, PageClient, admin_app, logged_in

pytestmark = pytest.mark.usefixtures("each_database")

JSON = {"accept": "application/json"}


@pytest.fixture
def client(tmp_path: Path) -> PageClient:
    log = DiskLog(tmp_path, [record(0), record(1, model="o3")])
    return logged_in(admin_app(FakeGateway(services={"flow_log": lambda: log})))


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("/", "/admin/overview"),
        ("/admin", "/admin/overview"),
        ("/admin.html", "/admin/overview"),
        ("/login.html", "/admin/login"),
        ("/admin/logout", "/admin/overview"),
        ("/admin/req_logs?page=2", "/admin/flows"),
        ("/admin/statistics", "/admin/overview"),
        ("/admin/statistics_model_day", "/admin/overview"),
        ("/admin/req_cache", "/admin/cache"),
        ("/admin/provider", "/admin/providers"),
        ("/reload_config", "/admin/config"),
    ],
)
def test_bookmarks_lead_to_the_page_of_today(client: PageClient, url: str, page: str) -> None:
    moved = client.get(url)
    assert moved.status_code == 302
    assert urlsplit(moved.location).path == page


def test_the_configurations_address_is_the_same(client: PageClient) -> None:
    assert client.get("/admin/config").status_code == 200


def test_scripts_get_the_seeds_json(client: PageClient) -> None:
    statistics = client.get("/admin/statistics", headers=JSON).json
    assert statistics is not None
    assert {row["model"]: (row["prompt"], row["completion"]) for row in statistics["data"]["rows"]} == {
        "gpt-4o": (1000, 200),
        "o3": (1000, 200),
    }
    logs = client.get("/admin/req_logs?per_page=1", headers=JSON).json
    assert logs is not None
    assert logs["total"] == 2
    (item,) = logs["items"]
    assert (item["req_id"], item["model"], item["api_status"]) == ("req-0", "gpt-4o", "200")
    assert client.get("/admin/req_logs?per_page=x", headers=JSON).status_code == 200


@pytest.mark.parametrize(
    ("page", "ids"), [("1", ["req-0"]), ("2", ["req-1"]), ("3", []), ("999999", []), ("-1", ["req-0"])]
)
def test_a_script_reads_on_page_by_page(client: PageClient, page: str, ids: list[str]) -> None:
    told = client.get(f"/admin/req_logs?per_page=1&page={page}", headers=JSON).json
    assert told is not None
    assert ([item["req_id"] for item in told["items"]], told["total"]) == (ids, 2)


def test_a_link_logs_nobody_out(client: PageClient) -> None:
    client.get("/admin/logout")
    assert client.get("/admin/providers").status_code == 200
