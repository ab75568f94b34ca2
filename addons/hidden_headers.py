"""The secrets of a request to a backend: on the wire they stand in its headers, on the flow they do not.

mitmproxy shows flows (mitmweb), saves them (`save_stream_file`) and hands them to other scripts: none of them may see a
key of a backend's. So the headers of `flow.request` say "[hidden]", the true values lie beside it in a plain attribute,
which is never saved, and the layer puts them in as the request is sent.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

from mitmproxy import http

from .secret_redaction import HIDDEN, is_secret_name

_HIDDEN = HIDDEN.encode()
Fields = tuple[tuple[bytes, bytes], ...]


def hide_secret_fields(request: http.Request) -> None:
    """From now on nobody sees them but who asks `sent_fields`."""
    secret = {name.lower(): value for name, value in request.headers.fields if _is_secret(name)}
    request.hidden_fields = secret  # type: ignore[attr-defined]
    request.headers.fields = tuple(
        (name, _HIDDEN if name.lower() in secret else value) for name, value in request.headers.fields
    )


def sent_fields(request: http.Request) -> Fields:
    """The headers as they are sent."""
    secret: dict[bytes, bytes] = getattr(request, "hidden_fields", {})
    fields: Iterable[tuple[bytes, bytes]] = request.headers.fields
    return tuple((name, secret.get(name.lower(), value) if value == _HIDDEN else value) for name, value in fields)


def as_sent(request: http.Request) -> http.Request:
    """A request with the headers as they are sent: for the wire alone."""
    if not getattr(request, "hidden_fields", None):
        return request
    sent = copy.copy(request)
    sent.data = copy.copy(request.data)
    sent.data.headers = http.Headers(sent_fields(request))
    return sent


def _is_secret(name: bytes) -> bool:
    return is_secret_name(name.decode("latin-1"))
