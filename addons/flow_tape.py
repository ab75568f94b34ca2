"""The tape of one flow: its four bodies as they pass by, each up to a limit, with the time of each piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from proapi_gateway.flow_log.records import BodyRecord, Side
from proapi_gateway.settings import Secret

MAX_PIECES = 20_000  # of one body; what comes after them has no time of its own

# mitmproxy's stream callable: a piece in, what the client gets of it out; b"" at the end.
Stream = Callable[[bytes], bytes | Iterable[bytes]]


@dataclass(slots=True)
class Strip:
    """One body. `head`: what `BodyRecord` has as JSON; `encoding` is its Content-Encoding, still in the bytes."""

    limit_bytes: int
    head: dict[str, object] = field(default_factory=dict)
    encoding: str = ""
    total_bytes: int = 0
    pieces: list[tuple[int, int]] = field(default_factory=list)
    _kept: list[bytes] = field(default_factory=list)
    _kept_bytes: int = 0
    _timed_bytes: int = 0  # how far the times reach: pieces that are held back are timed before they are taken

    def take(self, data: bytes) -> None:
        """The whole body at once."""
        self.total_bytes += len(data)
        if data and self._kept_bytes < self.limit_bytes:
            kept = data[: self.limit_bytes - self._kept_bytes]
            self._kept.append(kept)
            self._kept_bytes += len(kept)

    def take_piece(self, data: bytes, ms: int) -> None:
        if self.total_bytes + len(data) > self._timed_bytes:
            self._time(max(self.total_bytes, self._timed_bytes), ms)
            self._timed_bytes = self.total_bytes + len(data)
        self.take(data)

    def time_held(self, held: Iterable[bytes], ms: int) -> None:
        """All pieces that are held back so far: those that are new came now."""
        end = 0
        for piece in held:
            if end >= self._timed_bytes:
                self._time(end, ms)
                self._timed_bytes = end + len(piece)
            end += len(piece)

    def _time(self, offset: int, ms: int) -> None:
        if len(self.pieces) < MAX_PIECES:
            self.pieces.append((ms, offset))

    @property
    def data(self) -> bytes:
        return b"".join(self._kept)

    def is_used(self) -> bool:
        return bool(self.total_bytes or self.head)


_SIDES_OF_ATTEMPTS = (Side.SENT_REQUEST, Side.BACKEND_REPLY)


class Tape:
    """`now_ms()`: milliseconds since the flow's start."""

    def __init__(self, limit_bytes: int, now_ms: Callable[[], int]) -> None:
        self._limit_bytes = limit_bytes
        self.now_ms = now_ms
        self.path = ""  # as the client asked for it, without secrets
        self.client_program = ""
        self.strips = {side: Strip(limit_bytes) for side in Side}
        self.secrets: set[Secret] = set()
        self.first_piece_ms: int | None = None  # when the client got the first piece of a stream
        self.attempt: object = None  # whose request and reply are on the tape
        self._failed: dict[object, dict[Side, Strip]] = {}  # by attempt, what those before it left

    @property
    def keeps_bodies(self) -> bool:
        return self._limit_bytes > 0

    def turn_to(self, attempt: object) -> bool:
        """From here on the tape is about this attempt. Is it a new one? Where all have failed, it may be an earlier one
        whose error the client gets: then what it left is there again."""
        self._failed[self.attempt] = {side: self.strips[side] for side in _SIDES_OF_ATTEMPTS}
        self.attempt, left = attempt, self._failed.pop(attempt, None)
        self.strips |= left or {side: Strip(self._limit_bytes) for side in _SIDES_OF_ATTEMPTS}
        return left is None

    def listen(self, stream: Stream) -> Stream:
        """The stream, with both of its sides on the tape."""
        backend, client = self.strips[Side.BACKEND_REPLY], self.strips[Side.CLIENT_REPLY]

        def listening(data: bytes) -> bytes | Iterable[bytes]:
            ms = self.now_ms()
            if data:
                backend.take_piece(data, ms)
            out = stream(data)
            pieces = (out,) if isinstance(out, bytes) else tuple(out)
            for piece in pieces:
                if piece:
                    client.take_piece(piece, ms)
                    if self.first_piece_ms is None:
                        self.first_piece_ms = ms
            return out if isinstance(out, bytes) else pieces

        return listening

    def records(self, redact: Callable[[Strip], tuple[bytes, str]]) -> tuple[BodyRecord, ...]:
        """What is on it. `redact(strip)`: the strip's bytes without encoding and its head, both without secrets."""
        redacted = {side: redact(strip) for side, strip in self.strips.items() if strip.is_used()}
        return tuple(
            BodyRecord(side, data, self.strips[side].total_bytes, head, tuple(self.strips[side].pieces))
            for side, (data, head) in redacted.items()
        )
