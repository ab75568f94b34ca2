"""Secrets hidden in flows: in mitmproxy's pages once the request is sent, and in whatever is saved."""

from __future__ import annotations

from mitmproxy import flow as mitmproxy_flow
from mitmproxy import http

from addons.content_views import APP_REQUEST
from addons.exchange import Exchange, Sent
from addons.flow_secrets import hide_request_secrets, save_without_secrets

from . import exchanges

BACKEND_KEY = "sk-test-of-the-backend"
ACCESS_TOKEN = "ya29.a0-an-access-token"
URL = "https://backend.test/v1beta/x?alt=sse&key=AIzaSyAnotherKey"


def sent_flow() -> tuple[http.HTTPFlow, Exchange]:
    flow, exchange = exchanges.flow(), exchanges.exchange()
    exchange.client = exchange.snapshot.clients.identify(f"Bearer {exchanges.TOKEN}")
    exchange.sent = Sent(*exchange.snapshot.router.candidates("m", exchange.client))
    headers = {"authorization": f"Bearer {ACCESS_TOKEN}", "x-api-key": BACKEND_KEY, "accept": "*/*"}
    flow.request = http.Request.make("POST", URL, f"a body with {BACKEND_KEY}", headers)
    return flow, exchange


def test_a_request_that_has_been_sent() -> None:
    flow, exchange = sent_flow()
    length = len(flow.request.raw_content or b"")
    hide_request_secrets(flow, exchange)
    assert flow.request.headers["authorization"] == "[hidden]"
    assert flow.request.headers["x-api-key"] == "[hidden]"
    assert flow.request.headers["accept"] == "*/*"
    assert flow.request.path == "/v1beta/x?alt=sse&key=[hidden]"
    assert flow.request.raw_content == b"a body with " + b"*" * len(BACKEND_KEY)
    assert len(flow.request.raw_content) == length


def test_what_is_saved_while_the_flow_runs_has_none_and_the_flow_has_all_of_it() -> None:
    flow, exchange = sent_flow()
    save_without_secrets(flow, exchange)
    flow.response = http.Response.make(200, f"{BACKEND_KEY} {exchanges.TOKEN}", {"set-cookie": "a=b", "x-y": "z"})
    flow.error = mitmproxy_flow.Error(f"it said {ACCESS_TOKEN}")
    flow.metadata[APP_REQUEST] = f"POST /\n\n{exchanges.TOKEN}".encode()
    saved = repr(flow.get_state())
    for secret in (BACKEND_KEY, ACCESS_TOKEN, exchanges.TOKEN, "AIzaSyAnotherKey", "a=b"):
        assert secret not in saved
    assert flow.request.headers["x-api-key"] == BACKEND_KEY  # it is being sent
    assert flow.request.url == URL
    assert flow.response.headers["set-cookie"] == "a=b"
    copy = flow.copy()  # type: ignore[no-untyped-call]
    assert BACKEND_KEY not in repr(copy.get_state())
    assert copy.response.headers["x-y"] == "z"


def test_of_headers_no_byte_is_lost() -> None:
    flow, exchange = sent_flow()
    flow.request.headers.fields = ((b"X-Odd", b"\xe9\xff"), (b"X-Odd", b"2"))
    hide_request_secrets(flow, exchange)
    assert flow.request.headers.fields == ((b"X-Odd", b"\xe9\xff"), (b"X-Odd", b"2"))
