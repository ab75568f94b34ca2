"""Cohere's addresses, also those of old configurations, and its key's header."""

from __future__ import annotations

import pytest

from proapi_translate.providers.cohere import PROVIDERS
from proapi_translate.providers.row import Operation
from proapi_translate.target import Target

[COHERE] = PROVIDERS


@pytest.mark.parametrize(
    ("base_url", "root"),
    [
        ("", "https://api.cohere.com"),
        ("https://api.cohere.com/", "https://api.cohere.com"),
        ("https://api.cohere.ai/v1", "https://api.cohere.ai"),
        ("https://api.cohere.ai/v1/chat", "https://api.cohere.ai"),
        ("https://api.cohere.com/v2/", "https://api.cohere.com"),
        ("https://api.cohere.com/v2/chat", "https://api.cohere.com"),
        ("https://api.cohere.com/compatibility/v1", "https://api.cohere.com"),
        ("http://127.0.0.1:9/cohere", "http://127.0.0.1:9/cohere"),
    ],
)
def test_every_base_url_means_v2(base_url: str, root: str) -> None:
    target = Target("cohere", "command-r", base_url=base_url)
    for dialect, path in (("cohere", "/v2/chat"), ("cohere_embed", "/v2/embed")):
        assert COHERE.url(target, Operation(dialect, streaming=False)) == root + path


def test_C074_exactly_the_configured_key_as_bearer() -> None:
    assert COHERE.headers(Target("cohere", "m", credential="co")) == {"authorization": "Bearer co"}
    assert dict(COHERE.static_headers) == {}


def test_chat_clients_are_translated() -> None:
    assert COHERE.dialects_of(Target("cohere", "m"))["chat"] == "cohere"
