"""Every key of `server:` takes effect by a reload: one gateway, whose api.yaml changes under it."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from proapi_gateway.config_server import SERVER_KEYS
from tests.end_to_end.admin_browser import PASSWORD, AdminClient, admin_server
from tests.end_to_end.configs import AUTHORIZATION, TOKEN, chat_body, chat_chunk, chat_end, chat_reply
from tests.end_to_end.logged_flows import LoggedFlows
from tests.end_to_end.paced_backend import PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy, free_port
from tests.waiting import wait_until

OTHER_TOKEN = "sk-test-of-another-client"
# A stranger's is asked for the administrator's password.
FROM_ELSEWHERE = {"x-forwarded-for": "203.0.113.9"}


@dataclass
class Gateway:
    proxy: RunningProxy
    url: str  # of the backend
    folder: Path
    web_port: int
    gate: threading.Event
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def log(self) -> LoggedFlows:
        return LoggedFlows(self.folder)

    def reload(self, server: str) -> None:
        text = f"""
providers:
  - {{ provider: openai, name: b0, base_url: "{self.url}/v1", api_key: k, model: [ up: m, down: down, long: long ] }}
  - {{ provider: openai, name: b1, base_url: "{self.url}/v1", api_key: k1, model: [ up: m ] }}
  - {{ provider: gemini, base_url: "{self.url}/v1", api_key: k, model: [ gemini ] }}
tokens:
  - {{ api_key: {TOKEN}, model: [ all ] }}
  - {{ api_key: {OTHER_TOKEN}, model: [ all ] }}
server:
"""
        self.proxy.config_path.write_text(text + "\n".join(f"  {line}" for line in server.splitlines()) + "\n")
        reply = httpx.get(f"http://127.0.0.1:{self.proxy.port}/reload_config", timeout=20)
        assert reply.status_code == 200, reply.text

    def ask(self, token: str = TOKEN, **changes: Any) -> httpx.Response:
        url, headers = f"{self.proxy.base_url}/chat/completions", {"authorization": f"Bearer {token}"}
        return httpx.post(url, json=chat_body(**changes), headers=headers, timeout=20)

    def other_question(self) -> dict[str, Any]:
        return {"messages": [{"role": "user", "content": f"question {next(self.numbers)}"}]}

    @contextlib.contextmanager
    def open_stream(self) -> Iterator[httpx.Response]:
        self.gate.clear()
        body, url = chat_body(stream=True), f"{self.proxy.base_url}/chat/completions"
        with httpx.stream("POST", url, json=body, headers=AUTHORIZATION, timeout=20) as reply:
            yield reply
            self.gate.set()
            reply.read()

    def newest_row(self) -> dict[str, Any]:
        """Of one more request."""
        before = len(self.log.rows())
        assert self.ask(**self.other_question()).status_code == 200
        return self.log.wait_for(lambda rows: len(rows) > before)[-1]


def answer(gate: threading.Event) -> Callable[[ReceivedRequest], Reply]:
    def reply_to(request: ReceivedRequest) -> Reply:
        if request.method == "GET":
            return Reply.json({"object": "list", "data": []})
        body = request.json()
        if body.get("model") == "down":
            return Reply.json({"error": {"message": "down"}}, status=503)
        if body.get("model") == "long":
            return Reply.json({"error": {"message": "long", "code": "context_length_exceeded"}}, status=400)
        return Reply.stream([chat_chunk("a"), gate, chat_end()]) if body.get("stream") else Reply.json(chat_reply())

    return reply_to


# -- what is seen of each key ------------------------------------------------------------------------------------------
Seen = Callable[[Gateway], object]


def serves_pages(port: Callable[[Gateway], int]) -> Seen:
    def seen(here: Gateway) -> object:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{port(here)}/", timeout=20).status_code
        return None

    return seen


def cached(*tokens: str, **changes: Any) -> Seen:
    """Is one question's second answer the first one?"""

    def seen(here: Gateway) -> object:
        question = here.other_question() | changes
        replies = [here.ask(token, **question) for token in tokens]
        return replies[-1].headers.get("x-proapi-cache") == "hit"

    return seen


def operator(name: str, password: str) -> Seen:
    def seen(here: Gateway) -> object:
        url = f"http://127.0.0.1:{here.proxy.port}/metrics"
        return httpx.get(url, headers=FROM_ELSEWHERE, auth=(name, password), timeout=20).status_code == 200

    return seen


def balanced_by_load(here: Gateway) -> object:
    with here.open_stream() as reply:
        others = {here.ask().headers["x-proapi-provider"] for _ in range(2)}
        return reply.headers["x-proapi-provider"] not in others


def sheds(here: Gateway) -> object:
    with here.open_stream():
        return here.ask().status_code == 503


def asked_for_a_password(here: Gateway) -> object:
    return httpx.get("http://api.openai.com/v1/models", proxy=here.proxy.proxy_url, timeout=20).status_code == 407


def fetches(here: Gateway) -> object:
    picture = {"type": "image_url", "image_url": {"url": "http://127.0.0.1/a.png"}}
    refusal = here.ask(model="gemini", messages=[{"role": "user", "content": [picture]}]).text
    return "fetch_media" not in refusal


