"""The page of the tokens."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from proapi_gateway.flow_log.database import open_database
from proapi_gateway.flow_log.migrations import migrate
from proapi_gateway.limits import Limiter, LimitState
from proapi_gateway.settings import Secret
from tests.admin.pages import FakeGateway, admin_app, logged_in
from tests.gateway.config_text import load
from tests.gateway.flow_log.sample_flows import FLOW, NOON_MS, write

pytestmark = pytest.mark.usefixtures("each_database")

CONFIG = """
providers:
- {provider: echo, model: [m]}
tokens:
- {api_key: sk-aaaaaaaaaaaaaaaa, name: team-a, model: ["gpt-4*", m], strict: true, limits: {rpm: 60, tpm: 100000, concurrent: 4}, budget: {usd: 20, per: month}}
- {api_key: sk-bbbbbbbbbbbbbbbb, model: [all]}
server: {admin_server: true, password: a long password}
"""  # noqa: E501 - a file of one-line tokens


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway(settings=load(CONFIG))


def page_of(gateway: FakeGateway, query: str = "") -> str:
    return html.unescape(logged_in(admin_app(gateway)).get(f"/admin/tokens{query}").text)


def row_of(page: str, name: str) -> str:
    return next(part for part in page.split("<tr") if f"<strong>{name}</strong>" in part)


def test_every_token_is_shown_and_its_key_is_not(gateway: FakeGateway) -> None:
    page = page_of(gateway)
    row = row_of(page, "team-a")
    for shown in ("sk-a…aaaa", "<code>gpt-4*</code>", "strict"):
        assert shown in row, shown
    assert "sk-b…bbbb" in row_of(page, "token-2")
    assert not re.search("a{9}|b{9}", page)


def test_what_is_left_of_the_limits(gateway: FakeGateway) -> None:
    gateway.services["limits"] = lambda: (LimitState("team-a", 57, 1200, 1, 5_000_000_000),)
    row = row_of(page_of(gateway), "team-a")
    for shown in ("57 / 60", "1,200 / 100,000", "1 / 4", "$5.00 / $20.00"):
        assert shown in row, shown
    assert re.findall(r'value="([\d.]+)"', row) == ["95.0", "1.2", "25.0", "25.0"]
    assert row.count("limit near") == 1


def test_the_limiter_tells_what_the_page_shows(gateway: FakeGateway) -> None:
    limiter = Limiter(lambda: 1.0, lambda: 1_764_000_000.0)
    limiter.use(gateway.settings.tokens)
    ask = limiter.ask(gateway.settings.tokens[0], lambda: 40)
    assert ask is not None
    limiter.take(ask)
    gateway.services["limits"] = limiter.states
    row = row_of(page_of(gateway), "team-a")
    for shown in ("1 / 60", "40 / 100,000", "1 / 4", "$0.00 / $20.00"):
        assert shown in row, shown


@pytest.mark.parametrize(("url", "told"), [("", True), ("redis://h", False)])
def test_whose_limits_they_are(gateway: FakeGateway, url: str, told: bool) -> None:
    gateway.services["several_workers"] = True
    server = replace(gateway.settings.server, state_url=Secret(url))
    gateway.settings = replace(gateway.settings, server=server)
    assert ("Limits are those of one of several workers." in page_of(gateway)) is told


def test_who_used_what(gateway: FakeGateway, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/log.db")
    with database.connected():
        migrate(database, NOON_MS)
        write(database, FLOW, replace(FLOW, model="o3"), replace(FLOW, token="long gone"))
        write(database, replace(FLOW, started_ms=NOON_MS - 10 * 86_400_000))
    gateway.services["flow_log"] = lambda: SimpleNamespace(database=database)
    gateway.clock.now = NOON_MS / 1000
    assert [*_figures(page_of(gateway), "team-a")] == ["2", "0", "200", "40", "$0.20"]
    assert [*_figures(page_of(gateway, "?days=30"), "team-a")] == ["3", "0", "300", "60", "$0.30"]
    assert "not in the file" in row_of(page_of(gateway), "long gone")
    assert [*_figures(page_of(gateway), "token-2")] == ["0", "0", "0", "0", "$0.00"]
    models = logged_in(admin_app(gateway)).get("/admin/tokens/models?token=team-a&days=7").text
    assert re.findall(r"<code>([^<]+)</code>", models) == ["gpt-4o", "o3"]
    assert "1 request<" in models


def _figures(page: str, name: str) -> list[str]:
    return re.findall(r'class="num">([^<]+)<', row_of(page, name))


def test_without_a_log_the_rest_is_there(gateway: FakeGateway) -> None:
    page = page_of(gateway)
    assert "the log cannot be read" in page
    assert "team-a" in page


def test_a_broken_database_is_told(gateway: FakeGateway, tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"no database at all" * 100)
    database = open_database(f"sqlite:///{tmp_path}/log.db")
    gateway.services["flow_log"] = lambda: SimpleNamespace(database=database)
    assert "file is not a database" in page_of(gateway)
    assert logged_in(admin_app(gateway)).get("/admin/tokens/models?token=team-a").status_code == 200
