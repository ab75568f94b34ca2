"""What every page has: the headers that keep others out, two themes, two languages, and nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import admin
from tests.admin.pages import FakeGateway, PageClient, admin_app, logged_in

FOLDER = Path(admin.__file__).parent


def all_pages() -> list[str]:
    rules = admin_app().url_map.iter_rules()
    return sorted(rule.rule for rule in rules if "GET" in (rule.methods or set()) and not rule.arguments)


def test_nothing_runs_or_frames_from_elsewhere() -> None:
    for response in (admin_app().test_client().get("/admin/login"), admin_app().test_client().get("/no/such")):
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "same-origin"
        assert response.headers["cache-control"] == "no-store"


def test_the_pages_keep_the_policy() -> None:
    """No inline scripts, styles or handlers, and no address of another site."""
    client = logged_in(admin_app())
    for url in ["/admin/login", *all_pages()]:
        text = client.get(url, follow_redirects=True).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", text), url
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), url


def test_unescaped_output_is_nowhere_asked_for() -> None:
    for template in (FOLDER / "templates").rglob("*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape\s+false", template.read_text(encoding="utf-8")), template.name


@pytest.mark.parametrize(
    ("accepts", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh_TW", "zh-Hans"),
        ("de,zh;q=0.5", "zh-Hans"),
        ("en-GB,zh;q=0.9", "en"),
        ("de", "en"),
        ("", "en"),
        ("*", "en"),
    ],
)
def test_the_browsers_language_is_spoken(accepts: str, language: str) -> None:
    page = admin_app().test_client().get("/admin/login", headers={"accept-language": accepts})
    assert f'<html lang="{language}"' in page.text
    assert ("登录" in page.text) == (language == "zh-Hans")


def test_language_and_theme_are_chosen_by_hand() -> None:
    client = logged_in(admin_app())
    answer = client.post("/admin/preferences", data={"language": "zh", "theme": "dark", "back": "/admin/overview"})
    assert answer.location == "/admin/overview"
    page = client.get("/admin/overview", headers={"accept-language": "en"}).text
    assert '<html lang="zh-Hans" data-theme="dark">' in page
    client.post("/admin/preferences", data={"language": "xx", "theme": '"><script>', "csrf": "x"})
    assert '<html lang="zh-Hans" data-theme="dark">' in client.get("/admin/overview").text


def test_before_the_login_a_link_chooses_the_language() -> None:
    client = admin_app().test_client()
    assert client.get("/admin/login?language=zh&back=/admin/flows").location == "/admin/login?back=/admin/flows"
    assert "登录" in client.get("/admin/login").text


def test_an_error_is_a_page() -> None:
    client = logged_in(admin_app())
    assert client.get("/admin/no-such-page").status_code == 404
    assert client.post("/admin/overview").status_code == 405
    assert "no-such" not in client.get("/admin/no-such-page").text


def test_errors_speak_the_readers_language() -> None:
    client = logged_in(admin_app())
    chinese = {"accept-language": "zh-CN"}
    assert "没有这个页面" in client.get("/admin/no-such-page", headers=chinese).text
    assert "此地址不支持这种操作" in client.get("/admin/flows/delete", headers=chinese).text
    told = client.get("/admin/no-such-page", headers={"accept": "application/json"})
    assert told.json == {"status": 1, "msg": "There is no such page, or what it showed is gone."}


def test_a_gateway_that_does_not_answer_is_told() -> None:
    def health_of(candidates: object) -> None:
        raise TimeoutError

    client = admin_app(FakeGateway(services={"health_of": health_of})).test_client()
    assert isinstance(client, PageClient)
    client.log_in()
    answer = client.get("/admin/providers")
    assert answer.status_code == 503
    assert "too busy" in answer.text


def test_libraries_have_their_licences_beside_them() -> None:
    libraries = [folder for folder in (FOLDER / "static" / "vendor").iterdir() if folder.is_dir()]
    assert {folder.name for folder in libraries} == {"htmx", "uplot"}
    for folder in libraries:
        assert (folder / "LICENSE").is_file()
    client = admin_app().test_client()
    for name in ("vendor/htmx/htmx.min.js", "vendor/uplot/uPlot.iife.min.js", "admin.css", "admin.js", "icons.svg"):
        assert client.get(f"/admin/static/{name}").status_code == 200, name
