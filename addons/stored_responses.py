"""GET and DELETE /v1/responses/{id}, its input items, and its cancelling.

What only we keep is answered here. What a backend keeps itself is asked of that backend; an id that we do not know, of
the block that everything else goes to (`server.passthrough_provider`), if it has this API.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from mitmproxy import http

from proapi_gateway.candidates import Candidate
from proapi_gateway.clients import Client
from proapi_gateway.earlier_turns import find_chain
from proapi_gateway.faults import response_not_found
from proapi_gateway.gateway import Gateway, Snapshot
from proapi_gateway.input_items_page import page_of_items
from proapi_gateway.response_store import StoredResponse
from proapi_gateway.surface import Kind, ResponseAction
from proapi_gateway.targets import target_of
from proapi_translate import ClientFault, OwnFault, ProapiError, passes_through

from .answers import Answers
from .exchange import Exchange, exchange_of
from .reply_headers import STREAM_HEADERS

logger = logging.getLogger(__name__)

_DIALECT = "responses"
_CLOSE_WITHIN_S = 5.0
_TRUE = frozenset({"true", "1"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request for a response of ours."""

    stored: StoredResponse
    here: Snapshot
    owner: str


async def _retrieve(asked: _Asked, query: Mapping[str, str]) -> object:
    return asked.stored.response


async def _delete(asked: _Asked, query: Mapping[str, str]) -> object:
    await asked.here.responses.forget(asked.owner, asked.stored.id)
    return {"id": asked.stored.id, "object": "response", "deleted": True}


async def _cancel(asked: _Asked, query: Mapping[str, str]) -> object:
    raise ClientFault("Cannot cancel a synchronous response.", param="response_id")


async def _list_input_items(asked: _Asked, query: Mapping[str, str]) -> object:
    """All that went into it, earlier turns included; where some of those are gone, its own input."""
    earlier, whole = await find_chain(asked.here.responses, asked.owner, asked.stored.previous_id)
    items = [item for turn in earlier for item in turn.items] if whole else []
    return page_of_items([*items, *asked.stored.input_items], query)


_DOES: dict[ResponseAction, Callable[[_Asked, Mapping[str, str]], Awaitable[object]]] = {
    ResponseAction.RETRIEVE: _retrieve,
    ResponseAction.DELETE: _delete,
    ResponseAction.CANCEL: _cancel,
    ResponseAction.INPUT_ITEMS: _list_input_items,
}


class StoredResponses:
    """`gateway()`: the gateway in force."""

    def __init__(self, answers: Answers, gateway: Callable[[], Gateway]) -> None:
        self._answers = answers
        self._gateway = gateway

    def done(self) -> None:
        self._gateway().snapshot.responses.close(_CLOSE_WITHIN_S)

    async def requestheaders(self, flow: http.HTTPFlow) -> None:
        exchange = exchange_of(flow)
        if exchange is None or exchange.answered or exchange.endpoint.kind is not Kind.STORED_RESPONSE:
            return
        try:
            if exchange.client is None:
                raise OwnFault("a request without a client")
            await self._serve(flow, exchange, exchange.client)
        except ProapiError as fault:
            self._answers.give_fault(flow, exchange, fault)
        except Exception:  # wide: mitmproxy would only log it and send the client's own request on
            logger.exception("%s: a stored response could not be given", exchange.id)
            self._answers.give_fault(flow, exchange, OwnFault("a stored response could not be given"))

    async def _serve(self, flow: http.HTTPFlow, exchange: Exchange, client: Client) -> None:
        here, endpoint = exchange.snapshot, exchange.endpoint
        stored = await here.responses.find(client.owner, endpoint.response_id)
        keeper = await _find_keeper(here, client, endpoint.response_id, stored)
        if keeper is not None:
            if endpoint.action is ResponseAction.DELETE:
                await here.responses.forget(client.owner, endpoint.response_id)
            exchange.home = keeper
            exchange.endpoint = replace(endpoint, kind=Kind.PASSTHROUGH)
            return
        if stored is None:
            raise response_not_found(endpoint.response_id)
        query = dict(parse_qsl(endpoint.upstream_path.partition("?")[2]))
        value = await _DOES[endpoint.action](_Asked(stored, here, client.owner), query)
        if endpoint.action is ResponseAction.RETRIEVE and query.get("stream", "").lower() in _TRUE:
            headers = {"content-type": "text/event-stream; charset=utf-8", **STREAM_HEADERS}
            self._answers.give(flow, exchange, 200, headers, _replay(stored.response, query.get("starting_after", "")))
        else:
            self._answers.give_json(flow, exchange, value)


async def _find_keeper(
    here: Snapshot, client: Client, response_id: str, stored: StoredResponse | None
) -> Candidate | None:
    """The backend that keeps this response, or might; None where only we can tell."""
    if stored is not None:
        pools = (member.pool() for members in here.router.members.values() for member in members)
        found = (candidate for pool in pools for candidate in pool if candidate.account == stored.home)
        return next(found, None) if stored.home else None
    if await here.responses.is_another_owners(client.owner, response_id):
        return None
    try:
        candidate = here.passthrough.candidates("", client)[0]
    except ProapiError:  # nobody takes other paths: then nobody else can know the id
        return None
    return candidate if passes_through(_DIALECT, target_of(candidate, client)) else None


def _replay(response: Mapping[str, object], starting_after: str) -> bytes:
    """The shortest stream that has everything: response.created, then the last event with all of it."""
    created = {**response, "status": "in_progress", "output": [], "usage": None}
    events = ("response.created", created), (f"response.{response['status']}", response)
    after = int(starting_after) if starting_after.isascii() and starting_after.isdigit() else -1
    return b"".join(
        f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': number, 'response': told})}\n\n".encode()
        for number, (kind, told) in enumerate(events)
        if number > after
    )
