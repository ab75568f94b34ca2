"""The timeline of a stream: each backend's chunk beside the client's chunks that were made of it.

A client's chunk is written while the backend's that makes it is handled, so it stands at the last one that had come.
Where chunks were held back until it was clear that the stream is no error, the first has no client's chunk yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proapi_gateway.flow_log.flow_views import BodyView
from proapi_translate import EVENT_STREAM, event_splitter

from .body_text import bounded_text, media_type

SHOWN_STEPS = 400
_CHUNK_CHARACTERS = 1_500


@dataclass(frozen=True, slots=True)
class Chunk:
    ms: int  # since the flow's start
    bytes: int
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """Chunks that the backend sent within one millisecond, and those that the client got of them.

    `since_ms`: since the step before. `lag_ms`: from the first of the backend's to the last of the client's; None where
    one of the two is missing.
    """

    ms: int
    since_ms: int
    backend: tuple[Chunk, ...]
    client: tuple[Chunk, ...]

    @property
    def lag_ms(self) -> int | None:
        return self.client[-1].ms - self.backend[0].ms if self.backend and self.client else None


@dataclass(frozen=True, slots=True)
class Timeline:
    """`left_out`: steps after the last that is shown."""

    steps: Sequence[Step]
    left_out: int = 0


def pieces_of(body: BodyView) -> list[tuple[int, bytes]]:
    """[(ms, bytes)] of what is kept of a body that came in pieces; [] for one that did not."""
    kept = [(ms, offset) for ms, offset in body.pieces if 0 <= offset < len(body.data)]
    ends = [*(offset for _, offset in kept[1:]), len(body.data)]
    return [(ms, body.data[offset:end]) for (ms, offset), end in zip(kept, ends, strict=False)]


def line_up(backend: BodyView | None, client: BodyView | None) -> Timeline | None:
    """None where neither came in pieces."""
    ours, theirs = pieces_of(client) if client else [], pieces_of(backend) if backend else []
    if not ours and not theirs:
        return None
    moments = sorted({ms for ms, _ in theirs}) or sorted({ms for ms, _ in ours})
    if ours and ours[0][0] < moments[0]:
        moments.insert(0, ours[0][0])  # something of our own, before the backend said anything
    shown = moments[:SHOWN_STEPS]
    ends = moments[1 : len(shown) + 1]
    read_backend = _ChunkTexts(backend)
    read_client = _ChunkTexts(client)
    steps, before, at, ours_at = [], 0, 0, 0
    for place, ms in enumerate(shown):
        end = ends[place] if place < len(ends) else None
        sent, at = _until(theirs, at, end)
        got, ours_at = _until(ours, ours_at, end)
        steps.append(Step(ms, ms - before, read_backend.chunks(sent), read_client.chunks(got)))
        before = ms
    return Timeline(steps, len(moments) - len(shown))


def _until(pieces: list[tuple[int, bytes]], start: int, end_ms: int | None) -> tuple[list[tuple[int, bytes]], int]:
    stop = start
    while stop < len(pieces) and (end_ms is None or pieces[stop][0] < end_ms):
        stop += 1
    return pieces[start:stop], stop


class _ChunkTexts:
    """Amazon's frames are told in words: a chunk may hold half of one, so they are read one after the other."""

    def __init__(self, body: BodyView | None) -> None:
        framed = body is not None and media_type(body) == EVENT_STREAM
        self._splitter = event_splitter(EVENT_STREAM) if framed else None

    def chunks(self, pieces: list[tuple[int, bytes]]) -> tuple[Chunk, ...]:
        return tuple(Chunk(ms, len(data), self._text(data)) for ms, data in pieces)

    def _text(self, data: bytes) -> str:
        if self._splitter is None:
            return bounded_text(data, _CHUNK_CHARACTERS).strip("\n")
        told = [f"{name}: {bounded_text(payload, _CHUNK_CHARACTERS)}" for name, payload in self._splitter.feed(data)]
        return "\n".join(told)
