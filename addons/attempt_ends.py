"""The end of an attempt: told once to the backend's health and to the exchange's history."""

from __future__ import annotations

from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.failover import Outcome
from proapi_translate import BackendFailure, cause_of

from .exchange import Exchange, FailedAttempt, Sent
from .secret_redaction import scrub_text

_FAULT_CHARACTERS = 200
_GOOD = Outcome(status=200)
_UNAUTHORIZED = 401
# What came was no reply that anybody can read: the backend may have done its work all the same.
_LEAVE_DOUBT = frozenset({"bad_upstream_reply", "stream_cut"})


def outcome_of(failure: BackendFailure) -> Outcome:
    """Of an error that a backend sent, or of a reply that cannot be read."""
    in_doubt = failure.code in _LEAVE_DOUBT
    return Outcome(failure.status, cause_of(failure), in_doubt=in_doubt, retry_after_s=failure.retry_after_s)


def end_failed(exchange: Exchange, failed: FailedAttempt, now_s: float) -> None:
    """`now_s`: the event loop's clock."""
    _end(exchange, failed.sent, failed.outcome, failed.outcome.status, str(failed.failure), now_s)


def end_last(exchange: Exchange, status: int | None, broken: str, client_left: str, now_s: float) -> None:
    """The exchange is over: so is the attempt that still ran. `broken`: how its backend failed in the middle of its
    reply, `client_left`: how the client did; else the reply was good, unless its translator says that it was not."""
    sent = exchange.sent
    if sent is None:
        return
    failure = sent.reply.failure if sent.reply is not None else None
    if client_left:
        _end(exchange, sent, None, status, client_left, now_s)
    elif failure is not None:
        _end(exchange, sent, outcome_of(failure), status, str(failure), now_s)
    elif broken:
        _end(exchange, sent, Outcome(None, in_doubt=True), status, broken, now_s)
    else:
        _end(exchange, sent, _GOOD, status, "", now_s)


def _token_was_stale(sent: Sent, outcome: Outcome | None) -> bool:
    """A short-lived token that is refused has been forgotten (access_tokens.py): the next request gets a new one."""
    return bool(sent.access_token) and outcome is not None and outcome.status == _UNAUTHORIZED


def _end(
    exchange: Exchange, sent: Sent, outcome: Outcome | None, status: int | None, fault: str, now_s: float
) -> None:
    if sent.ended:
        return
    sent.ended = True
    if sent.use is not None:
        sent.use.end(None if _token_was_stale(sent, outcome) else outcome)
    candidate = sent.candidate
    exchange.history.append(
        AttemptRecord(
            provider=candidate.provider.label,
            model=candidate.route.upstream,
            key_position=candidate.key_position,
            key=candidate.api_key.masked() if candidate.api_key else "",
            status=status,
            fault=scrub_text(fault, exchange.secrets)[:_FAULT_CHARACTERS],
            took_ms=round((now_s - sent.began_s) * 1000),
        )
    )
