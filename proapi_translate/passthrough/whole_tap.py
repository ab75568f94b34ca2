"""What all taps of APIs without streams share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import BackendFailure
from ..interface import ReplyFacts
from ..openai_error import write_error
from .chunk import Chunk
from .in_band_error import raise_for_error
from .tap import Told


class WholeTap:
    """A `Tap` without `mend_body`, which keeps what it finds out in `_told`. A stream is no answer."""

    end_mark = b""

    def __init__(self, facts: ReplyFacts) -> None:
        self._facts = facts
        self._told = Told()

    def take(self, name: str, value: dict[str, Any], data: bytes) -> Iterator[Chunk]:
        raise_for_error(name, {"choices": None, **value})
        raise self._no_stream()

    def end(self, *, marked: bool, broken: str) -> Iterator[Chunk]:
        raise BackendFailure(broken, code="stream_cut")

    def give_up(self, failure: BackendFailure) -> Iterator[Chunk]:
        yield Chunk(write_error(failure))

    def as_chunks(self, body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        raise self._no_stream()

    def fold(self, chunks: Iterable[Chunk]) -> dict[str, Any]:
        raise self._no_stream()

    def told(self) -> Told:
        return self._told

    def _no_stream(self) -> BackendFailure:
        return BackendFailure(f"The backend sent a stream for {self._facts.asked.dialect}.", code="bad_upstream_reply")
