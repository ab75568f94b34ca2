"""The secrets of a flow that mitmproxy keeps or saves, hidden: its pages and its files are looked at, and passed on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from mitmproxy import http
from mitmproxy.flow import Flow

from .content_views import APP_REQUEST
from .exchange import Exchange
from .secret_redaction import Redaction, hide_headers, hide_query, secrets_of_headers
from .untyped_mitmproxy import header_pairs


def hide_request_secrets(flow: http.HTTPFlow, exchange: Exchange) -> None:
    """Of a request that has been sent, and will not be sent again."""
    _hide_request(flow.request, _redaction(flow, exchange))


def save_without_secrets(flow: http.HTTPFlow, exchange: Exchange) -> None:
    """From now on, whoever saves or copies the flow gets its state without secrets, also while it runs."""
    plain: Callable[[], Any] = flow.get_state
    flow.get_state = partial(_hidden_state, plain, exchange)  # type: ignore[method-assign]
    flow.copy = partial(Flow.copy, flow)  # type: ignore[method-assign]  # by the state; http's own copies the messages


def _hidden_state(plain: Callable[[], Any], exchange: Exchange) -> Any:
    copy = http.HTTPFlow.from_state(plain())
    assert isinstance(copy, http.HTTPFlow)
    redaction = _redaction(copy, exchange)
    _hide_request(copy.request, redaction)
    if copy.response is not None:  # the client gets its own as it is
        _hide_message(copy.response, redaction)
    if APP_REQUEST in copy.metadata:
        copy.metadata[APP_REQUEST] = redaction.redact(copy.metadata[APP_REQUEST])
    if copy.error is not None:
        copy.error.msg = redaction.redact_text(copy.error.msg)
    return copy.get_state()


def _redaction(flow: http.HTTPFlow, exchange: Exchange) -> Redaction:
    of_headers = secrets_of_headers(header_pairs(flow.request.headers))
    return Redaction({*exchange.secrets, exchange.credentials, *of_headers})


def _hide_request(request: http.Request, redaction: Redaction) -> None:
    _hide_message(request, redaction)
    request.path = redaction.redact_text(hide_query(request.path))


def _hide_message(message: http.Message, redaction: Redaction) -> None:
    hidden = hide_headers(header_pairs(message.headers))
    message.headers.fields = tuple((_bytes(name), redaction.redact(_bytes(value))) for name, value in hidden)
    if message.raw_content:
        message.raw_content = redaction.redact(message.raw_content)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
