"""Who may ask the gateway about itself, or tell it to reload: somebody on this machine, or the administrator."""

from __future__ import annotations

import asyncio
import ipaddress

from mitmproxy import http

from proapi_gateway.admin_credentials import is_administrator, read_basic
from proapi_translate import ClientFault

from .doors import Door
from .exchange import Exchange

_WRONG_PASSWORD_WAIT_S = 1.0
# What a proxy before us adds: then the peer is that proxy, and says nothing of who asks.
_FORWARDED_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip")
# A browser that asks for another site's page: whoever made that page must not speak for the person.
_OWN_SITES = ("same-origin", "none")


class Operators:
    def __init__(self) -> None:
        self._checking = asyncio.Lock()

    async def check(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Raises ClientFault: 404 at other doors than the base_url's, 401 for a wrong password, 403 for a stranger."""
        if exchange.door is not Door.BASE_URL:
            raise ClientFault("Only the base_url door answers this.", status=404, code="not_found")
        if exchange.credentials:
            await self._check_password(exchange)
        elif not _asks_from_here(flow):
            message = "From elsewhere this needs the administrator's name and password (HTTP Basic)."
            raise ClientFault(message, status=403, code="not_allowed")

    async def _check_password(self, exchange: Exchange) -> None:
        given = read_basic(exchange.credentials.reveal())
        server = exchange.snapshot.settings.server
        async with self._checking:  # one at a time, each wrong one slow: guessing is hopeless
            if given is not None and await asyncio.to_thread(is_administrator, server, *given):
                return
            await asyncio.sleep(_WRONG_PASSWORD_WAIT_S)
        raise ClientFault("The administrator's name or password is wrong.", status=401, code="wrong_password")


def _asks_from_here(flow: http.HTTPFlow) -> bool:
    """Is it a person or program of this machine?"""
    headers = flow.request.headers
    if any(name in headers for name in _FORWARDED_HEADERS):
        return False
    if headers.get("origin") or headers.get("sec-fetch-site", "none") not in _OWN_SITES:
        return False
    peer = ipaddress.ip_address(flow.client_conn.peername[0].partition("%")[0])
    mapped = getattr(peer, "ipv4_mapped", None)
    return (mapped or peer).is_loopback
