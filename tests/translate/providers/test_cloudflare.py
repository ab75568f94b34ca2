"""Which of its two addresses Workers AI is spoken to at, and its key's header."""

from __future__ import annotations

import pytest

from proapi_translate.errors import ClientFault
from proapi_translate.providers.cloudflare import PROVIDERS
from proapi_translate.providers.openai_quirks import CLOUDFLARE as QUIRKS
from proapi_translate.providers.row import Operation
from proapi_translate.target import Target

[CLOUDFLARE] = PROVIDERS
API = "https://api.cloudflare.com/client/v4"
ACCOUNT = f"{API}/accounts/acc/ai"
LLAMA = "@cf/meta/llama-3.1-8b-instruct"


def address(target: Target, client: str = "chat") -> tuple[str, str]:
    dialect = CLOUDFLARE.dialects_of(target)[client]
    return dialect, CLOUDFLARE.url(target, Operation(dialect, streaming=True))


@pytest.mark.parametrize(
    ("base_url", "api", "model", "dialect", "url"),
    [
        ("", None, LLAMA, "cloudflare", f"{ACCOUNT}/run/{LLAMA}"),
        ("", "run", LLAMA, "cloudflare", f"{ACCOUNT}/run/{LLAMA}"),
        ("", "openai", LLAMA, "openai_chat", f"{ACCOUNT}/v1/chat/completions"),
        ("", "chat", LLAMA, "openai_chat", f"{ACCOUNT}/v1/chat/completions"),
        ("", None, "@cf/openai/gpt-oss-20b", "openai_chat", f"{ACCOUNT}/v1/chat/completions"),
        ("", "run", "@cf/openai/gpt-oss-20b", "cloudflare", f"{ACCOUNT}/run/@cf/openai/gpt-oss-20b"),
        ("", None, "@hf/a b?c", "cloudflare", f"{ACCOUNT}/run/@hf/a%20b%3Fc"),
        (API + "/", None, LLAMA, "cloudflare", f"{ACCOUNT}/run/{LLAMA}"),
        (f"{API}/accounts/other/ai/run/", None, LLAMA, "cloudflare", f"{API}/accounts/other/ai/run/{LLAMA}"),
        (f"{API}/accounts/other/ai/v1", None, LLAMA, "openai_chat", f"{API}/accounts/other/ai/v1/chat/completions"),
        (f"{API}/accounts/other/ai", None, LLAMA, "cloudflare", f"{API}/accounts/other/ai/run/{LLAMA}"),
        (f"{API}/accounts/other/ai/v1", "run", LLAMA, "cloudflare", f"{API}/accounts/other/ai/run/{LLAMA}"),
        (
            f"{API}/accounts/o/ai/v1/chat/completions",
            None,
            LLAMA,
            "openai_chat",
            f"{API}/accounts/o/ai/v1/chat/completions",
        ),
    ],
)
def test_addresses(base_url: str, api: str | None, model: str, dialect: str, url: str) -> None:
    options = {"account_id": "acc", **({} if api is None else {"api": api})}
    assert address(Target("cloudflare", model, base_url=base_url, options=options)) == (dialect, url)


def test_embeddings_go_to_the_address_that_chat_goes_to() -> None:
    model = "@cf/baai/bge-m3"
    for options, found in (
        ({}, ("cloudflare_embeddings", f"{ACCOUNT}/run/{model}")),
        ({"api": "openai"}, ("openai_embeddings", f"{ACCOUNT}/v1/embeddings")),
    ):
        target = Target("cloudflare", model, options={"account_id": "acc", **options})
        assert address(target, "embeddings") == found


def test_what_the_configuration_lacks_is_told() -> None:
    with pytest.raises(ClientFault, match="account_id") as caught:
        address(Target("cloudflare", LLAMA))
    assert caught.value.status == 500
    with pytest.raises(ClientFault, match="expected one of run, openai, chat"):
        address(Target("cloudflare", LLAMA, options={"account_id": "a", "api": "soap"}))


def test_the_compatible_address_has_its_quirks() -> None:
    assert CLOUDFLARE.profile_of(Target("cloudflare", LLAMA)) is QUIRKS
    assert not QUIRKS.null_content


def test_C074_exactly_the_configured_key_as_bearer() -> None:
    assert CLOUDFLARE.headers(Target("cloudflare", "m", credential="cf")) == {"authorization": "Bearer cf"}
    assert dict(CLOUDFLARE.static_headers) == {}
