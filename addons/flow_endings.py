"""The end of a flow, as a summary for whoever wants to know: its line in the log, and the metrics."""

from __future__ import annotations

import logging
from functools import partial

from mitmproxy import http

from proapi_gateway.flow_summary import FlowSummary, flow_fields, flow_line
from proapi_gateway.surface import PROBES

from .attempt import attempt_of
from .exchange import Exchange

logger = logging.getLogger("proapi.flows")

CLIENT_LEFT_STATUS = 499  # nginx's; RFC 9110 has none for a request that nobody waits for any more
NO_REPLY_STATUS = 502
_FAILED = 400
_PROBES = frozenset(kind.value for kind in PROBES)  # a line for each would hide the others


def summary_of(flow: http.HTTPFlow, exchange: Exchange, now_s: float, carried: str = "") -> FlowSummary:
    """`now_s`: the event loop's clock. `carried`: of a session, see FlowSummary."""
    sent = exchange.sent
    reply = sent.reply if sent is not None else None
    return FlowSummary(
        request_id=exchange.id,
        door=exchange.door.value,
        what=exchange.endpoint.dialect or exchange.endpoint.kind.value,
        status=_status(flow),
        total_ms=_ms(now_s - exchange.started_s),
        first_ms=_ms(exchange.first_piece_s - exchange.started_s) if exchange.first_piece_s is not None else None,
        token=exchange.client.token.label if exchange.client is not None else "",
        model=exchange.model,
        provider=exchange.label,
        backend_model=sent.candidate.route.upstream if sent is not None else "",
        attempts=tuple(exchange.history),
        usage=reply.usage if reply is not None else None,
        cache=exchange.cache,
        carried=carried,
        fault=_fault(flow, exchange),
    )


def log_flow(flow: FlowSummary) -> None:
    level = logging.DEBUG if flow.what in _PROBES and flow.status < _FAILED else logging.INFO
    logger.log(level, "%s", flow_line(flow), extra={"fields": partial(flow_fields, flow)})


def _status(flow: http.HTTPFlow) -> int:
    if flow.response is not None and (flow.error is None or flow.response.timestamp_start is not None):
        return flow.response.status_code
    return CLIENT_LEFT_STATUS if client_left(flow) else NO_REPLY_STATUS


def _fault(flow: http.HTTPFlow, exchange: Exchange) -> str:
    """A fixed word where words of a backend's could be meant: those are in the log already, without secrets."""
    if client_left(flow):
        return "the client left"
    if flow.error is not None:
        return "broken off"
    reply = exchange.sent.reply if exchange.sent is not None else None
    if not exchange.answered and reply is not None and reply.failure is not None:
        return reply.failure.kind
    return ""


def client_left(flow: http.HTTPFlow) -> bool:
    """It hung up, or reset its stream, before the end of its reply."""
    attempt = attempt_of(flow)
    return attempt is not None and attempt.client_left


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
