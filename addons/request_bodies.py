"""A client's whole body, its Content-Encoding undone and its size within the limit."""

from __future__ import annotations

from mitmproxy import http

from proapi_translate import ClientFault

from .admission import too_large
from .content_decoders import DecodingFault, decode_whole

# Without a limit of the user's own, what a small compressed body may unpack to.
_UNPACKED_LIMIT_BYTES = 256 * 1024 * 1024


def read_body(flow: http.HTTPFlow, limit_bytes: int) -> bytes:
    """The body of a request that has arrived whole. `limit_bytes`: 0 for none. Raises ClientFault 400 and 413."""
    body = flow.request.raw_content or b""
    if limit_bytes and len(body) > limit_bytes:
        raise too_large(limit_bytes)
    encoding = flow.request.headers.get("content-encoding", "")
    if not encoding:
        return body
    try:
        return decode_whole(encoding, body, limit_bytes or _UNPACKED_LIMIT_BYTES)
    except DecodingFault as fault:
        raise ClientFault(f"The request's body cannot be read: {fault}.", code="invalid_body") from fault
