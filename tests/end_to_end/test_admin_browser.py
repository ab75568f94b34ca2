"""People at the admin, in a real browser: logging in, editing the configuration, trials, themes and languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.end_to_end.admin_browser import (
    IS_TOO_WIDE,
    PASSWORD,
    SCREENS,
    admin_server,
    log_in,
    no_complaints,
    open_browser,
)
from tests.end_to_end.configs import AUTHORIZATION, chat_reply, one_backend
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EVERY_PAGE = ("overview", "providers", "tokens", "cache", "config")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as running:
        yield running


@pytest.fixture
def proxy(browser: Browser, backend: PacedBackend, tmp_path: Path) -> Iterator[RunningProxy]:
    """After the browser: where there is none, nothing is started."""
    with RunningProxy(one_backend(backend.url, server=admin_server(f"sqlite:///{tmp_path}/log.db"))) as running:
        yield running


def test_logging_in_and_out(browser: Browser, proxy: RunningProxy) -> None:
    page = browser.new_context(locale="en-US").new_page()
    with no_complaints(page):
        page.goto(f"{proxy.admin_url}/config")
        assert page.locator(":focus").get_attribute("name") == "password"
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/config")
        page.click("text=Log out")
        page.wait_for_url("**/admin/login")
        page.goto(f"{proxy.admin_url}/config")
        assert "/admin/login" in page.url


def test_a_wrong_password_is_told(browser: Browser, proxy: RunningProxy) -> None:
    page = browser.new_context(locale="zh-CN").new_page()
    page.goto(proxy.admin_url)
    page.fill("[name=password]", "guess")
    page.click("button.primary")
    assert page.locator("[role=alert]").inner_text() == "用户名或密码错误。"


def test_the_configuration_is_edited_with_a_fault_and_without(browser: Browser, proxy: RunningProxy) -> None:
    page = log_in(browser, proxy)
    before = proxy.config_path.read_text(encoding="utf-8")
    with no_complaints(page):
        page.goto(f"{proxy.admin_url}/config")
        shown = page.input_value("#text")
        assert "sk-backend" not in shown
        page.fill("#text", shown.replace("model:", "modle:", 1))
        page.wait_for_selector("#check .faults li")
        assert "modle" in page.inner_text("#check")
        assert page.locator(".gutter .faulty").count() >= 1
        assert page.is_disabled("button.primary")
        page.click("[data-go-to-line] >> nth=0")
        assert page.evaluate("document.activeElement.id") == "text"
        page.fill("#text", shown.replace(": m", ": m2", 1))
        page.wait_for_selector("button.primary:enabled")
        assert page.locator(".diff .added").count() == 1
        page.click("button.primary")
        page.wait_for_selector("text=In force. What changed:")
    after = proxy.config_path.read_text(encoding="utf-8")
    assert after == before.replace(": m", ": m2", 1) != before
    models = httpx.get(f"{proxy.base_url}/models", headers=AUTHORIZATION, timeout=20).json()
    assert [model["id"] for model in models["data"]] == ["m2"]


def test_a_trial_by_a_button(browser: Browser, proxy: RunningProxy, backend: PacedBackend) -> None:
    backend.script(Reply.json(chat_reply("good morning")), Reply.json({"error": {"message": "no"}}, status=401))
    page = log_in(browser, proxy)
    with no_complaints(page):
        page.goto(f"{proxy.admin_url}/providers")
        page.click("text=Send a test request")
        page.wait_for_selector("#trial-0 .good")
        assert "good morning" in page.inner_text("#trial-0")
        assert page.locator("#accounts-0 .tag.good").count() == 1
        page.click("text=Send a test request")
        page.wait_for_selector("#trial-0 .bad")
        page.wait_for_selector("#accounts-0 .tag.bad")  # the health is asked for at once


def test_theme_and_language_by_hand(browser: Browser, proxy: RunningProxy) -> None:
    page = log_in(browser, proxy, color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    with no_complaints(page):
        assert page.evaluate(background) == "rgb(245, 246, 248)"
        page.select_option("[name=theme]", "dark")
        page.wait_for_selector("html[data-theme=dark]")
        assert page.evaluate(background) == "rgb(17, 20, 26)"
        page.select_option("[name=language]", "zh")
        page.wait_for_selector("html[lang=zh-Hans]")
        assert page.locator("nav [aria-current=page]").inner_text() == "概览"
        page.reload()
        assert page.evaluate(background) == "rgb(17, 20, 26)"


@pytest.mark.parametrize("context", SCREENS.values(), ids=SCREENS)
def test_every_page_fits(browser: Browser, proxy: RunningProxy, context: dict[str, Any]) -> None:
    page = log_in(browser, proxy, **context)
    with no_complaints(page):
        for name in EVERY_PAGE:
            page.goto(f"{proxy.admin_url}/{name}")
            assert not page.evaluate(IS_TOO_WIDE), name
            is_dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 20, 26)"
            assert is_dark == (context.get("color_scheme") == "dark"), name


def test_the_keyboard_reaches_the_content_first(browser: Browser, proxy: RunningProxy) -> None:
    page = log_in(browser, proxy)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
