"""Cohere's citations: what in the answer's text is backed by which document or tool result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...events import Annotation

# Cohere also cites inside thoughts and plans; OpenAI's annotations are about the answer's text alone.
_OF_TEXT = frozenset({None, "TEXT_CONTENT"})


def read_citation(citation: Mapping[str, Any], part: int, offset: int) -> Iterator[Annotation]:
    """One annotation for each cited address; Cohere's own form where there is no address.

    {"start": 4, "end": 8, "text": "Ruby", "sources": [{"type": "document", "document": {"url": "https://h", "title":
    "T"}}]} → url_citation from 4 to 8. `offset`: characters of the answer before this part.
    """
    if citation.get("type") not in _OF_TEXT:
        return
    start, end = (citation.get("start") or 0) + offset, (citation.get("end") or 0) + offset
    holders = [holder for source in citation.get("sources") or () if (holder := _address_holder(source))]
    for holder in holders:
        place = {"start_index": start, "end_index": end, "title": str(holder.get("title") or ""), "url": holder["url"]}
        yield Annotation(part, {"type": "url_citation", "url_citation": place})
    if not holders:
        yield Annotation(part, {"type": "cohere_citation", "cohere_citation": dict(citation)})


def _address_holder(source: Mapping[str, Any]) -> Mapping[str, Any] | None:
    holder = source.get("document") or source.get("tool_output")
    return holder if isinstance(holder, dict) and isinstance(holder.get("url"), str) else None
