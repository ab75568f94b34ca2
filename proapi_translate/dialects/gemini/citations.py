"""Grounding → annotations: OpenAI counts characters, Google counts bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .wire import GroundingChunk, GroundingMetadata, Segment


def read_citations(
    grounding: GroundingMetadata, text: str, part_offsets: Mapping[int, int]
) -> Iterator[dict[str, Any]]:
    """A support of bytes 4–9 by a web page → {"type": "url_citation", "url_citation": {"url", "title", "start_index",
    "end_index"}}, counted in characters of `text`.

    `part_offsets`: where each of Google's parts begins in `text`, in bytes. Pages that support no passage of their own
    are cited for the whole text, where no passage has any.
    """
    chunks = grounding.grounding_chunks or []
    supports = grounding.grounding_supports
    if not supports:
        for chunk in chunks:
            yield from _cite(chunk, 0, len(text))
        return
    encoded = text.encode("utf-8", "replace")
    for support in supports:
        start, end = _find(support.segment or Segment(), text, encoded, part_offsets)
        for index in support.grounding_chunk_indices or ():
            if 0 <= index < len(chunks):
                yield from _cite(chunks[index], start, end)


def _find(segment: Segment, text: str, encoded: bytes, part_offsets: Mapping[int, int]) -> tuple[int, int]:
    """The passage in characters. The passage's own words decide where the numbers lead elsewhere."""
    offset = part_offsets.get(segment.part_index or 0, 0)
    start = offset + (segment.start_index or 0)
    end = offset + (segment.end_index or 0)
    found = encoded[start:end].decode("utf-8", "ignore")
    if segment.text and found != segment.text and (position := text.find(segment.text)) >= 0:
        return position, position + len(segment.text)
    first = len(encoded[:start].decode("utf-8", "ignore"))
    return first, first + len(found)


def _cite(chunk: GroundingChunk, start: int, end: int) -> Iterator[dict[str, Any]]:
    source = chunk.web or chunk.maps
    context = chunk.retrieved_context or {}
    url = source.uri if source is not None else context.get("uri")
    title = source.title if source is not None else context.get("title")
    if url:
        place = {"url": url, "title": title or "", "start_index": start, "end_index": end}
        yield {"type": "url_citation", "url_citation": place}
    elif context:
        yield {"type": "retrieved_context", "retrieved_context": {**context, "start_index": start, "end_index": end}}
