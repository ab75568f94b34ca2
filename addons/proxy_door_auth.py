"""The password of the explicit door: `server.proxy_auth` of api.yaml, asked for as any HTTP proxy asks for it."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from weakref import WeakSet

from mitmproxy import http
from mitmproxy.connection import Client

from proapi_gateway.gateway import Gateway

from .client_errors import json_error
from .doors import Door, door_of

_HEADER = "proxy-authorization"


class ProxyDoorAuth:
    def __init__(self, gateway: Callable[[], Gateway]) -> None:
        self._gateway = gateway
        self._let_in: WeakSet[Client] = WeakSet()  # clients whose CONNECT had it: what they send inside has none

    def http_connect(self, flow: http.HTTPFlow) -> None:
        if self._may_pass(flow):
            self._let_in.add(flow.client_conn)
        else:
            flow.response = _refusal()

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """A request for plain HTTP names its host in the first line and carries the password itself."""
        if flow.client_conn not in self._let_in and not self._may_pass(flow):
            flow.response = _refusal()
        flow.request.headers.pop(_HEADER, None)

    def _may_pass(self, flow: http.HTTPFlow) -> bool:
        wanted = self._gateway().snapshot.settings.server.proxy_auth.reveal()
        if not wanted or door_of(flow.client_conn) is not Door.PROXY:
            return True
        given = _credentials(flow.request.headers.get(_HEADER, ""))
        return hmac.compare_digest(given, wanted.encode())


def _credentials(header: str) -> bytes:
    scheme, _, encoded = header.partition(" ")
    try:
        return base64.b64decode(encoded.strip(), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        return b""


def _refusal() -> http.Response:
    response = json_error(407, "This proxy asks for a user and a password.")
    response.headers["proxy-authenticate"] = 'Basic realm="proapi"'
    return response
