"""The history of an exchange: how each of its attempts ended, told once for each."""

from __future__ import annotations

from proapi_gateway.attempt_record import AttemptRecord

from .exchange import Exchange
from .secret_scrubbing import scrub

_FAULT_CHARACTERS = 200


def end_attempt(exchange: Exchange, now_s: float, status: int | None, fault: str = "") -> None:
    """The running attempt is over; for one whose end was told already nothing happens. `now_s`: the loop's clock."""
    sent = exchange.sent
    if sent is None or sent.ended:
        return
    sent.ended = True
    candidate = sent.candidate
    told = scrub(fault.encode("utf-8", "replace"), exchange.secrets).decode("utf-8", "replace")
    exchange.history.append(
        AttemptRecord(
            provider=candidate.provider.label,
            model=candidate.route.upstream,
            key_position=candidate.key_position,
            key=candidate.api_key.masked() if candidate.api_key else "",
            status=status,
            fault=told[:_FAULT_CHARACTERS],
            took_ms=round((now_s - sent.began_s) * 1000),
        )
    )
