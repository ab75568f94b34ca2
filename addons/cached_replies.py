"""The cache of replies on a flow's way: asked when a request is ready to be sent, told when a good reply is over."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from mitmproxy import http

from proapi_gateway.gateway import Gateway
from proapi_gateway.reply_cache.cache import Found
from proapi_gateway.reply_cache.cache_control import read_cache_control
from proapi_gateway.reply_cache.entries import ReplyPart
from proapi_gateway.reply_cache.key import Origin, Question
from proapi_gateway.settings import KeySource
from proapi_translate import ReplyTranslator, Translation

from .answers import Answers
from .attempt import attempt_of
from .exchange import CACHE_HIT, CACHE_MISS, Exchange, Sent, exchange_of
from .ready_replies import give_ready_reply
from .secret_redaction import scrub_text

logger = logging.getLogger(__name__)

_FOR_ALL = "all"
_WRITTEN_WITHIN_S = 3.0
# How a reply ends that is worth giving again, by the client's dialect. Of a chat that ran into its limit another try
# may well be complete; the oldest API has a limit of 16 tokens where nobody names one.
_GOOD_ENDS = {
    "chat": frozenset({"stop"}),
    "responses": frozenset({"stop"}),
    "completions": frozenset({"stop", "length"}),
    "embeddings": frozenset({""}),
}
_CALLS = frozenset({"tool_calls", "function_call"})


class CachedReplies:
    """An addon. `gateway()`: the gateway in force."""

    def __init__(self, answers: Answers, gateway: Callable[[], Gateway]) -> None:
        self._answers = answers
        self._gateway = gateway

    # -- hooks -------------------------------------------------------------------------------------------------------
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        exchange = exchange_of(flow)
        if exchange is not None and exchange.snapshot.reply_cache is not None:
            exchange.cache_control = read_cache_control(flow.request.headers.get("cache-control", ""))

    def response(self, flow: http.HTTPFlow) -> None:
        """After the hook that ends replies: all of this one is told, and the client has it."""
        exchange = exchange_of(flow)
        if exchange is None or exchange.answered or exchange.sent is None or flow.response is None:
            return
        sent, cache = exchange.sent, exchange.snapshot.reply_cache
        if cache is None or sent.found is None or sent.tape is None:
            return
        if flow.response.status_code == 200 and _is_complete(flow, exchange, sent) and _ends_well(exchange, sent):
            cache.keep(sent.found, sent.tape.parts())
        sent.found = sent.tape = None

    def done(self) -> None:
        cache = self._gateway().snapshot.reply_cache
        if cache is not None:
            cache.close(_WRITTEN_WITHIN_S)

    # -- before a request is sent ------------------------------------------------------------------------------------
    async def answer(self, flow: http.HTTPFlow, exchange: Exchange, sent: Sent, translation: Translation) -> bool:
        """Answer it from the cache, if that has a reply. Else the reply is listened to, if it may be kept."""
        cache, control = exchange.snapshot.reply_cache, exchange.cache_control
        if cache is None or exchange.client is None:
            return False
        exchange.cache = CACHE_MISS
        if not (control.reads or control.stores):
            return False
        question = _question(exchange, sent, translation, exchange.client.owner)
        found = await cache.find(question, reads=control.reads, max_age_s=control.max_age_s)
        if found is None or not (found.key or found.late):
            return False
        if found.reply and self._replay(flow, exchange, sent, translation, found.reply):
            return True
        if control.stores and sent.reply is not None:
            sent.found = _scrubbed(found, exchange)
            sent.tape = sent.reply.listener = cache.new_tape()
        return False

    def _replay(
        self,
        flow: http.HTTPFlow,
        exchange: Exchange,
        sent: Sent,
        translation: Translation,
        parts: tuple[ReplyPart, ...],
    ) -> bool:
        """The stored reply as a new one. No backend is asked: this is no attempt, and says nothing of its health."""
        reply = ReplyTranslator(translation, exchange.reply_id, exchange.created, is_replay=True)
        was_native, before = sent.native, exchange.attempts
        sent.native = False  # its new id is known here and nowhere else
        exchange.cache, exchange.attempts = CACHE_HIT, before - 1
        if give_ready_reply(self._answers, flow, exchange, reply, parts):
            sent.ended = True
            if sent.use is not None:
                sent.use.end(None)
            return True
        logger.warning("%s: %s: a cached reply could not be read", exchange.id, exchange.label)
        sent.native, exchange.cache, exchange.attempts = was_native, CACHE_MISS, before
        return False


def _question(exchange: Exchange, sent: Sent, translation: Translation, owner: str) -> Question:
    candidate, target = sent.candidate, translation.target
    # A backend that judges each client's own key has said nothing of another one's.
    is_for_all = exchange.snapshot.settings.server.cache_scope == _FOR_ALL
    is_for_all = is_for_all and candidate.provider.key_source is not KeySource.CLIENT
    token = exchange.client.token.label if exchange.client is not None else ""
    return Question(
        origin=Origin(exchange.dialect, target.provider, target.model, token),
        scope="" if is_for_all else owner,
        base_url=target.base_url,
        backend_dialect=translation.backend,
        client_body=exchange.body,
        bodies=(translation.upstream.body, *translation.later_bodies),
    )


def _scrubbed(found: Found, exchange: Exchange) -> Found:
    return replace(found, reply=(), words=scrub_text(found.words, exchange.secrets))


def _is_complete(flow: http.HTTPFlow, exchange: Exchange, sent: Sent) -> bool:
    attempt = attempt_of(flow)
    broken = attempt is not None and attempt.broken
    return not broken and exchange.expired is None and sent.reply is not None and sent.reply.failure is None


def _ends_well(exchange: Exchange, sent: Sent) -> bool:
    good = _GOOD_ENDS.get(exchange.dialect, frozenset())
    if exchange.snapshot.settings.server.cache_tools:
        good |= _CALLS
    return sent.reply is not None and sent.reply.finish_reason in good
