"""The limits of tokens, at the end of each exchange: its place is free again, and what it took in truth is counted.

It is admitted in dispatch.py. A flow ends by one of several hooks, sometimes by two: the permit counts the first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mitmproxy import http

from proapi_gateway.gateway import Gateway
from proapi_gateway.limits import Permit
from proapi_translate import Usage

from .exchange import Exchange, Sent, exchange_of
from .token_money import TokenMoney
from .upgraded_connection import SWITCHING_PROTOCOLS, EndedSession

_FIRST_ERROR_STATUS = 400


class TokenLimits:
    """`gateway()`: the gateway in force."""

    def __init__(self, gateway: Callable[[], Gateway], money: TokenMoney) -> None:
        self._gateway = gateway
        self._money = money

    # -- hooks, after all that read a reply --------------------------------------------------------------------------
    def response(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        if flow.response is not None and flow.response.status_code == SWITCHING_PROTOCOLS:
            return None  # a session: it has only begun
        return self._end(flow)

    def error(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        return self._end(flow)

    def proapi_upgrade_end(self, session: EndedSession) -> Awaitable[None] | None:
        return self._end(session.flow)

    async def done(self) -> None:
        await self._gateway().snapshot.shared_limits.close()

    def _end(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        exchange = exchange_of(flow)
        if exchange is None or exchange.permit is None:
            return None
        usage = _usage_of(exchange)
        if not exchange.permit.end(_tokens(flow, exchange, usage)):
            return None
        billed = self._bill(exchange.permit, exchange.sent, usage) if not exchange.is_cache_hit else None
        return _tell_others(exchange.permit, billed) if billed is not None else exchange.permit.tell_others()

    def _bill(self, permit: Permit, sent: Sent | None, usage: Usage | None) -> Awaitable[None] | None:
        if not permit.is_billed or sent is None or usage is None:
            return None
        return self._money.charge(permit, sent.candidate, usage)


async def _tell_others(permit: Permit, billed: Awaitable[None]) -> None:
    try:
        await billed
    finally:
        if (told := permit.tell_others()) is not None:
            await told


def _usage_of(exchange: Exchange) -> Usage | None:
    sent = exchange.sent
    return sent.reply.usage if sent is not None and sent.reply is not None else None


def _tokens(flow: http.HTTPFlow, exchange: Exchange, usage: Usage | None) -> int | None:
    """What it took; None where nobody has told: a reply that was cut, or passed on unread."""
    if exchange.is_cache_hit:
        return 0
    told = (usage.total_tokens or usage.prompt_tokens + usage.completion_tokens) if usage is not None else 0
    if told > 0:
        return told
    refused = flow.response is not None and flow.response.status_code >= _FIRST_ERROR_STATUS
    return 0 if refused or exchange.sent is None else None
