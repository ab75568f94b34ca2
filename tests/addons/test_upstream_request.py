"""The request that a backend gets: built new, with nothing of the client's left over."""

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from addons.hidden_headers import sent_fields
from addons.upstream_request import proxy_spec, put_upstream_request
from proapi_translate import OwnFault


def client_flow(http_version: bytes = b"HTTP/1.1") -> http.HTTPFlow:
    flow = tflow.tflow()
    flow.request.data.http_version = http_version
    flow.request.headers = http.Headers(
        [(b"authorization", b"Bearer sk-client"), (b"cookie", b"a=b"), (b"x-stainless-lang", b"python")]
    )
    return flow


def test_the_headers_are_those_given_and_no_others() -> None:
    flow = client_flow()
    put_upstream_request(flow, "POST", "https://api.deepseek.com/v1/chat?x=1", {"Authorization": "Bearer B"}, b"{}")
    assert flow.request.headers["authorization"] == "[hidden]"
    assert sent_fields(flow.request) == (
        (b"host", b"api.deepseek.com"),
        (b"authorization", b"Bearer B"),
        (b"content-length", b"2"),
    )
    assert flow.request.pretty_url == "https://api.deepseek.com/v1/chat?x=1"
    assert (flow.request.method, flow.request.raw_content) == ("POST", b"{}")


@pytest.mark.parametrize(
    ("url", "address", "host_header", "path"),
    [
        ("http://127.0.0.1:9000/v1", ("127.0.0.1", 9000), "127.0.0.1:9000", "/v1"),
        ("http://127.0.0.1:80/v1", ("127.0.0.1", 80), "127.0.0.1", "/v1"),
        ("https://[::1]:8443", ("::1", 8443), "[::1]:8443", "/"),
        ("https://Backend.example/a%20b?c=d&e", ("backend.example", 443), "backend.example", "/a%20b?c=d&e"),
    ],
)
def test_the_address(url: str, address: tuple[str, int], host_header: str, path: str) -> None:
    flow = client_flow()
    put_upstream_request(flow, "GET", url, {}, b"")
    assert (flow.request.host, flow.request.port) == address == flow.server_conn.address
    assert flow.request.headers["host"] == host_header
    assert flow.request.path == path


def test_an_http2_clients_request_stays_one() -> None:
    flow = client_flow(b"HTTP/2.0")
    put_upstream_request(flow, "GET", "https://api.deepseek.com:8443/v1", {}, b"")
    assert flow.request.is_http2
    assert flow.request.authority == "api.deepseek.com:8443"
    assert "host" not in flow.request.headers


def test_an_old_clients_request_goes_on_as_http_1_1() -> None:
    flow = client_flow(b"HTTP/1.0")
    old = flow.request
    put_upstream_request(flow, "GET", "https://api.deepseek.com/v1", {}, b"")
    assert flow.request.http_version == "HTTP/1.1"
    assert old.http_version == "HTTP/1.0"
    assert "authorization" in old.headers  # mitmproxy still reads from it what the client wants


def test_a_proxy_is_the_flows_own() -> None:
    flow = client_flow()
    shared = flow.server_conn
    put_upstream_request(flow, "GET", "https://api.deepseek.com/v1", {}, b"", proxy="http://127.0.0.1:7890")
    assert flow.server_conn.via == ("http", ("127.0.0.1", 7890))
    assert shared.via is None


@pytest.mark.parametrize(
    ("proxy", "spec"),
    [
        ("", None),
        ("http://proxy.local", ("http", ("proxy.local", 80))),
        ("https://u:p@[::1]:1", ("https", ("::1", 1))),
    ],
)
def test_a_proxys_url(proxy: str, spec: object) -> None:
    assert proxy_spec(proxy) == spec


def test_what_is_no_address_is_our_fault_and_shows_no_query() -> None:
    with pytest.raises(OwnFault) as caught:
        put_upstream_request(client_flow(), "GET", "echo:?key=secret", {}, b"")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("method", "body", "length"), [("GET", b"", None), ("DELETE", b"", None), ("POST", b"", "0"), ("GET", b"x", "1")]
)
def test_a_length_is_told_where_there_may_be_a_body(method: str, body: bytes, length: str | None) -> None:
    flow = client_flow()
    put_upstream_request(flow, method, "https://api.deepseek.com/v1", {}, body)
    assert flow.request.headers.get("content-length") == length
    assert "transfer-encoding" not in flow.request.headers
