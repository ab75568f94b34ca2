"""A tour through the whole gateway with keys of its own everywhere: each backend, door and page, faults and crashes."""

from __future__ import annotations

import contextlib
import html
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.end_to_end.admin_browser import AdminClient
from tests.end_to_end.configs import chat_body
from tests.end_to_end.logged_flows import LoggedFlows
from tests.end_to_end.paced_backend import CUT, PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.test_each_backend import TABLE, Backend
from tests.gateway.fake_token_server import FakeTokenServer

CLIENT_KEY, OTHER_CLIENT, WRONG_KEY = "sk-client-7f3a9c21d0", "sk-other-client-51be77", "sk-nobody-knows-3391ab"
USER, PASSWORD, PROXY_PASSWORD = "boss", "admin-password-88f1c2", "door-password-41d9e0"
JWT_KEY, WEB_PASSWORD = "jwt-secret-key-a7c3f2e1", "look-at-the-flows"
CUSTOM_KEY, REDIS_PASSWORD = "custom-header-key-6612fd", "redis-password-2f80ce"
AWS_SECRET, AWS_TOKEN = "aws/secret+access/key/0123456789abcdef01", "aws-session-token-99887766"
REFRESH_TOKEN, CLIENT_SECRET = "1//refresh-token-of-the-tour-6b", "client-secret-of-the-tour-0c4d"
ROBOT = "robot@project.test"  # its access tokens have its name: see FakeTokenServer


def key_of(row: Backend) -> str:
    return f"sk-backend-{row.name}-{zlib.crc32(row.name.encode()):08x}"


SECRETS = {
    *(CLIENT_KEY, OTHER_CLIENT, WRONG_KEY, PASSWORD, PROXY_PASSWORD, JWT_KEY, CUSTOM_KEY, AWS_SECRET, AWS_TOKEN),
    *(REDIS_PASSWORD, REFRESH_TOKEN, CLIENT_SECRET, f"ya29.of-{ROBOT}"),
    *(key_of(row) for row in TABLE),
}

# The gateway with two faults of ours in it, whose exceptions quote a request as it goes to its backend.
CRASHING = """
import sys
from addons import master, failover_stream, upstream_request
hide, fault_of = upstream_request.hide_secret_fields, failover_stream.FailoverStream._fault_of

def crash_on(request, words):
    if words in (request.raw_content or b""):
        raise ValueError(f"crashed {words} with {request.headers.fields!r}")

def hide_or_crash(request):
    crash_on(request, b"please crash now")
    hide(request)

def judge_or_crash(stream, response):
    crash_on(stream.flow.request, b"please crash later")
    return fault_of(stream, response)

upstream_request.hide_secret_fields = hide_or_crash
failover_stream.FailoverStream._fault_of = judge_or_crash
sys.exit(master.main())
"""


def answer(request: ReceivedRequest) -> Reply:
    """By the model's name: what it should be, an error that repeats every header, a crash of the connection."""
    row = _row_of(request.path)
    text = request.body.decode("utf-8", "replace")
    if "please fail" in text:
        said = f"bad request with {request.headers} and {request.body!r}"
        return Reply.json({"error": {"message": said, "type": "t", "code": "c"}, "message": said}, status=400)
    if "please break" in text:
        return Reply([row.stream[0], CUT], headers=(("content-type", row.content_type),))
    if "please stream" in text:
        return Reply(row.stream, headers=(("content-type", row.content_type),))
    return Reply.json(row.whole)


def _row_of(path: str) -> Backend:
    publisher = re.search(r"/publishers/(\w+)/", path)
    name = {"google": "gemini", "anthropic": "anthropic"}[publisher[1]] if publisher else path.split("/")[1]
    return next(row for row in TABLE if row.name == name)


def config(backend: PacedBackend, google: FakeTokenServer, key_file: Path, logged: LoggedFlows, *, debug: bool) -> str:
    lines = ["providers:"]
    for row in TABLE:
        lines += [
            f"  - provider: {row.provider}",
            f"    base_url: {backend.url}/{row.name}{row.base}",
            f"    api_key: {key_of(row)}",
            f"    headers: {{ x-custom-key: {CUSTOM_KEY} }}",
            *[f"    {name}: {value}" for name, value in row.options.items()],
            f"    model: [ {{ up: by-{row.name} }} ]",
        ]
    vertex = f"base_url: {backend.url}/vertex, token_uri: '{google.url}', PROJECT_ID: proj"
    account = f"CLIENT_ID: id.apps.test, CLIENT_SECRET: {CLIENT_SECRET}, REFRESH_TOKEN: {REFRESH_TOKEN}"
    lines += [
        f"  - {{ provider: vertexai_gemini, {vertex}, {account}, model: [ up: by-vertex-gemini ] }}",
        f"  - {{ provider: vertexai_claude, {vertex}, service_account_file: '{key_file}', "
        "model: [ up: by-vertex-claude ] }",
        "  - provider: bedrock",
        f"    base_url: {backend.url}/bedrock",
        f"    region: us-east-1\n    aws_access_key_id: AKIDEXAMPLE\n    aws_secret_access_key: {AWS_SECRET}",
        f"    aws_session_token: {AWS_TOKEN}",
        "    model: [ { up: by-aws } ]",
        *("tokens:", f"  - {{ api_key: {CLIENT_KEY}, model: [ all ], limits: {{ rpm: 100000 }} }}"),
        f"  - {{ api_key: {OTHER_CLIENT}, model: [ all ] }}",
        *("server:", f"  debug: {str(debug).lower()}", "  fallback: { by-openai: [ by-anthropic ] }"),
        f"  state_url: redis://:{REDIS_PASSWORD}@127.0.0.1:1/0",
        f'  proxy_auth: "user:{PROXY_PASSWORD}"\n  save_log_file: true\n  db_cache: true',
        f"  username: {USER}\n  password: {PASSWORD}\n  jwt_secret_key: {JWT_KEY}",
        *(f"  {line}" for line in logged.server.splitlines()),
    ]
    return "\n".join(lines)


