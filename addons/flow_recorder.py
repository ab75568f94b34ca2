"""The recorder: one record for each flow, handed in to the flow log when the flow is over, however it ended.

Its taps stand in `flow_taps.py`. Here are the hooks that come after all others: a reply as the client gets it, and the
end. On the event loop nothing is written or packed: the log has a thread for that.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from mitmproxy import http

from proapi_gateway.flow_log.records import FlowRecord, Outcome, Side
from proapi_gateway.surface import PROBES, Kind

from .attempt import Verdict, attempt_of
from .content_decoders import DecodingFault, decoder_for
from .exchange import Exchange, exchange_of
from .flow_endings import CLIENT_LEFT_STATUS, NO_REPLY_STATUS, client_left
from .flow_tape import Strip, Tape
from .flow_taps import take_head, tap_request
from .recording_log import RecordingLog
from .secret_redaction import Redaction
from .upgraded_connection import SWITCHING_PROTOCOLS, EndedSession

_ERROR_BYTES = 64 * 1024
_UNPACKED_AT_ONCE = 4096  # of packed bytes: they may become a thousand times as many
_ONLY_ERRORS = "errors"
_RECORDED_IF_FAILED = PROBES | {Kind.ROOT, Kind.PREFLIGHT}


@dataclass(frozen=True, slots=True)
class _End:
    status: int
    outcome: Outcome
    error: str = ""


class FlowRecorder:
    def __init__(self, log: RecordingLog) -> None:
        self._log = log
        self._open: set[http.HTTPFlow] = set()

    # -- hooks -------------------------------------------------------------------------------------------------------
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if _tape_of(flow) is not None:
            self._open.add(flow)

    def proapi_attempt(self, flow: http.HTTPFlow) -> None:
        """What was held back and turned out to be an error is read by nobody after this."""
        tape, attempt = _tape_of(flow), attempt_of(flow)
        if tape is None or attempt is None or attempt.verdict is Verdict.ACCEPT:
            return
        strip = tape.strips[Side.BACKEND_REPLY]
        if attempt.held and not strip.total_bytes:
            strip.take(b"".join(attempt.held))

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        tape = _tape_of(flow)
        if tape is None or flow.response is None:
            return
        take_head(tape.strips[Side.CLIENT_REPLY], flow.response)
        if callable(flow.response.stream):
            flow.response.stream = tape.listen(flow.response.stream)

    def response(self, flow: http.HTTPFlow) -> None:
        tape = _tape_of(flow)
        if tape is None or flow.response is None or flow.response.status_code == SWITCHING_PROTOCOLS:
            return
        strip = tape.strips[Side.CLIENT_REPLY]
        if strip.head.get("status") != flow.response.status_code or strip.encoding:
            take_head(strip, flow.response)  # an answer of our own, or the head changed with the body
        if not strip.total_bytes:
            strip.take(flow.response.raw_content or b"")
        self._end(flow, _end_of_reply)

    def error(self, flow: http.HTTPFlow) -> None:
        self._end(flow, _end_of_error)

    def proapi_upgrade_end(self, session: EndedSession) -> None:
        self._end(session.flow, lambda flow, exchange, tape: _End(SWITCHING_PROTOCOLS, Outcome.OK))

    def done(self) -> None:
        """The process ends: what is still open is cut, and all that was recorded is written."""
        for flow in tuple(self._open):
            self._end(flow, _end_of_process)
        self._log.close()

    # -- the end -----------------------------------------------------------------------------------------------------
    def _end(self, flow: http.HTTPFlow, judge: Callable[[http.HTTPFlow, Exchange, Tape], _End]) -> None:
        self._open.discard(flow)
        exchange = exchange_of(flow)
        if exchange is None or exchange.tape is None:
            return
        tape, exchange.tape = exchange.tape, None  # closed once: some flows end by two hooks
        end = judge(flow, exchange, tape)
        if exchange.endpoint.kind not in _RECORDED_IF_FAILED or end.outcome is not Outcome.OK:
            tap_request(flow, exchange, tape)
            self._log.put(_record(flow, exchange, tape, end))


def _tape_of(flow: http.HTTPFlow) -> Tape | None:
    exchange = exchange_of(flow)
    return exchange.tape if exchange is not None else None


def _end_of_reply(flow: http.HTTPFlow, exchange: Exchange, tape: Tape) -> _End:
    status = flow.response.status_code if flow.response is not None else NO_REPLY_STATUS
    failure = exchange.sent.reply.failure if exchange.sent is not None and exchange.sent.reply is not None else None
    if status < 400:
        return _End(status, Outcome.FAILED if failure else Outcome.OK, str(failure or ""))
    told = _told_error(flow.response.raw_content or b"") if flow.response is not None else ""
    return _End(status, Outcome.REFUSED if status < 500 else Outcome.FAILED, told or str(failure or ""))


def _end_of_error(flow: http.HTTPFlow, exchange: Exchange, tape: Tape) -> _End:
    text, left = flow.error.msg if flow.error is not None else "", client_left(flow)
    begun = tape.strips[Side.CLIENT_REPLY].head.get("status")
    status = begun if isinstance(begun, int) else CLIENT_LEFT_STATUS if left else NO_REPLY_STATUS
    return _End(status, Outcome.LEFT if left else Outcome.FAILED, "the client left" if left else text)


def _end_of_process(flow: http.HTTPFlow, exchange: Exchange, tape: Tape) -> _End:
    begun = tape.strips[Side.CLIENT_REPLY].head.get("status")
    return _End(begun if isinstance(begun, int) else 503, Outcome.STOPPED, "the gateway was stopped")


def _told_error(body: bytes) -> str:
    """The message of an error in OpenAI's form; "" where it has another."""
    if len(body) > _ERROR_BYTES:
        return ""
    try:
        error = json.loads(body)["error"]
        return str(error["message"])
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""


