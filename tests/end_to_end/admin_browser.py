"""People at the admin of a process under test: by httpx, and in a real headless Chromium.

with AdminClient(proxy) as admin: admin.get("/providers").text
with open_browser() as browser: page = log_in(browser, proxy)      # skips where there is no Chromium
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.end_to_end.running_proxy import RunningProxy

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "password of the tests"
IS_TOO_WIDE = "document.documentElement.scrollWidth > window.innerWidth"
# Contexts of a browser in which every page must look right.
SCREENS: dict[str, dict[str, Any]] = {
    "dark-chinese": {"color_scheme": "dark", "locale": "zh-CN"},
    "phone": {"viewport": {"width": 360, "height": 740}, "locale": "en-US"},
    "phone-dark-chinese": {"viewport": {"width": 360, "height": 740}, "locale": "zh-CN", "color_scheme": "dark"},
}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def admin_server(db_url: str, *lines: str) -> str:
    """The lines of `server:` that turn the admin on."""
    return "\n".join(("admin_server: true", f"password: {PASSWORD}", f"db_path: {db_url}", *lines))


class AdminClient(httpx.Client):
    """Logged in, from `with` on. Paths are those below /admin."""

    def __init__(self, proxy: RunningProxy, username: str = "admin", password: str = PASSWORD) -> None:
        self._account = {"username": username, "password": password}
        super().__init__(base_url=proxy.admin_url, timeout=30, trust_env=False, follow_redirects=True)

    def __enter__(self) -> AdminClient:
        super().__enter__()
        token = self._token(self.get("/login").text)
        reply = self.post("/login", data={**self._account, "csrf_token": token})
        assert reply.status_code == 200, reply.text
        self.headers["x-csrf-token"] = self._token(reply.text)
        return self

    @staticmethod
    def _token(text: str) -> str:
        found = _TOKEN.search(text)
        assert found, text
        return found[1]


@contextmanager
def open_browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no Chromium")
    with sync_api.sync_playwright() as playwright:
        # no sandbox: in containers, as root, it cannot have one; it opens nothing but our own pages
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


def log_in(browser: Browser, proxy: RunningProxy, **context: Any) -> Page:
    """A page that is logged in."""
    page = browser.new_context(**{"locale": "en-US", **context}).new_page()
    page.set_default_timeout(60_000)
    page.goto(proxy.admin_url)
    page.fill("[name=password]", PASSWORD)
    page.click("button.primary")
    page.wait_for_url("**/admin/overview")
    return page


@contextmanager
def no_complaints(page: Page) -> Iterator[None]:
    """The browser's console has nothing to say of what happens inside: with a policy without inline scripts and
    styles, a slip in a template is such a complaint."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield
    assert not complaints
