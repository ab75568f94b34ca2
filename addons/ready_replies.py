"""A backend's reply that is there already, whole, without a backend: echo's, or one that the cache gives back."""

from __future__ import annotations

from collections.abc import Sequence

from mitmproxy import http

from proapi_gateway.reply_cache.entries import ReplyPart
from proapi_translate import BackendFailure, ReplyTranslator

from .answers import Answers
from .exchange import Exchange
from .reply_headers import STREAM_HEADERS


def give_ready_reply(
    answers: Answers, flow: http.HTTPFlow, exchange: Exchange, reply: ReplyTranslator, parts: Sequence[ReplyPart]
) -> bool:
    """Translate it, as if it came from the backend now, and end the exchange with it. False: it is no good reply, and
    nothing has been given."""
    *first, last = parts
    try:
        for part in first:
            reply.start(200, part.headers)
            reply.keep_part(part.body)
    except BackendFailure:
        return False
    head = reply.start(200, last.headers)
    body = reply.feed(last.body) + reply.finish() if head.streaming else reply.whole(last.body)
    if reply.failure is not None or exchange.sent is None:
        return False
    exchange.sent.reply = reply
    exchange.keep_response(whole=not head.streaming)
    headers = {**head.headers, **STREAM_HEADERS} if head.streaming else head.headers
    answers.give(flow, exchange, reply.status, headers, body)
    return True
