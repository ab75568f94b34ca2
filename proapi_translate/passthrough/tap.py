"""What the passthrough lane needs of a dialect: a tap that reads what must be known and mends what is out of order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import BackendFailure
from ..events import Usage
from ..prompt import Thinking
from .chunk import Chunk


@dataclass(frozen=True, slots=True)
class Told:
    """What a reply told for the log. `reply_model` is the backend's own name; `finish_reason` the first choice's.
    `response`: the whole reply as one object that can be asked for again, as the client got it (Responses only).
    `thoughts_by_call`: what was thought before each tool call, where it is to be kept."""

    usage: Usage | None = None
    finish_reason: str = ""
    reply_model: str = ""
    response: dict[str, Any] | None = None
    thoughts_by_call: Mapping[str, tuple[Thinking, ...]] = field(default_factory=dict)


class Tap(Protocol):
    """One reply of one dialect. Either `take` … `end` (a stream), or `mend_body` once.

    All but `told` and `give_up` raise BackendFailure for a reply that the backend itself calls failed, or that is cut.
    """

    end_mark: bytes

    def take(self, name: str, value: dict[str, Any], data: bytes) -> Iterable[Chunk]:
        """One event (`name` its own, "" for none) → the events that go on."""

    def end(self, *, marked: bool, broken: str) -> Iterable[Chunk]:
        """The bytes are over, after the end mark if `marked`. `broken`: what to say if the reply is cut."""

    def give_up(self, failure: BackendFailure) -> Iterable[Chunk]:
        """The reply has failed: the last events, the error in the dialect's own form among them."""

    def mend_body(self, body: dict[str, Any]) -> set[str]:
        """Mend a whole body in place; the names of the top-level fields that changed."""

    def as_chunks(self, body: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
        """A whole body as (name, value) of the events that would have told it."""

    def fold(self, chunks: Iterable[Chunk]) -> dict[str, Any]:
        """A mended stream's events as one body."""

    def told(self) -> Told: ...
