"""The rows of OpenAI and its compatibles."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from proapi_translate.providers import openai_quirks as quirks
from proapi_translate.providers.openai_compatible import PROVIDERS
from proapi_translate.providers.openai_quirks import RequestQuirks
from proapi_translate.providers.row import Operation
from proapi_translate.providers.table import provider_of
from proapi_translate.target import Target

ROWS = {row.name: row for row in PROVIDERS}
CHAT = Operation("openai_chat", streaming=True)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("openai", "https://api.openai.com/v1/chat/completions"),
        ("openrouter", "https://openrouter.ai/api/v1/chat/completions"),
        ("deepbricks", "https://api.deepbricks.ai/v1/chat/completions"),
        ("deepseek", "https://api.deepseek.com/chat/completions"),
        ("glm", "https://open.bigmodel.cn/api/paas/v4/chat/completions"),
        ("doubao", "https://ark.cn-beijing.volces.com/api/v3/chat/completions"),
        ("siliconflow", "https://api.siliconflow.cn/v1/chat/completions"),
        ("moonshot", "https://api.moonshot.cn/v1/chat/completions"),
        ("qwen", "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions"),
        ("groq", "https://api.groq.com/openai/v1/chat/completions"),
        ("mistral", "https://api.mistral.ai/v1/chat/completions"),
        ("xai", "https://api.x.ai/v1/chat/completions"),
        ("together", "https://api.together.xyz/v1/chat/completions"),
        ("perplexity", "https://api.perplexity.ai/chat/completions"),
        ("cerebras", "https://api.cerebras.ai/v1/chat/completions"),
        ("ollama", "http://127.0.0.1:11434/v1/chat/completions"),
    ],
)
def test_addresses(name: str, url: str) -> None:
    assert ROWS[name].url(Target(name, "m"), CHAT) == url


@pytest.mark.parametrize("name", ROWS)
def test_every_row_takes_a_base_url(name: str) -> None:
    target = Target(name, "m", base_url="http://127.0.0.1:9/v1", options={"api_version": "v1"})
    address = urlsplit(ROWS[name].url(target, CHAT))
    assert address.netloc == "127.0.0.1:9"
    assert address.path.endswith("/v1/chat/completions")


def test_rows_without_an_address_of_their_own_say_so() -> None:
    assert {name for name, row in ROWS.items() if row.keys.base_url} == {"azure", "vllm"}
    assert all(row.base_url for name, row in ROWS.items() if not row.keys.base_url)
    assert {name for name, row in ROWS.items() if not row.keys.api_key} == {"ollama", "vllm", "lmstudio"}


@pytest.mark.parametrize(
    ("name", "client", "dialect"),
    [
        ("openai", "responses", "openai_responses"),
        ("azure", "responses", "openai_responses"),
        ("xai", "responses", "openai_responses"),
        ("openrouter", "responses", "openai_responses"),
        ("deepseek", "responses", "openai_chat"),
        ("groq", "responses", "openai_chat"),
        ("groq", "completions", "openai_chat"),
        ("openai", "completions", "openai_completions"),
        ("ollama", "embeddings", "openai_embeddings"),
    ],
)
def test_the_api_that_is_spoken(name: str, client: str, dialect: str) -> None:
    assert ROWS[name].dialects_of(Target(name, "m"))[client] == dialect


@pytest.mark.parametrize("client", ["chat", "responses", "completions"])
def test_a_name_of_no_row_is_spoken_to_in_chat(client: str) -> None:
    target = Target("my-relay", "m", base_url="https://relay.example/v1")
    assert provider_of(target).dialects_of(target)[client] == "openai_chat"
    assert provider_of(target).profile_of(target) is quirks.RELAY
    told = replace(target, options={"api": "responses"})
    assert provider_of(told).dialects_of(told)[client] == "openai_responses"


@pytest.mark.parametrize(
    ("base_url", "model", "found"),
    [
        ("", "gpt-4o", quirks.OPENAI),
        ("https://api.openai.com/v1", "gpt-4o", quirks.OPENAI),
        ("https://r.openai.azure.com/openai/v1", "gpt-4o", quirks.OPENAI),
        ("https://api.deepseek.com/v1", "deepseek-chat", quirks.DEEPSEEK),
        ("https://open.bigmodel.cn/api/paas/v4", "glm-4.6", quirks.GLM),
        ("https://api.z.ai/api/paas/v4", "glm-4.6", quirks.GLM),
        ("https://ark.cn-beijing.volces.com/api/v3", "m", quirks.DOUBAO),
        ("https://api.mistral.ai/v1", "m", quirks.MISTRAL),
        ("https://relay.example/v1", "m", quirks.RELAY),
        ("http://127.0.0.1:11434/v1", "m", quirks.RELAY),
        ("https://notapi.openai.com.example/v1", "m", quirks.RELAY),
    ],
)
def test_the_host_tells_whose_quirks_a_provider_openai_has(base_url: str, model: str, found: RequestQuirks) -> None:
    assert ROWS["openai"].profile_of(Target("openai", model, base_url=base_url)) is found


def test_a_responses_client_is_translated_where_the_host_is_known_to_have_no_responses() -> None:
    at = {
        "": "openai_responses",
        "https://api.deepseek.com": "openai_chat",
        "https://relay.example/v1": "openai_responses",
    }
    for base_url, dialect in at.items():
        assert ROWS["openai"].dialects_of(Target("openai", "m", base_url=base_url))["responses"] == dialect


@pytest.mark.parametrize("name", sorted(ROWS.keys() - {"azure"}))
def test_C074_exactly_the_configured_key_as_bearer(name: str) -> None:
    assert ROWS[name].headers(Target(name, "m", credential="sk-x")) == {"authorization": "Bearer sk-x"}
    assert dict(ROWS[name].static_headers) == {}
