"""Who comes in, and who does not."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from werkzeug.security import generate_password_hash

from admin.guard import PUBLIC
from proapi_gateway.settings import Settings
from tests.admin.pages import CONFIG, PASSWORD, FakeGateway, PageClient, admin_app, logged_in
from tests.gateway.config_text import load, with_server

LOOPBACK = {"base_url": "http://127.0.0.1:8001"}
ELSEWHERE = {"base_url": "http://gateway.example:8001"}


def client_of(gateway: FakeGateway | None = None) -> PageClient:
    client = admin_app(gateway).test_client()
    assert isinstance(client, PageClient)
    return client


def settings_with(password: str, username: str = "admin") -> Settings:
    return load(with_server(f"admin_server: true\nusername: {username}\npassword: '{password}'"))


def gateway_with(password: str, host: str = "127.0.0.1") -> FakeGateway:
    return FakeGateway(settings=settings_with(password), services={"host": host})


def test_every_route_but_the_public_ones_wants_the_login() -> None:
    client = client_of()
    walked = set()
    for rule in client.application.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        url = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            response = client.open(url, method=method)
            assert response.status_code == 302, (method, url)
            assert urlsplit(response.location).path == "/admin/login", (method, url)
            walked.add(rule.endpoint)
    assert {"overview.page", "login.leave", "preferences.choose"} <= walked


def test_no_change_happens_without_the_csrf_token() -> None:
    client = logged_in(admin_app())
    client.csrf_token = ""
    for rule in client.application.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            response = client.open(re.sub(r"<[^>]+>", "1", rule.rule), method=method)
            assert response.status_code == 403, (method, rule.rule)


def test_a_login_leads_to_the_page_that_was_asked_for() -> None:
    client = client_of()
    login = client.get("/admin/overview?x=1").location
    page = client.get(login)
    assert 'name="back" value="/admin/overview?x=1"' in page.text
    response = client.post(
        "/admin/login", data={"username": "admin", "password": PASSWORD, "back": "/admin/overview?x=1"}
    )
    assert response.location == "/admin/overview?x=1"
    assert client.get("/admin/overview").status_code == 200


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil.example", "https://evil.example", "/admin\\..\\", ""])
def test_a_login_leads_to_no_other_site(back: str) -> None:
    client = client_of()
    client.get("/admin/login")
    response = client.post("/admin/login", data={"username": "admin", "password": PASSWORD, "back": back})
    assert response.location == "/admin/overview"


@pytest.mark.parametrize(
    ("username", "password"), [("admin", "wrong"), ("root", PASSWORD), ("", ""), ("admin", "\ud800")]
)
def test_a_wrong_name_or_password_stays_out(username: str, password: str) -> None:
    client = client_of()
    client.get("/admin/login")
    response = client.post("/admin/login", data={"username": username, "password": password.encode("utf-8", "replace")})
    assert response.status_code == 401
    assert client.get("/admin/overview").status_code == 302


def test_a_hashed_password_is_taken() -> None:
    gateway = gateway_with(generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000"))
    client = client_of(gateway)
    assert client.log_in().status_code == 302
    assert client.get("/admin/overview").status_code == 200


def test_guessing_gets_slower_for_that_address_alone() -> None:
    gateway = FakeGateway()
    client = client_of(gateway)
    client.get("/admin/login")
    statuses = [client.log_in(password="guess").status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
    assert client.log_in().status_code == 429  # the right one as well: else one could tell
    other = client.application.test_client()
    assert isinstance(other, PageClient)
    assert other.log_in(environ_overrides={"REMOTE_ADDR": "10.0.0.9"}).status_code == 302
    gateway.clock.now += 3
    assert client.log_in().status_code == 302


@pytest.mark.parametrize("password", ["", "admin"])
@pytest.mark.parametrize(
    ("host", "options", "comes_in"),
    [
        ("127.0.0.1", LOOPBACK, True),
        ("::1", {"base_url": "http://[::1]:8001"}, True),
        ("127.0.0.1", {"base_url": "http://localhost:8001"}, True),
        ("127.0.0.1", ELSEWHERE, False),  # a foreign name that points to us
        ("127.0.0.1", LOOPBACK | {"headers": {"x-forwarded-for": "1.2.3.4"}}, False),  # a proxy in front of us
        ("0.0.0.0", LOOPBACK, False),
    ],
)
def test_a_password_that_everybody_knows_counts_on_this_machine_only(
    password: str, host: str, options: dict[str, object], comes_in: bool
) -> None:
    client = client_of(gateway_with(password, host))
    # The warning; strangers are not told that guessing pays.
    assert ("server.password" in client.get("/admin/login", **options).text) == (comes_in or not password)
    response = client.log_in(password=password, **options)
    assert response.status_code == (302 if comes_in else 403)
    assert client.get("/admin/overview", **options).status_code == (200 if comes_in else 302)


def test_a_good_password_counts_from_everywhere() -> None:
    client = client_of(gateway_with(PASSWORD, "0.0.0.0"))
    assert "server.password" not in client.get("/admin/login", **ELSEWHERE).text
    assert client.log_in(**ELSEWHERE).status_code == 302


def test_a_new_password_ends_all_sessions() -> None:
    gateway = FakeGateway()
    client = client_of(gateway)
    client.log_in()
    gateway.settings = settings_with("another password")
    assert client.get("/admin/overview").status_code == 302


def test_a_forged_or_foreign_session_is_none() -> None:
    client = logged_in(admin_app())
    cookie = client.get_cookie("proapi_admin", path="/")
    assert cookie is not None
    other = client_of(FakeGateway(services={"session_key": lambda: b"x" * 32}))
    other.set_cookie("proapi_admin", cookie.value)
    assert other.get("/admin/overview").status_code == 302


def test_logging_out_ends_it() -> None:
    client = logged_in(admin_app())
    assert client.post("/admin/logout").location == "/admin/login"
    assert client.get("/admin/overview").status_code == 302


@pytest.mark.parametrize(("headers", "secure"), [({}, False), ({"x-forwarded-proto": "https"}, True)])
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(headers: dict[str, str], secure: bool) -> None:
    cookie = client_of().log_in(headers=headers).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) == secure


def test_scripts_of_the_seed_system_log_in_with_json() -> None:
    client = client_of()
    wrong = client.post("/admin/login", json={"username": "admin", "password": "wrong"})
    assert wrong.status_code == 401
    assert wrong.json is not None
    assert wrong.json["status"] == 1
    for nonsense in ([], "x", {"username": 1}):
        assert client.post("/admin/login", json=nonsense).status_code in (400, 401, 429)
    right = client_of()
    told = right.post("/admin/login", json={"username": "admin", "password": PASSWORD}).json
    assert told is not None
    assert (told["status"], told["msg"]) == (0, "登录成功")
    assert right.get("/admin/overview").status_code == 200
    bearer = {"authorization": f"Bearer {told['data']['token']}"}
    assert client_of().get("/admin/providers", headers=bearer).status_code == 200


def test_who_is_logged_out_is_told_so_in_their_own_form() -> None:
    client = client_of()
    htmx = client.get("/admin/overview", headers={"hx-request": "true"})
    assert (htmx.status_code, htmx.headers["hx-redirect"]) == (401, "/admin/login")
    script = client.get("/admin/overview", headers={"accept": "application/json"})
    assert (script.status_code, script.json) == (401, {"status": 1, "msg": "未登录"})


def test_no_page_shows_the_password() -> None:
    assert PASSWORD in CONFIG
    client = logged_in(admin_app())
    for rule in client.application.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and not rule.arguments:
            assert PASSWORD not in client.get(rule.rule).text, rule.rule
