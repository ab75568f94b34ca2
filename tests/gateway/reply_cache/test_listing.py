"""What the admin reads: pages by filters, one entry, sizes; and what it deletes."""

from __future__ import annotations

import pytest

from proapi_gateway.reply_cache.entries import ReplyStore, Sizes
from proapi_gateway.reply_cache.listing import CacheFilters, CacheListing

from .sample_entries import PARTS, STORED_MS, entry

ODD = {"token": "team-b", "model": "claude", "provider": "anthropic", "words": "Guten Tag 你 好"}


@pytest.fixture
def listing(store: ReplyStore) -> CacheListing:
    for number in range(6):
        store.write(entry(f"k{number}", stored_ms=STORED_MS + number, **(ODD if number % 2 else {})))
    return CacheListing(store)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (CacheFilters(), "543210"),
        (CacheFilters(token="team-b"), "531"),
        (CacheFilters(provider="openai"), "420"),
        (CacheFilters(model="claude", text="guten"), "531"),
        (CacheFilters(text="你好"), "531"),
        (CacheFilters(model="claude", text="what"), ""),
    ],
)
def test_filters(listing: CacheListing, filters: CacheFilters, found: str) -> None:
    page = listing.page(filters)
    assert ["k" + place for place in found] == [view.key for view in page.entries]
    assert page.after is None


def test_pages(listing: CacheListing) -> None:
    filters, after, pages = CacheFilters(token="team-b"), None, []
    while True:
        page = listing.page(filters, after=after, limit=2)
        pages.append([view.key for view in page.entries])
        after = page.after
        if after is None:
            break
    assert pages == [["k5", "k3"], ["k1"]]


def test_one_and_all(listing: CacheListing) -> None:
    detail = listing.entry("k1")
    assert detail is not None
    assert (detail.view.model, detail.parts) == ("claude", PARTS)
    assert listing.entry("gone") is None
    assert listing.sizes() == Sizes(6, 600, 0)
    assert listing.delete(["k1", "k2"]) == 2
    assert listing.sizes().entries == 4
    listing.clear()
    assert listing.page().entries == ()
