"""The password of a backend's own HTTP proxy: `proxy: http://user:password@host:port` of a provider block."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from mitmproxy import http

from proapi_gateway.gateway import Gateway

from .upstream_request import proxy_spec


class UpstreamProxyAuth:
    def __init__(self, gateway: Callable[[], Gateway]) -> None:
        self._gateway = gateway

    def http_connect_upstream(self, flow: http.HTTPFlow) -> None:
        """We ask a proxy for a tunnel: show it what its block of api.yaml has."""
        for provider in self._gateway().snapshot.settings.providers:
            spec = proxy_spec(provider.proxy)
            parts = urlsplit(provider.proxy)
            if spec is not None and spec[1] == flow.server_conn.address and parts.username:
                credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
                flow.request.headers["proxy-authorization"] = f"Basic {base64.b64encode(credentials).decode()}"
                return
