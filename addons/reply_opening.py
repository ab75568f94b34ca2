"""The opening of a reply: its head, and of a stream its first bytes, until it is clear that it is not an error.

Some backends answer 200 and then send an error as their first event. As long as the client has been given nothing,
such an attempt has failed like any other. Nothing is held for longer than that: the first good event goes out at once.
Comments, by which a busy backend keeps the connection awake (all of OpenRouter's streams begin so), are no event: they
are held with it, but not for long.
"""

from __future__ import annotations

from mitmproxy import http

from proapi_translate import BackendFailure, OwnFault, ReplyTranslator, render_error_event

from .attempt import Attempt
from .content_decoders import DecodingFault, decode_whole, decoder_for
from .exchange import Exchange, Sent
from .request_parts import hold_part, take_part
from .secret_redaction import scrub
from .stream_adapter import ReplyStream, StreamAdapter
from .untyped_mitmproxy import header_pairs
from .upstream_failures import describe_cut

_COMMENT = b":"
COMMENTS_HELD_S = 5.0  # from the attempt's beginning: then the client is to hear that it is alive
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SHOWN_CHARACTERS = 200
UNPACKED_LIMIT_BYTES = 256 * 1024 * 1024


def open_reply(flow: http.HTTPFlow, exchange: Exchange, attempt: Attempt, now_s: float) -> BackendFailure | None:
    """Called with the headers of a good reply, then for each piece while `attempt.hold` is set.

    The failure with which a stream opened, if it did; else None, and the reply stands or is held on, or was one part
    of it, and `sent.part_due` says which one comes next. `now_s`: on the event loop's clock.
    """
    sent = exchange.sent
    if sent is None or sent.reply is None or flow.response is None:
        _begin_clock(exchange)
        return None
    if sent.head is None:
        if flow.response.status_code in _REDIRECTS:
            return _redirected(flow.response, exchange)
        sent.head = sent.reply.start(flow.response.status_code, dict(header_pairs(flow.response.headers)))
        _begin_clock(exchange)
        attempt.hold = True
        if sent.reply.next_part:
            hold_part(attempt)
        elif sent.head.streaming:
            try:
                sent.adapter = _adapter(flow, exchange, sent.reply, attempt)
            except DecodingFault as fault:
                return _unreadable(exchange, fault)
        else:
            attempt.hold_whole = True
        return None
    if sent.reply.next_part:
        return take_part(flow.response, sent, sent.reply, attempt)
    if sent.adapter is None:
        attempt.hold = attempt.hold_whole = False
        return _open_whole(flow.response, exchange, sent, sent.reply, attempt)
    _read_on(sent, sent.adapter, attempt)
    is_late = now_s - sent.began_s >= COMMENTS_HELD_S
    attempt.hold = not (sent.reply.opened or attempt.ended or (is_late and attempt.held[0].startswith(_COMMENT)))
    return sent.reply.failure if not sent.reply.opened else None


def _redirected(response: http.Response, exchange: Exchange) -> BackendFailure:
    """We follow none, with a key in hand, to wherever a backend says: mostly its `base_url` is at fault."""
    where = response.headers.get("location", "elsewhere").partition("?")[0][:_SHOWN_CHARACTERS]
    message = f"The backend {exchange.label} redirects to {where} ({response.status_code}): see its base_url."
    return BackendFailure(message, code="redirected")


def _read_on(sent: Sent, adapter: StreamAdapter, attempt: Attempt) -> None:
    for piece in attempt.held[sent.pieces_read :]:
        adapter.take_ahead(piece)
    sent.pieces_read = len(attempt.held)
    if attempt.ended and sent.reply is not None and not sent.reply.opened:
        adapter.take_ahead(b"")


def _open_whole(
    response: http.Response, exchange: Exchange, sent: Sent, reply: ReplyTranslator, attempt: Attempt
) -> BackendFailure | None:
    """All of a whole reply is there, or as much as may be held: a body that long is no error."""
    if not attempt.ended:
        return None
    try:
        encoding = response.headers.get("content-encoding", "")
        body = decode_whole(encoding, b"".join(attempt.held), UNPACKED_LIMIT_BYTES)
    except DecodingFault as fault:
        return _unreadable(exchange, fault)
    sent.whole = reply.whole(body)
    return reply.failure


def _begin_clock(exchange: Exchange) -> None:
    if exchange.clock is not None:
        exchange.clock.reply_began()


def _adapter(flow: http.HTTPFlow, exchange: Exchange, reply: ReplyStream, attempt: Attempt) -> StreamAdapter:
    encoding = flow.response.headers.get("content-encoding", "") if flow.response is not None else ""
    return StreamAdapter(
        reply,
        decoder_for(encoding),
        broken=lambda: _why_cut(exchange, attempt),
        last_words=lambda error: render_error_event(exchange.dialect, OwnFault("translation failed")),
        scrub=lambda text: scrub(text, exchange.secrets),
        piece_made=exchange.keep_response,
    )


def _unreadable(exchange: Exchange, fault: DecodingFault) -> BackendFailure:
    return BackendFailure(f"The backend {exchange.label}: {fault}.", code="bad_upstream_reply")


def _why_cut(exchange: Exchange, attempt: Attempt) -> str:
    """Why the reply broke off, for its client; "" if it has come to its end."""
    if exchange.expired is not None:
        return str(exchange.expired)
    return describe_cut(exchange.label) if attempt.broken else ""
