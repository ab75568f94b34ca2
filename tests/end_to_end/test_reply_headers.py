"""The headers that apps and browsers read: in both lanes, of whole replies, streams, errors and paths as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.end_to_end.configs import AUTHORIZATION, TOKEN, chat_body, chat_chunk, chat_end, chat_reply, one_backend
from tests.end_to_end.paced_backend import PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import openai, sdk_client

LIMITS = {
    "openai": {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-tokens": "6m0s",
    },
    "anthropic": {
        "anthropic-ratelimit-requests-limit": "60",
        "anthropic-ratelimit-requests-remaining": "59",
        "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:00Z",
        "anthropic-ratelimit-tokens-limit": "150000",
        "anthropic-ratelimit-tokens-remaining": "149984",
    },
}
ALSO_TOLD = [("openai-version", "2020-10-01"), ("set-cookie", "a=b")]
# What the two have in common, as the SDK reads it.
READ = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "149984",
}
CLAUDE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "c", "content": [{"type": "text", "text": "hello"}],
    "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
}  # fmt: skip
ORIGIN = "https://app.example"


def answer(request: ReceivedRequest) -> Reply:
    """As OpenAI or Claude would, whichever is asked; a model named `busy` is."""
    of_claude = request.path.endswith("/messages")
    told = [*LIMITS["anthropic" if of_claude else "openai"].items(), *ALSO_TOLD]
    body: Any = request.json() if request.body.startswith(b"{") else {}
    if body.get("model") == "busy":
        return Reply.json({"error": {"message": "busy", "type": "t"}}, *told, ("retry-after", "2"), status=429)
    if body.get("stream"):
        return Reply.stream([chat_chunk("hello"), chat_end()], *told)
    return Reply.json(CLAUDE if of_claude else chat_reply(), *told)


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend(answer) as running:
        yield running


@pytest.fixture(scope="module", params=["openai", "anthropic"])
def proxy(request: pytest.FixtureRequest, backend: PacedBackend) -> Iterator[RunningProxy]:
    config = one_backend(backend.url).replace("provider: openai", f"provider: {request.param}")
    with RunningProxy(config.replace("{ upstream-model: m }", "{ upstream-model: m }, busy")) as running:
        yield running


def assert_complete(headers: Any) -> None:
    assert {name: headers.get(name) for name in READ} == READ
    assert headers["x-request-id"].startswith("req_")
    assert int(headers["openai-processing-ms"]) >= 0
    assert headers["openai-version"] == "2020-10-01"
    assert "set-cookie" not in headers


def test_the_sdk_reads_them_from_a_reply(proxy: RunningProxy) -> None:
    with sdk_client(proxy) as client:
        raw = client.chat.completions.with_raw_response.create(**chat_body())
        assert_complete(raw.headers)
        assert raw.request_id == raw.headers["x-request-id"]
        assert raw.parse()._request_id == raw.request_id


def test_the_sdk_reads_them_from_a_refusal(proxy: RunningProxy) -> None:
    with sdk_client(proxy) as client, pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(**chat_body(model="busy"))
    assert_complete(refused.value.response.headers)
    assert refused.value.response.headers["retry-after"] == "2"
    assert refused.value.request_id == refused.value.response.headers["x-request-id"]


def test_the_sdk_reads_them_from_a_stream(backend: PacedBackend) -> None:
    with RunningProxy(one_backend(backend.url)) as proxy, sdk_client(proxy) as client:
        raw = client.chat.completions.with_raw_response.create(**chat_body(stream=True))
        assert_complete(raw.headers)


def test_the_sdk_reads_them_from_a_path_that_nobody_translates(backend: PacedBackend) -> None:
    with RunningProxy(one_backend(backend.url)) as proxy, sdk_client(proxy) as client:
        assert_complete(client.files.with_raw_response.list().headers)


@pytest.mark.parametrize("path", ["chat/completions", "files"])
def test_a_clients_account_goes_to_nobody_elses_key(backend: PacedBackend, path: str) -> None:
    with RunningProxy(one_backend(backend.url)) as proxy:
        account = {"openai-organization": "org-1", "openai-project": "proj-1", "user-agent": "app/1"}
        httpx.post(f"{proxy.base_url}/{path}", json=chat_body(), headers=AUTHORIZATION | account)
    sent = backend.requests[-1]
    assert not {"org-1", "proj-1", "app/1"} & set(sent.headers.values())
    assert TOKEN not in str(sent)


# -- browsers --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/chat/completions", "/responses/resp_1", "/files", "/models", "/no"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_browser_may_ask(proxy: RunningProxy, path: str, method: str) -> None:
    asked = {
        "origin": ORIGIN,
        "access-control-request-method": method,
        "access-control-request-headers": "authorization,content-type,x-stainless-os",
        "access-control-request-private-network": "true",
    }
    reply = httpx.options(proxy.base_url + path, headers=asked)
    assert (reply.status_code, reply.content) == (204, b"")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["access-control-allow-methods"] == method
    assert reply.headers["access-control-allow-headers"] == asked["access-control-request-headers"]
    assert reply.headers["access-control-allow-private-network"] == "true"


@pytest.mark.parametrize(
    ("method", "path", "key", "body", "status"),
    [
        ("POST", "chat/completions", TOKEN, chat_body(), 200),
        ("POST", "chat/completions", TOKEN, chat_body(model="busy"), 429),
        ("POST", "chat/completions", "sk-wrong", chat_body(), 401),
        ("POST", "chat/completions", TOKEN, {}, 400),
        ("GET", "models", TOKEN, None, 200),
        ("GET", "no/such/path", "sk-wrong", None, 401),
        ("PUT", "chat/completions", TOKEN, None, 405),
    ],
)
def test_a_browser_may_read_every_reply(
    proxy: RunningProxy, method: str, path: str, key: str, body: Any, status: int
) -> None:
    headers = {"origin": ORIGIN, "authorization": f"Bearer {key}"}
    reply = httpx.request(method, f"{proxy.base_url}/{path}", headers=headers, json=body)
    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (status, "*")
    exposed = {name.strip() for name in reply.headers["access-control-expose-headers"].split(",")}
    assert {*READ, "x-request-id", "openai-processing-ms", "openai-version", "retry-after"} <= exposed


def test_a_browser_may_read_streams_and_files(backend: PacedBackend) -> None:
    with RunningProxy(one_backend(backend.url)) as proxy:
        headers = AUTHORIZATION | {"origin": ORIGIN}
        stream = httpx.post(f"{proxy.base_url}/chat/completions", json=chat_body(stream=True), headers=headers)
        file = httpx.get(f"{proxy.base_url}/files/file-1", headers=headers)
    assert [reply.headers["access-control-allow-origin"] for reply in (stream, file)] == ["*", "*"]


# -- HEAD ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("http2", [False, True])
@pytest.mark.parametrize(
    ("path", "key", "status"),
    [("models", TOKEN, 200), ("models/m", TOKEN, 200), ("models/none", TOKEN, 404), ("models", "sk-wrong", 401),
     ("chat/completions", TOKEN, 405)],
)  # fmt: skip
def test_a_head_is_a_get_without_its_body(proxy: RunningProxy, http2: bool, path: str, key: str, status: int) -> None:
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(http1=not http2, http2=http2, base_url=proxy.base_url, headers=headers) as client:
        for _ in range(2):  # and the connection can be used again
            reply = client.head(f"/{path}")
            assert (reply.status_code, reply.content) == (status, b"")
            assert reply.headers["x-request-id"].startswith("req_")
        whole = client.get(f"/{path}")
    if whole.status_code == status == 200:
        assert reply.headers["content-length"] == str(len(whole.content))
