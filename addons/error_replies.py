"""A backend's error reply, whole, as the client gets it: its status, its message, its Retry-After, in OpenAI's form."""

from __future__ import annotations

import logging
from math import ceil

from mitmproxy import http

from proapi_translate import BackendFailure, read_error

from .answers import Answers
from .content_decoders import DecodingFault, decode_whole
from .exchange import Exchange, Sent
from .reply_headers import RETRY_AFTER, keep_from_backend
from .secret_redaction import scrub
from .untyped_mitmproxy import header_pairs

logger = logging.getLogger(__name__)

_ERROR_BODY_LIMIT_BYTES = 4 * 1024 * 1024


class ErrorReplies:
    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def read(self, exchange: Exchange, sent: Sent, response: http.Response) -> BackendFailure:
        """What this error reply is about: what to do next depends on it. Its body is whole, or as much as was kept."""
        headers = dict(header_pairs(response.headers))
        body = self._plain_body(response, exchange)
        if sent.reply is None:
            return read_error(response.status_code, headers, body)
        sent.reply.start(response.status_code, headers)
        return sent.reply.read_error(body)

    def give(
        self, flow: http.HTTPFlow, exchange: Exchange, response: http.Response, retry_after_s: float | None = None
    ) -> None:
        """Answer with this reply of `exchange.sent`. `retry_after_s`: in place of its own."""
        sent = exchange.sent
        if sent is None:
            return
        headers = header_pairs(response.headers)
        kept = keep_from_backend(headers)
        if retry_after_s is not None:
            kept = {name: value for name, value in kept.items() if name not in RETRY_AFTER}
            kept["retry-after"] = str(ceil(retry_after_s))
        body = self._plain_body(response, exchange)
        body = scrub(body, exchange.secrets)
        if sent.reply is None:
            kept["content-type"] = response.headers.get("content-type", "")
            self._answers.give(flow, exchange, response.status_code, kept, body)
            return
        head = sent.reply.start(response.status_code, dict(headers))
        body = sent.reply.whole(body)
        self._answers.give(flow, exchange, sent.reply.status, {**kept, **head.headers}, body)

    def _plain_body(self, response: http.Response, exchange: Exchange) -> bytes:
        body = response.raw_content or b""
        try:
            return decode_whole(response.headers.get("content-encoding", ""), body, _ERROR_BODY_LIMIT_BYTES)
        except DecodingFault as fault:
            logger.warning("%s: the error of %s cannot be read: %s", exchange.id, exchange.label, fault)
            return b""