def logs_to(name: str) -> Seen:
    def seen(here: Gateway) -> object:
        return (here.folder / "data" / name).exists()

    return seen


def passes_on(here: Gateway) -> object:
    reply = httpx.get(f"{here.proxy.base_url}/unknown_to_us", headers=AUTHORIZATION, timeout=20)
    return reply.headers.get("x-proapi-provider") == "openai/b1"


class KeptSession:
    """Somebody who was logged in before the change. Is that over?"""

    def __init__(self) -> None:
        self._cookies: dict[str, str] | None = None

    def __call__(self, here: Gateway) -> object:
        if self._cookies is None:
            with AdminClient(here.proxy) as admin:
                self._cookies = dict(admin.cookies)
        url = f"{here.proxy.admin_url}/providers"
        return httpx.get(url, cookies=self._cookies, timeout=20).status_code == 302


CACHE = "db_cache: true"
# (key, the lines before, the lines with it, what is false before and true after)
CHANGES: tuple[tuple[str, str, str, Seen], ...] = (
    ("default_model", "", "default_model: m", lambda here: here.ask(model="nobody's").status_code == 200),
    ("debug", "", "debug: true", serves_pages(lambda here: here.web_port)),
    ("admin_server", "admin_server: false", "", serves_pages(lambda here: here.proxy.admin_port)),
    ("db_cache", "", CACHE, cached(TOKEN, TOKEN)),
    ("cache_scope", CACHE, f"{CACHE}\ncache_scope: all", cached(TOKEN, OTHER_TOKEN)),
    ("cache_tools", CACHE, f"{CACHE}\ncache_tools: true",
     cached(TOKEN, TOKEN, tools=[{"type": "function", "function": {"name": "f"}}])),
    ("cache_bytes", f"{CACHE}\ncache_bytes: 1", CACHE, cached(TOKEN, TOKEN)),
    ("save_log_file", "", "save_log_file: true", lambda here: (here.proxy.folder / "logs" / "app.log").exists()),
    ("db_path", "", "db_path: sqlite:///{folder}/data/other.db", logs_to("other.db")),
    ("username", "", "username: root", operator("root", PASSWORD)),
    ("password", "", "password: another", operator("admin", "another")),
    ("jwt_secret_key", "", "jwt_secret_key: another", KeptSession()),
    ("strategy", "", "strategy: least_busy", balanced_by_load),
    ("fallback", "", "fallback: { down: [ m ] }", lambda here: here.ask(model="down").status_code == 200),
    ("context_fallback", "", "context_fallback: { long: [ m ] }", lambda here: here.ask(model="long").is_success),
    ("max_open_requests", "", "max_open_requests: 1", sheds),
    ("max_body_bytes", "", "max_body_bytes: 10", lambda here: here.ask().status_code == 413),
    ("proxy_auth", "", "proxy_auth: a:b", asked_for_a_password),
    ("fetch_media", "", "fetch_media: true", fetches),
    ("passthrough_provider", "", "passthrough_provider: b1", passes_on),
    ("log_bodies", "", "log_bodies: none", lambda here: not here.newest_row()["bodies"]),
    ("log_body_bytes", "", "log_body_bytes: 5",
     lambda here: all(len(body["data"]) <= 5 for body in here.newest_row()["bodies"].values())),
    ("prices", "", "prices: { up: { input: 1, output: 1 } }", lambda here: here.newest_row()["cost_nano"]),
)  # fmt: skip
# Shown elsewhere: they need a Redis, or time to pass.
ELSEWHERE = {"on_disconnect", "cache_seconds", "cache_url", "state_url", "retention"}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gate, folder, web_port = threading.Event(), tmp_path_factory.mktemp("hot"), free_port()
    config = f"providers:\n- {{provider: echo, model: [m]}}\ntokens:\n- {{api_key: {TOKEN}, model: [all]}}\n"
    with (
        PacedBackend(answer(gate)) as backend,
        RunningProxy(config, arguments=["--set", f"web_port={web_port}"]) as proxy,
    ):
        yield Gateway(proxy, backend.url, folder, web_port, gate)


@pytest.mark.parametrize(("before", "after", "seen"), [change[1:] for change in CHANGES], ids=[c[0] for c in CHANGES])
def test_it_counts_from_the_reload_on(gateway: Gateway, before: str, after: str, seen: Seen) -> None:
    for lines, wanted in ((before, False), (after, True)):
        gateway.reload(_with_admin(gateway, lines))
        # a port is opened and closed after the reload's answer
        wait_until(lambda wanted=wanted: bool(seen(gateway)) == wanted)


def test_no_key_is_forgotten() -> None:
    assert {change[0] for change in CHANGES} | ELSEWHERE == set(SERVER_KEYS)


def _with_admin(gateway: Gateway, lines: str) -> str:
    """With the admin on, as far as the lines do not say otherwise."""
    lines = lines.replace("{folder}", str(gateway.folder))
    there = {line.partition(":")[0] for line in lines.splitlines()}
    admin = admin_server(gateway.log.url).splitlines()
    return "\n".join([*(line for line in admin if line.partition(":")[0] not in there), lines])
