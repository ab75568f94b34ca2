"""Grounding to annotations: bytes to characters, and what has no address."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from proapi_translate.dialects.gemini.citations import read_citations
from proapi_translate.dialects.gemini.wire import GroundingMetadata

PAGE = {"web": {"uri": "https://a.test", "title": "A"}}
OTHER = {"maps": {"uri": "https://b.test"}}
TEXT = "Größe 渋谷: 7 m. Ende"


def support(start: int, end: int, *chunks: int, **segment: Any) -> dict[str, Any]:
    return {"segment": {"startIndex": start, "endIndex": end, **segment}, "groundingChunkIndices": list(chunks)}


def cite(chunks: list[Any], supports: list[Any] | None, offsets: dict[int, int] | None = None) -> list[dict[str, Any]]:
    grounding = msgspec.convert({"groundingChunks": chunks, "groundingSupports": supports}, GroundingMetadata)
    return list(read_citations(grounding, TEXT, offsets or {}))


def places(annotations: list[dict[str, Any]]) -> list[tuple[str, str]]:
    cited = [annotation["url_citation"] for annotation in annotations]
    return [(place["url"], TEXT[place["start_index"] : place["end_index"]]) for place in cited]


def test_the_whole_annotation() -> None:
    assert cite([PAGE], [support(0, 7, 0)]) == [
        {
            "type": "url_citation",
            "url_citation": {"url": "https://a.test", "title": "A", "start_index": 0, "end_index": 5},
        }
    ]


@pytest.mark.parametrize(
    ("supports", "expected"),
    [
        ([support(8, 14, 0)], [("https://a.test", "渋谷")]),
        ([support(0, 7, 0, 1)], [("https://a.test", "Größe"), ("https://b.test", "Größe")]),
        ([{"segment": {"endIndex": 7}, "groundingChunkIndices": [0]}], [("https://a.test", "Größe")]),
        # The passage's own words win where the numbers lead elsewhere.
        ([support(3, 7, 0, text="Ende")], [("https://a.test", "Ende")]),
        ([support(0, 7, 0, text="nowhere")], [("https://a.test", "Größe")]),
        ([support(0, 7, 9)], []),
        ([{"groundingChunkIndices": [0]}], [("https://a.test", "")]),
        ([{"segment": {}}], []),
        # Pages without passages hold for the whole text.
        ([], [("https://a.test", TEXT), ("https://b.test", TEXT)]),
        (None, [("https://a.test", TEXT), ("https://b.test", TEXT)]),
    ],
)
def test_places(supports: list[Any] | None, expected: list[tuple[str, str]]) -> None:
    assert places(cite([PAGE, OTHER], supports)) == expected


def test_a_passage_of_a_later_part() -> None:
    assert places(cite([PAGE], [support(0, 6, 0, partIndex=2)], {0: 0, 2: 8})) == [("https://a.test", "渋谷")]


def test_what_has_no_address_keeps_googles_form() -> None:
    chunk = {"retrievedContext": {"text": "t", "fileSearchStore": "s"}}
    (annotation,) = cite([chunk, {}], [support(0, 7, 0, 1)])
    place = {"text": "t", "fileSearchStore": "s", "start_index": 0, "end_index": 5}
    assert annotation == {"type": "retrieved_context", "retrieved_context": place}
    assert places(cite([{"retrievedContext": {"uri": "https://c.test", "title": "C"}}], None)) == [
        ("https://c.test", TEXT)
    ]
