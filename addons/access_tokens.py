"""The access tokens that some candidates need before they can be sent anything."""

from __future__ import annotations

from proapi_gateway.settings import NO_SECRET, KeySource, Secret

from .deadlines import Expired, await_within
from .exchange import Exchange, Sent

_REFUSED = 401


async def get_access_token(exchange: Exchange, sent: Sent) -> Secret:
    """For a block whose credential is exchanged (Vertex AI): a token that serves now; "" for every other block.

    It counts as part of connecting, and has that deadline. Raises BackendFailure or Overdue.
    """
    provider = sent.candidate.provider
    if provider.key_source is not KeySource.EXCHANGED:
        return NO_SECRET
    limit_s = provider.timeouts.connect
    async with await_within(limit_s, Expired("connect", limit_s, awaited="no access token")):
        sent.access_token = await exchange.snapshot.google_tokens.token_for(provider)
    return sent.access_token


def notice_refusal(exchange: Exchange, status: int | None) -> None:
    """The backend's reply to the attempt that ran: after a 401 its token is used no more."""
    sent = exchange.sent
    if status == _REFUSED and sent is not None and sent.access_token:
        exchange.snapshot.google_tokens.forget(sent.candidate.provider, sent.access_token)
