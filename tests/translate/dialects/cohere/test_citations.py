"""Cohere's citations as annotations."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.dialects.cohere.citations import read_citation
from proapi_translate.events import Annotation


def web(url: str, title: str = "T") -> dict[str, Any]:
    return {"type": "document", "id": "d", "document": {"url": url, "title": title}}


def test_an_address_makes_it_openais_citation() -> None:
    citation = {"start": 4, "end": 8, "text": "Ruby", "sources": [web("https://a"), web("https://b", "")]}
    assert list(read_citation(citation, 2, 10)) == [
        Annotation(2, {"type": "url_citation", "url_citation": place})
        for place in (
            {"start_index": 14, "end_index": 18, "title": "T", "url": "https://a"},
            {"start_index": 14, "end_index": 18, "title": "", "url": "https://b"},
        )
    ]


def test_without_an_address_it_keeps_its_own_form() -> None:
    citation = {"start": 0, "end": 4, "sources": [{"type": "tool", "id": "t:0", "tool_output": {"content": "Ruby"}}]}
    [told] = read_citation(citation, 0, 0)
    assert told.body == {"type": "cohere_citation", "cohere_citation": citation}


@pytest.mark.parametrize("kind", ["PLAN", "THINKING_CONTENT"])
def test_citations_of_thoughts_have_no_place(kind: str) -> None:
    assert list(read_citation({"start": 0, "end": 1, "type": kind, "sources": [web("https://a")]}, 0, 0)) == []
