"""The request that a backend gets, put in the place of the client's.

A new `http.Request` is built, never the client's changed: nothing of the client's headers can be left over, and
mitmproxy goes on reading from the old one how the client wants its connection treated (HTTP/1.0, `connection: close`).
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from mitmproxy import http
from mitmproxy.connection import Server
from mitmproxy.net.server_spec import ServerSpec

from proapi_gateway.url_hosts import url_host
from proapi_translate import OwnFault

from .attempt import attempt_of
from .hidden_headers import hide_secret_fields

# Of these a length of 0 says that there is a body: some servers of WebSockets refuse such a handshake.
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_WAITS = "100-continue"  # an upload that begins when somebody says so, or after a second
_DEFAULT_PORTS = {"http": 80, "https": 443}


def put_upstream_request(
    flow: http.HTTPFlow, method: str, url: str, headers: Mapping[str, str], body: bytes | None, proxy: str = ""
) -> None:
    """Send `flow` to `url`. `proxy`: an HTTP proxy for this backend ("http://127.0.0.1:7890"), "" for none.

    `body` None: the client's body is streamed on as it comes; `headers` say how long it is, if that is known.
    """
    parts = urlsplit(url)
    default_port = _DEFAULT_PORTS.get(parts.scheme)
    if default_port is None or not parts.hostname:
        raise OwnFault(f"not an address of a backend: {parts.scheme}://{parts.hostname}")
    port = parts.port or default_port
    authority = _authority(parts.hostname, port, default_port)
    of_unknown_length = body is None and "content-length" not in headers
    # An HTTP/2 client's request stays one: mitmproxy then takes care of the connections behind it. Only a stream of
    # unknown length needs HTTP/1's framing, which is taken off again for a backend with HTTP/2.
    is_http2 = flow.request.is_http2 and not of_unknown_length
    fields = [(name.lower().encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers.items()]
    if not is_http2:
        fields.insert(0, (b"host", authority.encode("idna")))
    if body or (body is not None and method not in _BODILESS):
        fields.append((b"content-length", b"%d" % len(body)))
    elif of_unknown_length:
        fields.append((b"transfer-encoding", b"chunked"))
        if flow.request.is_http2:
            fields.append((b"connection", b"close"))  # mitmproxy never uses it again for an HTTP/2 client
    if body is None and flow.request.headers.get("expect", "").lower() == _WAITS:
        fields.append((b"expect", _WAITS.encode()))  # mitmproxy says yes to the client, and takes it off
    flow.request = http.Request(
        host=parts.hostname,
        port=port,
        method=method.encode(),
        scheme=parts.scheme.encode(),
        authority=authority.encode("idna") if is_http2 else b"",
        path=(parts.path or "/").encode() + (b"?" + parts.query.encode() if parts.query else b""),
        http_version=b"HTTP/2.0" if is_http2 else b"HTTP/1.1",
        headers=http.Headers(fields),
        content=body,
        trailers=None,
        timestamp_start=flow.request.timestamp_start,
        timestamp_end=flow.request.timestamp_end,
    )
    hide_secret_fields(flow.request)
    if (attempt := attempt_of(flow)) is not None:
        attempt.unaddressed = False
    # The flow's own Server object: the client connection's is shared by all its flows, and so would the proxy be.
    flow.server_conn = Server(address=(parts.hostname, port), via=proxy_spec(proxy))


def proxy_spec(proxy: str) -> ServerSpec | None:
    """mitmproxy's form of a proxy's URL: ("http", ("127.0.0.1", 7890))."""
    if not proxy:
        return None
    parts = urlsplit(proxy)
    address = (parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme])
    return ("https", address) if parts.scheme == "https" else ("http", address)


def _authority(host: str, port: int, default_port: int) -> str:
    host = url_host(host)
    return host if port == default_port else f"{host}:{port}"
