"""HTTP proxies on both sides: one in front of a backend (`proxy:`), and the password of our own explicit door."""

import base64
import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.configs import (
    AUTHORIZATION,
    chat_body,
    chat_chunk,
    chat_end,
    chat_reply,
    one_backend,
    several_backends,
)
from tests.end_to_end.connect_proxy import ConnectProxy
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.throwaway_ca import ThrowawayCa

Start = Callable[..., RunningProxy]


def ask(proxy: RunningProxy, **changes: object) -> httpx.Response:
    url = f"{proxy.base_url}/chat/completions"
    return httpx.post(url, json=chat_body(**changes), headers=AUTHORIZATION, timeout=20)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("stream", [False, True])
def test_a_backend_is_reached_through_its_own_proxy(
    start_proxy: Start, tmp_path: Path, tls: bool, stream: bool
) -> None:
    ca = ThrowawayCa(tmp_path)
    reply = Reply.stream([chat_chunk("hello"), chat_end()]) if stream else Reply.json(chat_reply())
    with PacedBackend(tls=ca.server_context("localhost") if tls else None) as backend, ConnectProxy() as hop:
        backend.script(reply)
        config = one_backend(backend.url, extra=f"proxy: http://user:pass%20word@{hop.address}")
        answer = ask(start_proxy(config, environment={"SSL_CERT_FILE": str(ca.path)}), stream=stream)
        assert answer.status_code == 200, answer.text
        assert "hello" in answer.text
        [head] = hop.heads
        assert head.startswith(f"CONNECT {backend.url.split('//')[1]} HTTP/1.1\r\n")
        credentials = base64.b64encode(b"user:pass word").decode()
        assert f"proxy-authorization: basic {credentials.lower()}" in head.lower()
        assert "proxy-authorization" not in backend.requests[0].headers


def test_only_that_backend_goes_through_it(start_proxy: Start, backend: PacedBackend) -> None:
    with ConnectProxy() as hop, PacedBackend() as direct:
        for each in (backend, direct):
            each.answer = lambda request: Reply.json(chat_reply())
        proxy = start_proxy(several_backends((backend.url, f"proxy: http://{hop.address}"), (direct.url, "")))
        with httpx.Client(base_url=proxy.base_url, headers=AUTHORIZATION) as client:
            for _ in range(4):  # in turns, on one client connection
                assert client.post("/chat/completions", json=chat_body()).status_code == 200
        assert (len(backend.requests), len(direct.requests)) == (2, 2)
        assert {head.split()[1] for head in hop.heads} == {backend.url.split("//")[1]}


def test_a_proxy_that_refuses_is_named(start_proxy: Start, backend: PacedBackend) -> None:
    with ConnectProxy(refuses=403) as hop:
        reply = ask(start_proxy(one_backend(backend.url, extra=f"proxy: http://{hop.address}")))
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "proxy_refused")


# -- server.proxy_auth -----------------------------------------------------------------------------------------------
def test_the_explicit_door_asks_for_its_password(start_proxy: Start, backend: PacedBackend) -> None:
    backend.answer = lambda request: Reply.json(chat_reply())
    proxy = start_proxy(one_backend(backend.url, server='proxy_auth: "user:pass"'))
    context = ssl.create_default_context(cafile=proxy.ca_path)
    right = proxy.proxy_url.replace("//", "//user:pass@")
    for scheme in ("http", "https"):
        url = f"{scheme}://api.openai.com/v1/chat/completions"
        with httpx.Client(proxy=right, verify=context, headers=AUTHORIZATION) as client:
            assert client.post(url, json=chat_body()).status_code == 200
    for wrong in (proxy.proxy_url, proxy.proxy_url.replace("//", "//user:no@")):
        with httpx.Client(proxy=wrong, verify=context, headers=AUTHORIZATION) as client:
            assert client.get("http://api.openai.com/v1/models").status_code == 407
            with pytest.raises(httpx.ProxyError, match="407"):
                client.get("https://api.openai.com/v1/models")
    assert "proxy-authorization" not in backend.requests[-1].headers
    # the base_url door has tokens, and no such password
    assert ask(proxy).status_code == 200
