"""What is written of one flow, as values without secrets. No database is imported here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from proapi_translate import Loss, Usage

from ..attempt_record import AttemptRecord


class Side(StrEnum):
    """Which of a flow's four bodies."""

    CLIENT_REQUEST = "client_request"
    SENT_REQUEST = "sent_request"
    BACKEND_REPLY = "backend_reply"
    CLIENT_REPLY = "client_reply"


class Outcome(StrEnum):
    """How a flow ended."""

    OK = "ok"
    REFUSED = "refused"  # answered with a status from 400 to 499, ours or the backend's
    FAILED = "failed"  # with 500 or more, or with an error inside a stream that had begun
    LEFT = "left"  # the client hung up before its reply was over; status 499 if it had not begun
    STOPPED = "stopped"  # the gateway was stopped before the reply was over


@dataclass(frozen=True, slots=True)
class BodyRecord:
    """One body: its first `len(data)` bytes of `total_bytes`.

    `head`: JSON, {"method", "url", "headers": [[name, value], …]} of a request, {"status", "headers"} of a reply.
    `pieces`: for what came or went piece by piece, (ms since the flow's start, offset of the piece's first byte).
    """

    side: Side
    data: bytes = b""
    total_bytes: int = 0
    head: str = "{}"
    pieces: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class FlowRecord:
    """One flow. Times in ms; `started_ms` since 1970 in UTC. Names that are not known are ""."""

    request_id: str
    started_ms: int
    total_ms: int
    outcome: Outcome
    status: int
    door: str = ""
    client_address: str = ""
    client_program: str = ""  # the User-Agent
    token: str = ""  # its NAME
    method: str = ""
    path: str = ""
    dialect: str = ""
    model: str = ""  # as the client asked
    provider: str = ""  # its kind: "openai"
    member: str = ""  # the block as people read it: "openai/backup"
    backend_model: str = ""
    attempts: tuple[AttemptRecord, ...] = ()
    error: str = ""
    stream: bool = False
    cache: str = ""  # "hit", "miss"; "" where no cache was asked
    first_token_ms: int | None = None  # until the first piece of a streamed reply went to the client
    usage: Usage | None = None
    finish_reason: str = ""
    losses: tuple[Loss, ...] = ()
    bodies: tuple[BodyRecord, ...] = ()

    @property
    def queued_bytes(self) -> int:
        """About what it weighs while it waits to be written."""
        return _ROW_BYTES + sum(len(body.data) + _PIECE_BYTES * len(body.pieces) for body in self.bodies)


_ROW_BYTES = 1000
_PIECE_BYTES = 80
