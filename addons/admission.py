"""The admission of a request: is it for us, who asks, what is wanted, and may it begin at all. No body is needed.

The client's credentials leave the request here, before anything can show or forward it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from mitmproxy import http

from proapi_gateway.faults import only_over_http
from proapi_gateway.gateway import Gateway
from proapi_gateway.settings import Secret
from proapi_gateway.surface import Endpoint, Kind, find_endpoint
from proapi_gateway.trials import TrialKeys
from proapi_translate import ClientFault, ProapiError

from .answers import Answers
from .attempt import attach_attempt
from .doors import Door, Doors, door_of
from .exchange import Exchange, attach_exchange, exchange_of
from .loops import MAX_PASSES, PASSES_HEADER, loop_failure, passes
from .open_exchanges import OpenExchanges
from .websocket_upgrade import SUBPROTOCOLS, asks_for_websocket, split_subprotocols

logger = logging.getLogger(__name__)

# Whatever a client may carry a secret in: read once for the token, then gone.
_AUTHORIZATION = b"authorization"
_API_KEY = b"api-key"
_API_KEY_HEADERS = frozenset({_API_KEY, b"x-api-key"})
_SUBPROTOCOLS = SUBPROTOCOLS.encode()
_SECRET_HEADERS = _API_KEY_HEADERS | {_AUTHORIZATION, b"proxy-authorization", b"cookie"}
_METHOD_NOT_ALLOWED = 405
_NO_BASE_URLS = frozenset({Door.PROXY, Door.TRANSPARENT})
# Asked for by people and probes that have no key, and answered when nothing else is; who may reload or see the metrics
# is decided by operators.py.
_NEEDS_NO_TOKEN = frozenset(
    {Kind.ROOT, Kind.HEALTHZ, Kind.READYZ, Kind.PREFLIGHT, Kind.RELOAD, Kind.METRICS, Kind.ADMIN}
)


class Admission:
    """`gateway()`: the gateway in force; `new_id()`: an id that no other request has; `trials`: reads the bearers of
    the admin's."""

    def __init__(
        self,
        gateway: Callable[[], Gateway],
        doors: Doors,
        answers: Answers,
        open_exchanges: OpenExchanges,
        new_id: Callable[[], str],
        trials: TrialKeys,
    ) -> None:
        self._trials = trials
        self._gateway = gateway
        self._doors = doors
        self._answers = answers
        self._open_exchanges = open_exchanges
        self._new_id = new_id

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if flow.error:  # mitmproxy has refused it already and only shows it
            return
        if not self._doors.is_ours(flow):
            # HTTP through the explicit door to another host: neither read nor held back
            flow.request.stream = True
            return
        attach_attempt(flow).unaddressed = True
        exchange = self._begin(flow)
        try:
            self._admit(flow, exchange)
        except ProapiError as fault:
            self._answers.give_fault(flow, exchange, fault)
            if not self._open_exchanges.draining:  # else the process would not wait for its answer
                # Its body is still awaited: whoever has no key and sends half of it must not keep a place from others.
                self._open_exchanges.end(exchange)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Somebody else's traffic goes through as it comes."""
        if flow.response is not None and exchange_of(flow) is None:
            flow.response.stream = True

    def _begin(self, flow: http.HTTPFlow) -> Exchange:
        exchange = Exchange(
            id=self._new_id(),
            door=door_of(flow.client_conn),
            method=flow.request.method,
            snapshot=self._gateway().snapshot,
            started_s=asyncio.get_running_loop().time(),
            created=int(time.time()),
            origin=flow.request.headers.get("origin", ""),
            keeps_alive=flow.request.http_version != "HTTP/1.0",
            hops=passes(flow.request.headers.get(PASSES_HEADER)),
        )
        attach_exchange(flow, exchange)
        self._open_exchanges.begin(exchange)
        return exchange

    def _admit(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        secrets = _take_secrets(flow.request.headers)
        if exchange.hops >= MAX_PASSES:
            raise loop_failure(f"it has come through {exchange.hops} gateways already")
        if exchange.door is Door.PROXY and self._doors.own_door(flow.request.host, flow.request.port) in _NO_BASE_URLS:
            raise loop_failure("this port is the proxy's; an app's base_url is http://…/v1 on the other one")
        exchange.endpoint = _endpoint_of(flow.request)
        authorization = next((value for name, value in secrets if name == _AUTHORIZATION), None)
        if exchange.endpoint.kind in _NEEDS_NO_TOKEN:
            exchange.credentials = Secret(authorization or "")
            return
        if refusal := self._open_exchanges.refusal(exchange.snapshot.settings.server.max_open_requests):
            raise refusal
        api_keys = [value for name, value in secrets if name in _API_KEY_HEADERS]
        if (trial := self._trials.read(authorization)) is not None:
            exchange.snapshot = self._gateway().trial_snapshot(*trial) or exchange.snapshot
        exchange.client = exchange.snapshot.clients.identify(authorization, api_keys)


def _endpoint_of(request: http.Request) -> Endpoint:
    try:
        return find_endpoint(request.method, request.path)
    except ClientFault as fault:
        if fault.status == _METHOD_NOT_ALLOWED and asks_for_websocket(request.headers):
            raise only_over_http(request.path) from fault
        raise


def _take_secrets(headers: http.Headers) -> list[tuple[bytes, str]]:
    """The secrets among the headers, which lose them. One pass: each look-up of mitmproxy's reads all of them."""
    fields = [(name.lower(), name, value) for name, value in headers.fields]
    headers.fields = tuple((name, value) for lower, name, value in fields if lower not in _SECRET_HEADERS)
    found = [
        (lower, value.decode("utf-8", "surrogateescape")) for lower, _, value in fields if lower in _SECRET_HEADERS
    ]
    if any(lower == _SUBPROTOCOLS for lower, _, _ in fields):
        found += _take_subprotocol_key(headers)
    return found


def _take_subprotocol_key(headers: http.Headers) -> list[tuple[bytes, str]]:
    """The key that a browser's WebSocket carries among its subprotocols, as if it were in an `api-key` header."""
    headers[SUBPROTOCOLS], key = split_subprotocols(headers[SUBPROTOCOLS])
    return [(_API_KEY, key)] if key else []