NAMES = [f"by-{row.name}" for row in TABLE] + ["by-aws", "by-vertex-gemini", "by-vertex-claude"]


def tour(proxy: RunningProxy, *, says: str) -> Iterator[bytes]:
    """Everything that clients and the administrator get to see. `says`: what stands in the clients' prompts."""
    yield from _ask_for_everything(proxy, says)
    yield from _come_by_the_explicit_door(proxy)
    with AdminClient(proxy, USER, PASSWORD) as admin:
        yield from _walk_through_the_pages(admin)
    yield from _reload(proxy)


def _ask_for_everything(proxy: RunningProxy, says: str) -> Iterator[bytes]:
    with _client(proxy) as client:

        def see(method: str, path: str, key: str = CLIENT_KEY, **more: object) -> Iterator[bytes]:
            headers = {"authorization": f"Bearer {key}"}
            with contextlib.suppress(httpx.RemoteProtocolError):
                reply = client.request(method, path, headers=headers, **more)  # type: ignore[arg-type]
                yield str(reply.headers).encode() + reply.content

        for name in NAMES:
            for words in ("hi", "please stream", "please fail", "please break", "please crash now"):
                messages = [{"role": "user", "content": f"{words}, {says}"}]
                stream = words in ("please stream", "please break")
                body = chat_body(model=name, messages=messages, stream=stream)
                yield from see("POST", "/v1/chat/completions", json=body)
            yield from see("POST", "/v1/responses", json={"model": name, "input": "please fail"})
        yield from see("POST", "/v1/responses", json={"model": "by-openai", "input": "please crash later"})
        yield from see("POST", "/v1/chat/completions", key=WRONG_KEY, json=chat_body())
        yield from see("POST", "/v1/chat/completions", content=f'{{"model": "{says}'.encode())
        yield from see("GET", "/v1/models")
        yield from see("POST", "/v1/embeddings", json={"model": "by-openai", "input": "please fail"})
        yield from see("POST", "/v1/images/generations", json={"model": "by-openai", "prompt": "please fail"})
        metrics = client.get("/metrics")
        assert metrics.status_code == 200, metrics.text
        yield metrics.content


def _reload(proxy: RunningProxy) -> Iterator[bytes]:
    with _client(proxy) as client:
        proxy.config_path.write_text(proxy.config_path.read_text() + "\n  default_model: by-openai\n")
        yield client.get("/reload_config").content
        proxy.config_path.write_text(proxy.config_path.read_text().replace(OTHER_CLIENT, "[ 1 ]") + "\n  nonsense: 1")
        yield client.get("/reload_config").content


def _client(proxy: RunningProxy) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{proxy.port}", timeout=30, trust_env=False)


def _come_by_the_explicit_door(proxy: RunningProxy) -> Iterator[bytes]:
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    for password in ("wrong", PROXY_PASSWORD):
        door = f"http://user:{password}@127.0.0.1:{proxy.proxy_port}"
        with httpx.Client(proxy=door, verify=False) as client, contextlib.suppress(httpx.ProxyError):
            yield client.get("https://api.openai.com/v1/models", headers=headers).content


_LINK = re.compile(r'(?:href|action|data-[\w-]+)="(/admin[^"]*)"')
_OF_EACH_KIND = 6  # pages of one address but for its numbers and its query


def _walk_through_the_pages(admin: AdminClient) -> Iterator[bytes]:
    for place in range(len(NAMES)):
        yield admin.post(f"/providers/{place}/trial").content
    found = ["/overview", "/flows", "/providers", "/providers/health", "/tokens", "/cache", "/config"]
    visited, kinds = set(found), Counter[str]()
    for path in found:  # which grows
        page = admin.get(path)
        yield page.content
        for link in map(html.unescape, _LINK.findall(page.text)):
            below = link.removeprefix("/admin")
            kind = re.sub(r"req_\w+|[0-9a-f]{16,}|\d+", "#", below.partition("?")[0])
            is_new = below not in visited and not below.startswith(("/logout", "/flows/live", "/static"))
            if is_new and kinds[kind] < _OF_EACH_KIND:
                kinds[kind] += 1
                visited.add(below)
                found.append(below)
    assert {"/flows/#", "/flows/#/curl.sh", "/flows/#/export.har"} <= set(kinds), sorted(kinds)
    yield admin.post("/config/check", data={"text": "tokens: [ { x: 1 } ]"}).content
