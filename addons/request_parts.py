"""Requests that go to a backend in parts (embeddings of many texts): one after the other over the same connection.

mitmproxy knows one request upstream at a time. So the reply of each part but the last is held back and read, and then
the next part takes its place, as another attempt would. If a part fails, so does the whole: the next candidate gets all
of it anew, and the client never sees a piece of it.
"""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from mitmproxy import http

from proapi_translate import BackendFailure, OwnFault, ReplyTranslator, UpstreamRequest, upstream_part

from .attempt import Attempt
from .content_decoders import DecodingFault, decode_whole
from .exchange import Exchange, Sent
from .loops import PASSES_HEADER, is_private_address
from .upstream_request import put_upstream_request

# Of one part's reply: 250 vectors of 3072 numbers are about 17 MB of JSON.
PART_LIMIT_BYTES = 64 * 1024 * 1024


def hold_part(attempt: Attempt) -> None:
    """Called with the head of a reply that another part follows: nothing of it goes on."""
    attempt.hold = attempt.hold_whole = True
    attempt.hold_limit_bytes = PART_LIMIT_BYTES


def take_part(response: http.Response, sent: Sent, reply: ReplyTranslator, attempt: Attempt) -> BackendFailure | None:
    """Called at its end, or when no more can be held: it is kept, and `sent.part_due` says which part is next.

    The failure that it is, if it is none that can be read.
    """
    if not attempt.ended:
        return BackendFailure("The backend's reply is too long.", code="bad_upstream_reply")
    due = reply.next_part
    try:
        encoding = response.headers.get("content-encoding", "")
        reply.keep_part(decode_whole(encoding, b"".join(attempt.held), PART_LIMIT_BYTES))
    except BackendFailure as failure:
        return failure
    except DecodingFault as fault:
        return BackendFailure(str(fault), code="bad_upstream_reply")
    sent.part_due = due
    return None


def put_next_part(flow: http.HTTPFlow, exchange: Exchange, sent: Sent) -> None:
    """Put the part that is due in the place of the one whose reply has been kept."""
    if sent.translation is None:
        raise OwnFault("a part of nothing")
    put_translated(flow, exchange, sent, upstream_part(sent.translation, sent.part_due, time.time()))
    sent.head, sent.part_due = None, 0


def put_translated(flow: http.HTTPFlow, exchange: Exchange, sent: Sent, upstream: UpstreamRequest) -> None:
    """Send `flow` as this request to the candidate that it was translated for."""
    headers = upstream.headers
    if is_private_address(urlsplit(upstream.url).hostname or ""):
        headers = {**headers, PASSES_HEADER: str(exchange.hops + 1)}
    proxy = sent.candidate.provider.proxy
    put_upstream_request(flow, upstream.method, upstream.url, headers, upstream.body, proxy)
