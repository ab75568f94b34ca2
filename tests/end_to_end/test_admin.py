"""The admin of a running gateway: where it is served, and what its pages do with the gateway's own machinery."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.admin_browser import PASSWORD, AdminClient, admin_server
from tests.end_to_end.configs import AUTHORIZATION, chat_body, chat_reply, one_backend
from tests.end_to_end.logged_flows import LoggedFlows
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import PROJECT_ROOT, RunningProxy
from tests.waiting import wait_until

Start = Callable[..., RunningProxy]


@pytest.fixture
def log(tmp_path: Path) -> LoggedFlows:
    return LoggedFlows(tmp_path)


@pytest.fixture
def config(backend: PacedBackend, log: LoggedFlows) -> str:
    return one_backend(backend.url, server=admin_server(log.url))


def test_the_ready_line_says_where_it_is(config: str, start_proxy: Start, tmp_path: Path) -> None:
    proxy = start_proxy(config)
    assert f" admin={proxy.admin_url} " in proxy.ready_line
    assert httpx.get(f"http://127.0.0.1:{proxy.admin_port}/healthz").json() == {"status": "ok"}
    assert httpx.get(proxy.admin_url).headers["location"].startswith("/admin/login")
    key = tmp_path / "data" / "admin_session_key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert "server" not in httpx.get(f"{proxy.admin_url}/login").headers


def test_off_nothing_of_it_is_there(backend: PacedBackend, start_proxy: Start) -> None:
    proxy = start_proxy(one_backend(backend.url))
    assert "admin=" not in proxy.ready_line
    with pytest.raises(httpx.ConnectError):
        httpx.get(proxy.admin_url)


def test_off_nothing_of_it_is_imported() -> None:
    program = (
        "import sys, addons.addon_list; print([name for name in ('admin', 'waitress', 'flask_babel', 'peewee')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT_ROOT, capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


def test_it_comes_and_goes_with_a_reload(config: str, start_proxy: Start) -> None:
    proxy = start_proxy(config)
    proxy.config_path.write_text(config.replace("admin_server: true", "admin_server: false"), encoding="utf-8")
    proxy.wait_for("the admin pages are not served any more")
    with pytest.raises(httpx.HTTPError):
        httpx.get(proxy.admin_url)
    proxy.config_path.write_text(config, encoding="utf-8")
    proxy.wait_for("the admin pages are at", times=2)
    assert httpx.get(f"{proxy.admin_url}/login").status_code == 200


def test_a_port_that_somebody_has_costs_the_pages_alone(
    config: str, backend: PacedBackend, start_proxy: Start
) -> None:
    backend.script(Reply.json(chat_reply()))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        proxy = start_proxy(config, environment={"PROAPI_ADMIN_PORT": str(port)})
    proxy.wait_for("the admin pages are not served: [Errno 98] Address already in use")
    assert "admin=" not in proxy.ready_line
    reply = httpx.post(f"{proxy.base_url}/chat/completions", json=chat_body(), headers=AUTHORIZATION, timeout=20)
    assert reply.status_code == 200


def test_one_of_several_workers_serves_it(config: str, backend: PacedBackend, start_proxy: Start) -> None:
    backend.script(*[Reply.json(chat_reply("from the backend")) for _ in range(6)])
    proxy = start_proxy(config, environment={"PROAPI_WORKERS": "3"})
    assert proxy.output.count("the admin pages are at") == 1
    assert "Address already in use" not in proxy.output
    with AdminClient(proxy) as admin:
        for _ in range(6):  # whichever of them takes it
            assert "from the backend" in admin.post("/providers/0/trial").text


def test_the_old_address_leads_to_the_pages(config: str, backend: PacedBackend, start_proxy: Start) -> None:
    proxy = start_proxy(config)
    moved = httpx.get(f"http://127.0.0.1:{proxy.port}/admin/config?x=1")
    assert moved.status_code == 302
    assert moved.headers["location"] == f"{proxy.admin_url}/config?x=1"
    login = {"username": "admin", "password": PASSWORD}
    told = httpx.post(f"http://127.0.0.1:{proxy.port}/admin/login", json=login, follow_redirects=True)
    assert (told.status_code, told.json()["status"]) == (200, 0)
    elsewhere = httpx.get("http://api.openai.com/admin", proxy=proxy.proxy_url)
    assert elsewhere.status_code == 404
    off = start_proxy(one_backend(backend.url))
    told = httpx.get(f"http://127.0.0.1:{off.port}/admin")
    assert (told.status_code, told.json()["error"]["code"]) == (404, "admin_is_off")


def test_a_trial_goes_through_the_gateway(
    config: str, backend: PacedBackend, log: LoggedFlows, start_proxy: Start
) -> None:
    refusal = {"error": {"message": "such a key is not known", "code": "invalid_api_key"}}
    backend.script(Reply.json(chat_reply("hello from there")), Reply.json(refusal, status=401))
    proxy = start_proxy(config)
    with AdminClient(proxy) as admin:
        good = admin.post("/providers/0/trial").text
        assert "<strong>200</strong>" in good
        assert "hello from there" in good
        bad = admin.post("/providers/0/trial").text
        assert "<strong>401</strong>" in bad
        assert "such a key is not known" in bad
        assert "cooling" in admin.get("/providers/health").text
    assert backend.requests[0].json()["model"] == "upstream-model"
    rows = log.wait_for(lambda rows: len(rows) == 2)
    assert [(row["token"], row["model"], row["status"]) for row in rows] == [("admin", "m", 200), ("admin", "m", 401)]
    assert "proapi-trial" not in proxy.output


def test_a_cached_reply_is_shown_and_deleted(backend: PacedBackend, log: LoggedFlows, start_proxy: Start) -> None:
    backend.script(*[Reply.json(chat_reply("an answer to keep")) for _ in range(3)])
    proxy = start_proxy(one_backend(backend.url, server=admin_server(log.url, "db_cache: true", "cache_scope: all")))

    def ask() -> str:
        reply = httpx.post(f"{proxy.base_url}/chat/completions", json=chat_body(), headers=AUTHORIZATION, timeout=20)
        return reply.headers["x-proapi-cache"]

    with AdminClient(proxy) as admin:
        assert ask() == "miss"
        (path, *_) = wait_until(lambda: re.findall(r'href="/admin(/cache/\w+)"', admin.get("/cache").text))
        assert "an answer to keep" in admin.get(path).text
        assert ask() == "hit"
        assert "an answer to keep" in admin.post("/providers/0/trial").text
        assert len(backend.requests) == 2  # a trial asks the backend itself
        admin.post("/cache/delete", data={"key": path.removeprefix("/cache/")})
        assert ask() == "miss"


def test_a_trial_key_of_another_process_opens_nothing(config: str, start_proxy: Start) -> None:
    proxy = start_proxy(config)
    forged = {"authorization": f"Bearer proapi-trial.0.0.0.0.9999999999.{'0' * 64}"}
    reply = httpx.post(f"{proxy.base_url}/chat/completions", json=chat_body(), headers=forged, timeout=20)
    assert reply.status_code == 401


