"""The paths whose requests are translated: chat completions, responses, completions, embeddings."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from mitmproxy import http

from proapi_gateway.surface import Kind, ModelIn
from proapi_gateway.targets import target_of
from proapi_translate import (
    ClientFault,
    Context,
    OwnFault,
    ProapiError,
    ReplyTranslator,
    answer_locally,
    peek_request,
    translate_request,
)

from .access_tokens import get_access_token
from .answers import Answers
from .dispatch import Dispatch
from .exchange import Exchange, Sent, exchange_of
from .loops import PASSES_HEADER, is_private_address
from .reply_headers import STREAM_HEADERS
from .request_bodies import read_body
from .upstream_request import put_upstream_request

logger = logging.getLogger(__name__)

# How OpenAI's own ids begin, by API. https://platform.openai.com/docs/api-reference, read 2026-11-25.
_REPLY_PREFIXES = {"chat": "chatcmpl-", "completions": "cmpl-", "responses": "resp_"}

# The url of a provider that answers by itself (`echo`).
_LOCAL_SCHEME = "echo:"


class TranslatedPaths:
    def __init__(self, dispatch: Dispatch, answers: Answers, body_limit_bytes: Callable[[], int]) -> None:
        self._dispatch = dispatch
        self._answers = answers
        self._body_limit_bytes = body_limit_bytes

    async def request(self, flow: http.HTTPFlow) -> None:
        exchange = exchange_of(flow)
        if exchange is None or exchange.answered or exchange.endpoint.kind is not Kind.TRANSLATED:
            return
        try:
            await self._route(flow, exchange)
        except ProapiError as fault:
            self._answers.give_fault(flow, exchange, fault)
        except Exception:  # wide: mitmproxy would only log it and send the client's own request on
            logger.exception("%s: the request could not be handled", exchange.id)
            self._answers.give_fault(flow, exchange, OwnFault("the request could not be handled"))

    async def _route(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        if exchange.client is None:
            raise OwnFault("a request without a client")
        body = read_body(flow, self._body_limit_bytes())
        if exchange.endpoint.model_in is ModelIn.URL:
            body = _with_model(body, exchange.endpoint.model)
        exchange.body = body
        exchange.model = peek_request(exchange.dialect, body).model
        candidates = exchange.snapshot.router.candidates(exchange.model, exchange.client)
        await self._dispatch.start(flow, exchange, candidates, self._send)

    async def _send(self, flow: http.HTTPFlow, exchange: Exchange, sent: Sent) -> None:
        if exchange.client is None:
            raise OwnFault("a request without a client")
        access_token = await get_access_token(exchange, sent)
        target = target_of(sent.candidate, exchange.client, access_token.reveal())
        recall = partial(exchange.snapshot.thoughts.recall, exchange.client.token.label)
        translation = translate_request(exchange.dialect, exchange.body, target, Context(time.time(), recall))
        sent.translation = translation
        sent.reply = ReplyTranslator(translation, _reply_id(exchange), exchange.created)
        upstream = translation.upstream
        if upstream.url.startswith(_LOCAL_SCHEME):
            self._answer_locally(flow, exchange, sent)
            return
        headers = upstream.headers
        if is_private_address(urlsplit(upstream.url).hostname or ""):
            headers = {**headers, PASSES_HEADER: str(exchange.hops + 1)}
        proxy = sent.candidate.provider.proxy
        put_upstream_request(flow, upstream.method, upstream.url, headers, upstream.body, proxy)

    def _answer_locally(self, flow: http.HTTPFlow, exchange: Exchange, sent: Sent) -> None:
        reply, translation = sent.reply, sent.translation
        if reply is None or translation is None:
            raise OwnFault("nothing to answer")
        head = reply.start(200, {})
        body = answer_locally(translation) or b""
        if head.streaming:
            body = reply.feed(body) + reply.finish()
            self._answers.give(flow, exchange, head.status, {**head.headers, **STREAM_HEADERS}, body)
        else:
            body = reply.whole(body)
            self._answers.give(flow, exchange, reply.status, head.headers, body)


def _reply_id(exchange: Exchange) -> str:
    return _REPLY_PREFIXES.get(exchange.dialect, "") + exchange.id.removeprefix("req_")


def _with_model(body: bytes, model: str) -> bytes:
    """The body with the model that the URL names (Azure's deployments): it wins over the body's own."""
    try:
        tree = json.loads(body)
    except ValueError:
        return body  # the translator says what is wrong with it
    if not isinstance(tree, dict):
        raise ClientFault("The request's body must be a JSON object.")
    return json.dumps({**tree, "model": model}, ensure_ascii=False, separators=(",", ":")).encode()