def _record(flow: http.HTTPFlow, exchange: Exchange, tape: Tape, end: _End) -> FlowRecord:
    sent, server = exchange.sent, exchange.snapshot.settings.server
    redaction = Redaction({*tape.secrets, *exchange.secrets, exchange.credentials})
    translation, reply = (sent.translation, sent.reply) if sent is not None else (None, None)
    with_bodies = server.log_bodies != _ONLY_ERRORS or end.outcome is not Outcome.OK
    peer = flow.client_conn.peername
    return FlowRecord(
        request_id=exchange.id,
        started_ms=round(flow.request.timestamp_start * 1000),
        total_ms=tape.now_ms(),
        outcome=end.outcome,
        status=end.status,
        door=exchange.door.value,
        client_address=str(peer[0]) if peer else "",
        client_program=redaction.redact_text(tape.client_program),
        token=exchange.client.token.label if exchange.client is not None else "",
        method=exchange.method,
        path=redaction.redact_text(tape.path),
        dialect=exchange.endpoint.dialect or exchange.endpoint.kind.value,
        model=redaction.redact_text(exchange.model),
        provider=sent.candidate.provider.provider if sent is not None else "",
        member=sent.candidate.provider.label if sent is not None else "",
        backend_model=sent.candidate.route.upstream if sent is not None else "",
        attempts=tuple(exchange.history),
        error=redaction.redact_text(end.error),
        stream=translation.streaming if translation is not None else tape.first_piece_ms is not None,
        cache=exchange.cache,
        first_token_ms=tape.first_piece_ms,
        usage=reply.usage if reply is not None else None,
        finish_reason=reply.finish_reason if reply is not None else "",
        losses=translation.losses if translation is not None else (),
        bodies=tape.records(partial(_redact_strip, redaction)) if with_bodies and tape.keeps_bodies else (),
    )


def _redact_strip(redaction: Redaction, strip: Strip) -> tuple[bytes, str]:
    return redaction.redact(_plain(strip)), redaction.redact_head(strip.head)


def _plain(strip: Strip) -> bytes:
    """Its bytes without their Content-Encoding: in packed bytes no secret could be found. "" where that fails."""
    if strip.encoding.lower() in ("", "identity"):
        return strip.data
    strip.pieces.clear()  # the times are those of other bytes
    packed, plain = strip.data, b""
    try:
        decoder = decoder_for(strip.encoding)
        for start in range(0, len(packed), _UNPACKED_AT_ONCE):
            if len(plain) >= strip.limit_bytes:
                break
            plain += decoder.decode(packed[start : start + _UNPACKED_AT_ONCE])
    except DecodingFault:
        return b""
    return plain[: strip.limit_bytes]
