"""What a vendor's search is for, whole and put together from the pieces of a stream."""

from __future__ import annotations

import pytest

from proapi_translate.events import read_queries


@pytest.mark.parametrize(
    ("given", "queries"),
    [
        ({"query": "ruby"}, ("ruby",)),
        ('{"query": "ruby"}', ("ruby",)),
        ('{"query": "ru', ()),
        ("", ()),
        ('["ruby"]', ()),
        ({"query": ""}, ()),
        ({"query": 7}, ()),
        ({}, ()),
        (None, ()),
    ],
)
def test_queries(given: object, queries: tuple[str, ...]) -> None:
    assert read_queries(given) == queries
