"""The page of the cache."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from proapi_gateway.flow_log.database import open_database
from proapi_gateway.flow_log.migrations import migrate
from proapi_gateway.flow_log.search_text import spread
from proapi_gateway.reply_cache.entries import ReplyPart, StoreLimits, pack_reply
from proapi_gateway.reply_cache.listing import CacheListing
from proapi_gateway.reply_cache.table_store import TableStore
from tests.admin.pages import FakeGateway, PageClient, admin_app, logged_in
from tests.gateway.reply_cache.sample_entries import STORED_MS, entry

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def store(tmp_path: Path) -> TableStore:
    database = open_database(f"sqlite:///{tmp_path}/log.db")
    with database.connected():
        migrate(database, STORED_MS)
    return TableStore(database, lambda: STORED_MS / 1000, StoreLimits(86_400_000, 1_000_000_000))


@pytest.fixture
def client(store: TableStore) -> PageClient:
    return logged_in(admin_app(FakeGateway(services={"reply_cache": lambda: SimpleNamespace(store=store)})))


def fill(store: TableStore, count: int) -> None:
    for number in range(count):
        store.write(entry(f"key{number}", stored_ms=STORED_MS - number, words=f"question {number} {HOSTILE}"))


def keys_of(page: str) -> list[str]:
    return re.findall(r'name="key" value="(key\d+)"', page)


def test_what_is_kept_is_listed_page_by_page(client: PageClient, store: TableStore) -> None:
    fill(store, 60)
    page = client.get("/admin/cache").text
    assert keys_of(page) == [f"key{number}" for number in range(50)]
    assert HOSTILE not in page
    older = re.search(r'href="(/admin/cache\?after=[^"]+)"', page)
    assert older
    assert keys_of(client.get(html.unescape(older[1])).text) == [f"key{number}" for number in range(50, 60)]


def test_a_search_finds_what_holds_all_of_it(client: PageClient, store: TableStore) -> None:
    fill(store, 3)
    store.write(entry("key9", model="o3", token="team-b"))
    assert keys_of(client.get("/admin/cache?text=QUESTION+1").text) == ["key1"]
    assert keys_of(client.get("/admin/cache?model=o3&token=team-b").text) == ["key9"]
    assert "No reply is kept" in client.get("/admin/cache?model=o3&token=team-a").text


def test_chinese_is_shown_without_the_blanks_of_its_index(client: PageClient, store: TableStore) -> None:
    store.write(entry("key1", words=spread("请用 Python 写一个函数")))
    for url in ("/admin/cache", "/admin/cache/key1", "/admin/cache?text=写一个"):
        assert "请用 Python 写一个函数" in client.get(url).text


def test_one_reply_is_shown_escaped(client: PageClient, store: TableStore) -> None:
    body = json.dumps({"text": HOSTILE})
    store.write(entry("key1", pack_reply((ReplyPart({}, body.encode()), ReplyPart({}, b"\xff\x00")))))
    page = client.get("/admin/cache/key1").text
    assert "&lt;script&gt;" in page
    assert HOSTILE not in page
    assert client.get("/admin/cache/nothing").status_code == 404
    store.write(entry("key2", b"no reply at all"))
    assert client.get("/admin/cache/key2").status_code == 404


def test_ticked_ones_go_and_all_of_them(client: PageClient, store: TableStore) -> None:
    fill(store, 4)
    assert client.post("/admin/cache/delete", data={"key": ["key1", "key3"]}).status_code == 302
    assert keys_of(client.get("/admin/cache").text) == ["key0", "key2"]
    assert client.post("/admin/cache/clear").status_code == 302
    assert CacheListing(store).sizes().entries == 0


def test_without_a_cache_it_is_said_how_to_get_one() -> None:
    client = logged_in(admin_app())
    assert "server.db_cache: true" in client.get("/admin/cache").text
    assert client.post("/admin/cache/clear").status_code == 200


def test_a_store_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"no database at all" * 100)
    database = open_database(f"sqlite:///{tmp_path}/log.db")
    store = TableStore(database, lambda: 0.0, StoreLimits(1, 1))
    client = logged_in(admin_app(FakeGateway(services={"reply_cache": lambda: SimpleNamespace(store=store)})))
    answer = client.get("/admin/cache")
    assert answer.status_code == 503
    assert "file is not a database" in answer.text
