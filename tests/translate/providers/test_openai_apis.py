"""Addresses and choices that all OpenAI-compatible rows share."""

from __future__ import annotations

import pytest

from proapi_translate.errors import ClientFault
from proapi_translate.providers.openai_apis import bearer_headers, choose_by_api, join_url, list_apis
from proapi_translate.providers.row import Operation
from proapi_translate.target import Target

CHAT = Operation("openai_chat", streaming=False)


@pytest.mark.parametrize(
    ("base_url", "dialect", "url"),
    [
        ("https://h/v1", "openai_chat", "https://h/v1/chat/completions"),
        ("https://h/v1/", "openai_chat", "https://h/v1/chat/completions"),
        ("https://h/v1/chat/completions", "openai_chat", "https://h/v1/chat/completions"),
        ("https://h/v1/chat/completions/?a=b", "openai_chat", "https://h/v1/chat/completions?a=b"),
        ("https://h/v1/chat/completions", "openai_embeddings", "https://h/v1/embeddings"),
        ("https://h/v1", "openai_responses", "https://h/v1/responses"),
        ("https://h/v1/completions", "openai_completions", "https://h/v1/completions"),
        ("https://h", "openai_chat", "https://h/chat/completions"),
    ],
)
def test_urls(base_url: str, dialect: str, url: str) -> None:
    assert join_url(base_url, Operation(dialect, streaming=True)) == url


@pytest.mark.parametrize(
    ("api", "responses", "client", "dialect"),
    [
        ("", True, "chat", "openai_chat"),
        ("", True, "responses", "openai_responses"),
        ("", False, "responses", "openai_chat"),
        ("", True, "completions", "openai_completions"),
        ("", False, "completions", "openai_chat"),
        ("chat", True, "responses", "openai_chat"),
        ("responses", False, "chat", "openai_responses"),
        ("responses", False, "embeddings", "openai_embeddings"),
    ],
)
def test_the_api_that_is_spoken(api: str, responses: bool, client: str, dialect: str) -> None:
    target = Target("any", "m", options={"api": api} if api else {})
    assert choose_by_api(list_apis(responses=responses, completions=responses), target)[client] == dialect


def test_an_unknown_api_is_the_configurations_fault() -> None:
    target = Target("groq", "m", options={"api": "grpc"})
    with pytest.raises(ClientFault, match="groq: api: expected one of chat, responses") as caught:
        choose_by_api(list_apis(responses=False, completions=False), target)
    assert caught.value.status == 500


def test_the_key_is_the_bearer_or_there_is_none() -> None:
    assert bearer_headers(Target("a", "m", credential="sk")) == {"authorization": "Bearer sk"}
    assert bearer_headers(Target("a", "m")) == {}
