"""What we answer from our own knowledge: the models, who we are, whether we are alive, and browsers' preflights."""

from __future__ import annotations

import logging
from collections.abc import Callable

from mitmproxy import http

from proapi_gateway.surface import Kind
from proapi_translate import OwnFault, ProapiError

from .answers import Answers
from .exchange import Exchange, exchange_of
from .open_exchanges import OpenExchanges

logger = logging.getLogger(__name__)

_NAME, _VERSION = "proapi", "0.1.0"
_PREFLIGHT_SECONDS = "86400"
_PRIVATE_NETWORK = "access-control-request-private-network"

_Tell = Callable[[Exchange], object]


def _tell_models(exchange: Exchange) -> object:
    if exchange.client is None:
        raise OwnFault("models without a client")
    return exchange.snapshot.models.page(exchange.client)


def _tell_model(exchange: Exchange) -> object:
    if exchange.client is None:
        raise OwnFault("a model without a client")
    return exchange.snapshot.models.entry(exchange.endpoint.model, exchange.client)


_TOLD: dict[Kind, _Tell] = {
    Kind.MODELS: _tell_models,
    Kind.MODEL: _tell_model,
    Kind.ROOT: lambda exchange: {"name": _NAME, "version": _VERSION},
    Kind.HEALTHZ: lambda exchange: {"status": "ok"},
}


class LocalAnswers:
    def __init__(self, answers: Answers, open_exchanges: OpenExchanges) -> None:
        self._answers = answers
        self._open_exchanges = open_exchanges

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        exchange = exchange_of(flow)
        if exchange is None or exchange.answered:
            return
        if exchange.endpoint.kind is Kind.PREFLIGHT:
            self._answers.give(flow, exchange, 204, _preflight(flow.request), b"")
            return
        tell = self._tell_readiness if exchange.endpoint.kind is Kind.READYZ else _TOLD.get(exchange.endpoint.kind)
        if tell is None:
            return
        try:
            self._answers.give_json(flow, exchange, tell(exchange))
        except ProapiError as fault:
            self._answers.give_fault(flow, exchange, fault)

    def _tell_readiness(self, exchange: Exchange) -> object:
        """A load balancer that reads it sends new requests elsewhere; those that are open go on."""
        if refusal := self._open_exchanges.refusal(exchange.snapshot.settings.server.max_open_requests):
            raise refusal
        return {"status": "ok"}


def _preflight(request: http.Request) -> dict[str, str]:
    """A browser asks whether a page may call us: it may, with whatever method and headers it names."""
    asked = request.headers
    # A page of the open web may call an address of the local network only if that says so (Private Network Access).
    private = {"access-control-allow-private-network": "true"} if _PRIVATE_NETWORK in asked else {}
    return {
        **private,
        "access-control-allow-origin": "*",
        "access-control-allow-methods": asked.get("access-control-request-method", "GET, POST, DELETE, OPTIONS"),
        "access-control-allow-headers": asked.get("access-control-request-headers", "authorization, content-type"),
        "access-control-max-age": _PREFLIGHT_SECONDS,
        "vary": "access-control-request-method, access-control-request-headers",
    }
