"""The paths whose requests are always translated: chat completions, responses and their compaction, completions,
embeddings. Of a path that is passed through, `send` serves backends that do not speak OpenAI's API (images)."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from functools import partial

from mitmproxy import http

from proapi_gateway.candidates import Candidate
from proapi_gateway.clients import Client
from proapi_gateway.earlier_turns import find_earlier_turns
from proapi_gateway.reply_cache.entries import ReplyPart
from proapi_gateway.surface import Kind, ModelIn
from proapi_gateway.targets import target_of
from proapi_gateway.token_tables import TokenTable
from proapi_translate import (
    Context,
    OwnFault,
    ProapiError,
    ReplyTranslator,
    Translation,
    answer_locally,
    holds_tokens,
    passes_through,
    peek_request,
)
from proapi_translate.json_text import replace_top_level

from .access_tokens import get_access_token
from .answers import Answers
from .cached_replies import CachedReplies
from .dispatch import Dispatch
from .exchange import Exchange, Sent, exchange_of
from .ready_replies import give_ready_reply
from .remote_media import Fetch, translate_with_media
from .request_bodies import read_body
from .request_parts import put_translated
from .response_keeping import ResponseKeeper

logger = logging.getLogger(__name__)

# The dialects whose requests may stand on earlier ones.
_STATEFUL = frozenset({"responses", "compaction"})
# The dialects whose requests may hold token ids in the place of text.
_WITH_TOKENS = frozenset({"embeddings"})

# The url of a provider that answers by itself (`echo`).
_LOCAL_SCHEME = "echo:"


class TranslatedPaths:
    def __init__(
        self,
        dispatch: Dispatch,
        answers: Answers,
        tokens: TokenTable,
        fetch_media: Fetch,
        cached: CachedReplies,
    ) -> None:
        self._dispatch = dispatch
        self._answers = answers
        self._tokens = tokens
        self._fetch_media = fetch_media
        self._cached = cached

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
        body = read_body(flow, exchange.body_limit_bytes)
        if exchange.endpoint.model_in is ModelIn.URL:
            body = replace_top_level(body, {"model": exchange.endpoint.model})  # Azure's: it wins over the body's own
        exchange.body = body
        peeked = peek_request(exchange.dialect, body)
        exchange.model, exchange.wants_stream = peeked.model, peeked.stream
        candidates = exchange.snapshot.router.candidates(
            exchange.model, exchange.client, streaming=exchange.wants_stream
        )
        if exchange.dialect in _STATEFUL:
            candidates = await self._find_state(exchange, exchange.client, candidates)
        await self._dispatch.start(flow, exchange, candidates, self.send)

    async def _find_state(
        self, exchange: Exchange, client: Client, candidates: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        """What the request stands on, and who of the candidates can go on from there, its home first."""
        here = exchange.snapshot
        exchange.keeper = ResponseKeeper(here.responses, client.owner, exchange.body)
        exchange.earlier = await find_earlier_turns(
            exchange.body, client.owner, here.responses, here.passthrough.home_account
        )
        if exchange.earlier is None:
            return candidates
        return exchange.earlier.choose(
            candidates, lambda candidate: passes_through(exchange.dialect, target_of(candidate, client))
        )

    async def send(self, flow: http.HTTPFlow, exchange: Exchange, sent: Sent) -> None:
        """Put the request to this candidate in its own form (a `Send`), or answer it, if the candidate is echo."""
        if exchange.client is None:
            raise OwnFault("a request without a client")
        access_token = await get_access_token(exchange, sent)
        target = target_of(sent.candidate, exchange.client, access_token.reveal())
        recall = partial(exchange.snapshot.thoughts.recall, exchange.client.token.label)
        native = passes_through(exchange.dialect, target)
        body = exchange.body
        if exchange.earlier is not None:
            body = exchange.earlier.body_for(sent.candidate, native, body)
        with_tokens = exchange.dialect in _WITH_TOKENS and holds_tokens(body)
        decode = await self._tokens.decoder() if with_tokens else None
        context = Context(time.time(), recall, decode)
        translation = await translate_with_media(exchange, body, target, context, self._fetch_media)
        if exchange.earlier is not None and not native:
            translation = _repeating(translation, exchange.earlier.previous_id)
        sent.translation = translation
        sent.native = native
        sent.reply = ReplyTranslator(translation, exchange.reply_id, exchange.created)
        upstream = translation.upstream
        if upstream.url.startswith(_LOCAL_SCHEME):
            self._answer_locally(flow, exchange, sent)
        elif not await self._cached.answer(flow, exchange, sent, translation):
            put_translated(flow, exchange, sent, upstream)

    def _answer_locally(self, flow: http.HTTPFlow, exchange: Exchange, sent: Sent) -> None:
        reply, translation = sent.reply, sent.translation
        if reply is None or translation is None:
            raise OwnFault("nothing to answer")
        parts = (ReplyPart({}, answer_locally(translation) or b""),)
        if not give_ready_reply(self._answers, flow, exchange, reply, parts):
            raise OwnFault("no answer of our own")


def _repeating(translation: Translation, previous_id: str) -> Translation:
    """The reply repeats what the client asked with, though the backend was sent the earlier turns in its place."""
    asked = translation.asked
    body = {**asked.body, "previous_response_id": previous_id or None}
    return replace(translation, asked=replace(asked, body=body))
