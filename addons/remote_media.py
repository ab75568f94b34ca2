"""The translation of requests that name files by their address, where the backend cannot fetch these itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from proapi_translate import ClientFault, Context, FetchedMedia, MediaNeeded, Target, Translation, translate_request

from .exchange import Exchange

Fetch = Callable[[Sequence[str]], Awaitable[Mapping[str, FetchedMedia]]]

_HINT = "(the gateway fetches it if api.yaml says `server.fetch_media: true`)"


async def translate_with_media(
    exchange: Exchange, body: bytes, target: Target, context: Context, fetch: Fetch
) -> Translation:
    """As `translate_request`; what the backend cannot fetch is fetched here if the settings allow it.

    Each address is fetched once for a request, however many backends it is translated for; so is what it could not be
    had for. Raises ClientFault.
    """
    context = replace(context, media=exchange.media)
    try:
        return translate_request(exchange.dialect, body, target, context)
    except MediaNeeded as needed:
        if not exchange.snapshot.settings.server.fetch_media:
            raise replace(needed, message=f"{needed.message} {_HINT}") from None
        urls = needed.urls
    if exchange.media_fault is not None:
        raise exchange.media_fault
    try:
        exchange.media |= await fetch(urls)
    except ClientFault as fault:
        exchange.media_fault = fault
        raise
    return translate_request(exchange.dialect, body, target, replace(context, media=exchange.media))
