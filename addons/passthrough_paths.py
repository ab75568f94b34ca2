"""The paths that nobody translates (files, images, audio, batches …): passed on to a backend that speaks OpenAI's API.

What is routed by its path alone streams through, whatever its size. What names its model in its body is read whole,
because the name must be changed to the backend's.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mitmproxy import http

from proapi_gateway.candidates import Candidate
from proapi_gateway.surface import Kind, ModelIn
from proapi_gateway.targets import target_of
from proapi_translate import ClientFault, OwnFault, ProapiError
from proapi_translate.json_text import replace_top_level

from .answers import Answers
from .dispatch import Dispatch
from .exchange import Exchange, Send, Sent, exchange_of
from .multipart_model import read_multipart_model, rename_multipart_model
from .openai_backends import openai_address, responses_address, speaks_openai
from .request_bodies import read_body
from .upstream_request import put_upstream_request
from .websocket_upgrade import upgrade_request_headers

logger = logging.getLogger(__name__)

# What a client's request says of itself and may go on. Its organisation and project belong to its own key.
_FORWARDED = (
    "accept",
    "content-type",
    "if-modified-since",
    "if-none-match",
    "openai-beta",
    "range",
)
_QUERY_MODEL = re.compile(r"([?&]model=)[^&#]*")
_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class _ModelField:
    read: Callable[[bytes], str]
    rename: Callable[[bytes, str], bytes]


def _read_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise ClientFault("The request's body is not valid JSON.") from None
    except RecursionError:
        raise ClientFault("The request's body is nested too deeply.") from None


def _model_of(tree: Any) -> str:
    model = tree.get("model", "") if isinstance(tree, dict) else ""
    return model if isinstance(model, str) else ""


def _read_json_model(body: bytes) -> str:
    return _model_of(_read_json(body))


def _rename_json_model(body: bytes, model: str) -> bytes:
    return replace_top_level(body, {"model": model})


def _session_in(body: bytes) -> dict[str, Any]:
    tree = _read_json(body)
    session = tree.get("session") if isinstance(tree, dict) else None
    return session if isinstance(session, dict) else {}


def _read_session_model(body: bytes) -> str:
    return _model_of(_session_in(body))


def _rename_session_model(body: bytes, model: str) -> bytes:
    return replace_top_level(body, {"session": {**_session_in(body), "model": model}})


def _rename_query_model(path: str, model: str) -> str:
    """("realtime?model=m", "gpt-realtime") → "realtime?model=gpt-realtime"; a path without a model stays as it is."""
    return _QUERY_MODEL.sub(lambda found: found[1] + quote(model, safe=""), path)


_MODEL_FIELDS = {
    ModelIn.JSON: _ModelField(_read_json_model, _rename_json_model),
    ModelIn.SESSION: _ModelField(_read_session_model, _rename_session_model),
    ModelIn.MULTIPART: _ModelField(read_multipart_model, rename_multipart_model),
}


class PassthroughPaths:
    """`send_translated`: puts a request of a path with a dialect to a candidate that does not speak OpenAI's API."""

    def __init__(self, dispatch: Dispatch, answers: Answers, send_translated: Send) -> None:
        self._dispatch = dispatch
        self._answers = answers
        self._send_translated = send_translated

    async def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Routed by its path alone: its body need not be here."""
        exchange = self._passed_through(flow)
        if exchange is not None and exchange.endpoint.model_in not in _MODEL_FIELDS:
            exchange.model = exchange.endpoint.model
            await self._guarded(flow, exchange, self._send_streamed)

    async def request(self, flow: http.HTTPFlow) -> None:
        exchange = self._passed_through(flow)
        if exchange is None:
            return
        if exchange.endpoint.model_in not in _MODEL_FIELDS:
            if exchange.clock is not None and flow.request.stream:
                exchange.clock.request_ended()
            return
        try:
            field = _MODEL_FIELDS[exchange.endpoint.model_in]
            exchange.body = read_body(flow, exchange.body_limit_bytes)
            if exchange.endpoint.model:  # Azure's deployments: the URL's wins over the body's, which may be missing
                exchange.body = field.rename(exchange.body, exchange.endpoint.model)
            exchange.model = field.read(exchange.body)
        except ProapiError as fault:
            self._answers.give_fault(flow, exchange, fault)
        except Exception:  # wide: mitmproxy would only log it
            logger.exception("%s: the request could not be read", exchange.id)
            self._answers.give_fault(flow, exchange, OwnFault("the request could not be read"))
        else:
            await self._guarded(flow, exchange, self._send_whole)

    def _passed_through(self, flow: http.HTTPFlow) -> Exchange | None:
        exchange = exchange_of(flow)
        if exchange is None or exchange.answered or exchange.endpoint.kind is not Kind.PASSTHROUGH:
            return None
        return exchange

    async def _guarded(self, flow: http.HTTPFlow, exchange: Exchange, send: Send) -> None:
        try:
            if exchange.client is None:
                raise OwnFault("a request without a client")
            headers = flow.request.headers
            exchange.forwarded = {name: headers[name] for name in _FORWARDED if name in headers}
            exchange.forwarded |= upgrade_request_headers(headers)
            if exchange.home is not None:
                candidates: tuple[Candidate, ...] = (exchange.home,)
            else:
                dialect = exchange.endpoint.dialect
                candidates = exchange.snapshot.passthrough.candidates(exchange.model, exchange.client, dialect)
            await self._dispatch.start(flow, exchange, candidates, send)
        except ProapiError as fault:
            self._answers.give_fault(flow, exchange, fault)
        except Exception:  # wide: mitmproxy would only log it and send the client's own request on
            logger.exception("%s: the request could not be handled", exchange.id)
            self._answers.give_fault(flow, exchange, OwnFault("the request could not be handled"))

    async def _send_streamed(self, flow: http.HTTPFlow, exchange: Exchange, sent: Sent) -> None:
        length = flow.request.headers.get("content-length")
        # an HTTP/2 client need not say whether a body will come
        unknown = "transfer-encoding" in flow.request.headers or flow.request.is_http2
        has_body = length is not None or (unknown and exchange.method in _METHODS_WITH_BODY)
        url, headers = self._address(exchange, sent)
        if length is not None:
            headers["content-length"] = length
        proxy = sent.candidate.provider.proxy
        put_upstream_request(flow, exchange.method, url, headers, None if has_body else b"", proxy)
        flow.request.stream = has_body

    async def _send_whole(self, flow: http.HTTPFlow, exchange: Exchange, sent: Sent) -> None:
        if not speaks_openai(sent.candidate.provider.provider):
            await self._send_translated(flow, exchange, sent)
            return
        url, headers = self._address(exchange, sent)
        upstream = sent.candidate.route.upstream
        body = exchange.body
        if upstream not in ("", exchange.model):
            body = _MODEL_FIELDS[exchange.endpoint.model_in].rename(body, upstream)
        put_upstream_request(flow, exchange.method, url, headers, body, sent.candidate.provider.proxy)

    def _address(self, exchange: Exchange, sent: Sent) -> tuple[str, dict[str, str]]:
        if exchange.client is None:
            raise OwnFault("a request without a client")
        target = target_of(sent.candidate, exchange.client)
        path = exchange.endpoint.upstream_path
        if exchange.model and sent.candidate.route.upstream:
            path = _rename_query_model(path, sent.candidate.route.upstream)
        find_address = openai_address if exchange.home is None else responses_address
        url, headers = find_address(target, path)
        return url, {**exchange.forwarded, **headers, "accept-encoding": "identity"}
