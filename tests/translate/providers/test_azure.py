"""Azure's addresses and its key's header."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.providers.azure import AZURE
from proapi_translate.providers.row import Operation
from proapi_translate.target import Target

RESOURCE = "https://r.openai.azure.com"
DATED = "2024-10-21"


@pytest.mark.parametrize(
    ("base_url", "api_version", "dialect", "path"),
    [
        (RESOURCE, DATED, "openai_chat", f"/openai/deployments/d%2F1/chat/completions?api-version={DATED}"),
        (RESOURCE + "/", DATED, "openai_embeddings", f"/openai/deployments/d%2F1/embeddings?api-version={DATED}"),
        (RESOURCE + "/openai", DATED, "openai_chat", f"/openai/deployments/d%2F1/chat/completions?api-version={DATED}"),
        (RESOURCE, "2025-04-01-preview", "openai_responses", "/openai/responses?api-version=2025-04-01-preview"),
        (RESOURCE, None, "openai_chat", "/openai/v1/chat/completions"),
        (RESOURCE, "v1", "openai_responses", "/openai/v1/responses"),
        (RESOURCE, "preview", "openai_chat", "/openai/v1/chat/completions?api-version=preview"),
        (RESOURCE + "/openai/v1/", None, "openai_chat", "/openai/v1/chat/completions"),
        (RESOURCE + "/openai/v1", DATED, "openai_chat", "/openai/v1/chat/completions"),
        (
            RESOURCE + "/openai/deployments/x",
            DATED,
            "openai_chat",
            f"/openai/deployments/x/chat/completions?api-version={DATED}",
        ),
        (
            RESOURCE + f"/openai/deployments/x/chat/completions?api-version={DATED}",
            None,
            "openai_chat",
            f"/openai/deployments/x/chat/completions?api-version={DATED}",
        ),
        (
            RESOURCE + "/models",
            "2024-05-01-preview",
            "openai_chat",
            "/models/chat/completions?api-version=2024-05-01-preview",
        ),
    ],
)
def test_urls(base_url: str, api_version: str | None, dialect: str, path: str) -> None:
    options: dict[str, Any] = {} if api_version is None else {"api_version": api_version}
    target = Target("azure", "d/1", base_url=base_url, options=options)
    assert AZURE.url(target, Operation(dialect, streaming=True)) == RESOURCE + path


PREVIEW = "2025-04-01-preview"


@pytest.mark.parametrize(
    ("base_url", "api_version", "asked", "path"),
    [
        (RESOURCE, None, "realtime?model=d%2F1&intent=a%20b", "/openai/v1/realtime?model=d%2F1&intent=a%20b"),
        (RESOURCE, "preview", "realtime?model=d", "/openai/v1/realtime?api-version=preview&model=d"),
        (RESOURCE, PREVIEW, "realtime?model=d%2F1", f"/openai/realtime?api-version={PREVIEW}&deployment=d%2F1"),
        (RESOURCE, None, "images/generations", "/openai/v1/images/generations"),
        (RESOURCE, DATED, "images/generations", f"/openai/deployments/d%2F1/images/generations?api-version={DATED}"),
        (RESOURCE, DATED, "audio/speech", f"/openai/deployments/d%2F1/audio/speech?api-version={DATED}"),
        (RESOURCE, DATED, "files/f-1/content", f"/openai/files/f-1/content?api-version={DATED}"),
        (RESOURCE + "/openai/v1", None, "files?limit=2", "/openai/v1/files?limit=2"),
    ],
)  # fmt: skip
def test_paths_that_nobody_translates(base_url: str, api_version: str | None, asked: str, path: str) -> None:
    options: dict[str, Any] = {} if api_version is None else {"api_version": api_version}
    target = Target("azure", "d/1", base_url=base_url, credential="k", options=options)
    assert AZURE.passed_url is not None
    assert AZURE.passed_url(target, asked) == RESOURCE + path


@pytest.mark.parametrize(
    ("credential", "headers"),
    [
        ("0123abc", {"api-key": "0123abc"}),
        ("eyJhbGciOi.eyJhdWQi.c2ln", {"authorization": "Bearer eyJhbGciOi.eyJhdWQi.c2ln"}),
        ("", {}),
    ],
)
def test_C074_the_key_or_an_entra_token_never_both(credential: str, headers: dict[str, str]) -> None:
    assert AZURE.headers(Target("azure", "d", credential=credential)) == headers
    assert dict(AZURE.static_headers) == {}
