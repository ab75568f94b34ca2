"""Below /admin of the base_url door: the seed system had its pages there, as bookmarks and scripts still know."""

from __future__ import annotations

from collections.abc import Mapping

from mitmproxy import http

from proapi_gateway.faults import unknown_url
from proapi_gateway.surface import Kind
from proapi_gateway.url_hosts import url_host
from proapi_translate import ClientFault

from .answers import Answers
from .doors import Door
from .exchange import Exchange, exchange_of
from .listening import ListeningFault, read_admin_address

_FOUND, _FOUND_SAME_METHOD = 302, 307  # the second has a script send its body there, too
_MAPPED = "::ffff:"  # an IPv4 address, as a door on all IPv6 addresses sees it


class AdminRedirect:
    """Leads to the port of the pages, at the address that the browser has reached us by. (What name it knows us by is
    not told here: mitmproxy's reverse mode has put another one into the Host header.)"""

    def __init__(self, answers: Answers, environment: Mapping[str, str]) -> None:
        self._answers = answers
        self._environment = environment

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        exchange = exchange_of(flow)
        if exchange is None or exchange.answered or exchange.endpoint.kind is not Kind.ADMIN:
            return
        location = self._location(flow, exchange)
        if location:
            headers = {"location": location, "cache-control": "no-store"}
            is_reading = flow.request.method in ("GET", "HEAD")
            self._answers.give(flow, exchange, _FOUND if is_reading else _FOUND_SAME_METHOD, headers, b"")
        else:
            self._answers.give_fault(flow, exchange, _no_pages(flow.request, exchange))

    def _location(self, flow: http.HTTPFlow, exchange: Exchange) -> str:
        if exchange.door is not Door.BASE_URL or not exchange.snapshot.settings.server.admin_server:
            return ""
        try:
            _, port = read_admin_address(self._environment)
        except ListeningFault:
            return ""
        if not port:  # whichever was free
            return ""
        host = flow.client_conn.sockname[0].partition("%")[0].removeprefix(_MAPPED)
        return f"http://{url_host(host)}:{port}{flow.request.path}"


def _no_pages(request: http.Request, exchange: Exchange) -> ClientFault:
    if exchange.door is Door.BASE_URL and not exchange.snapshot.settings.server.admin_server:
        message = "The admin pages are off: `server.admin_server: true` turns them on."
        return ClientFault(message, status=404, code="admin_is_off")
    return unknown_url(request.method, request.path)
