"""The directives of a client, in all their spellings."""

from __future__ import annotations

import pytest

from proapi_gateway.reply_cache.cache_control import ALL_ALLOWED, CacheControl, read_cache_control


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("", ALL_ALLOWED),
        ("no-cache", CacheControl(reads=False)),
        ("No-Cache, no-transform", CacheControl(reads=False)),
        ("no-store", CacheControl(reads=False, stores=False)),
        ("no-cache,no-store", CacheControl(reads=False, stores=False)),
        ("max-age=60", CacheControl(max_age_s=60.0)),
        ('max-age="0"', CacheControl(max_age_s=0.0)),
        ("max-age=-1", ALL_ALLOWED),
        ("max-age=soon, ,=,only-if-cached", ALL_ALLOWED),
    ],
)
def test_each(header: str, told: CacheControl) -> None:
    assert read_cache_control(header) == told
