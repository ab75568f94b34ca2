"""The headers of a WebSocket's handshake."""

import pytest
from mitmproxy import http

from addons.websocket_upgrade import split_subprotocols, upgrade_reply_headers, upgrade_request_headers


@pytest.mark.parametrize(
    ("header", "kept", "key"),
    [
        ("realtime", "realtime", ""),
        ("", "", ""),
        ("realtime, openai-insecure-api-key.sk-1, openai-beta.x", "realtime, openai-beta.x", "sk-1"),
        ("openai-insecure-api-key.sk-1", "", "sk-1"),
        ("openai-insecure-api-key.sk-1,openai-insecure-api-key.sk-2,realtime", "realtime", "sk-1"),
        ("realtime,openai-organization.org-1 , openai-project.proj-1", "realtime", ""),
    ],
)
def test_subprotocols_lose_the_clients_account(header: str, kept: str, key: str) -> None:
    assert split_subprotocols(header) == (kept, key)


def test_a_request_that_asks_for_no_websocket_gets_none() -> None:
    assert upgrade_request_headers(http.Headers(connection="upgrade", upgrade="h2c")) == {}


def test_only_the_handshakes_own_headers_go_on() -> None:
    asked = http.Headers(connection="keep-alive, Upgrade", upgrade="WebSocket", cookie="a=b", origin="https://a.example")
    asked["sec-websocket-key"], asked["sec-websocket-protocol"] = "k", ""
    own = {"connection": "Upgrade", "upgrade": "websocket"}
    assert upgrade_request_headers(asked) == {**own, "sec-websocket-key": "k"}
    told = http.Headers(connection="upgrade", server="x")
    told["sec-websocket-accept"] = "a"
    assert upgrade_reply_headers(told) == {**own, "sec-websocket-accept": "a"}
