from __future__ import annotations

import pytest

from proapi_gateway.passthrough import Passthrough
from proapi_gateway.routing import Router
from proapi_gateway.settings import ProviderSettings, Route, ServerSettings
from proapi_translate import BackendFailure, ClientFault

from .sample_settings import block, client, settings

BLOCKS = (
    block(0, "claude", provider="anthropic"),
    block(1, "whisper", "chat", keys=("k1", "k2")),
    block(2, "chat", provider="deepseek"),
    block(3, "mixed", provider="anthropic"),
    block(4, "mixed", name="files"),
)


def _passthrough(*blocks: ProviderSettings, default_model: str = "", provider: str = "") -> Passthrough:
    server = ServerSettings(default_model=default_model, passthrough_provider=provider)
    configured = settings(*(blocks or BLOCKS), server=server)
    return Passthrough(configured, Router(configured), speaks_openai=frozenset({"openai", "deepseek"}).__contains__)


def _tried(passthrough: Passthrough, model: str, *patterns: str) -> list[tuple[int, str]]:
    return [(each.provider.place, each.route.upstream) for each in passthrough.candidates(model, client(*patterns))]


@pytest.mark.parametrize(
    ("model", "default_model", "provider", "tried"),
    [
        ("whisper", "", "", [(1, "whisper@1"), (1, "whisper@1")]),  # both keys of its pool
        ("mixed", "", "", [(4, "mixed@4")]),  # of its members only those that speak it
        ("dall-e-3", "chat", "", [(1, "dall-e-3")]),  # the name that the client sent stays
        ("dall-e-3", "chat", "files", [(4, "dall-e-3")]),
        ("", "chat", "", [(1, "")]),
        ("", "mixed", "", [(4, "")]),
        ("", "chat", "files", [(4, "")]),
        ("", "", "openai/files", [(4, "")]),
        ("", "", "deepseek", [(2, "")]),
    ],
)
def test_a_routed_name_goes_to_its_backends_and_all_else_home(model, default_model, provider, tried) -> None:
    assert _tried(_passthrough(default_model=default_model, provider=provider), model) == tried


def test_home_is_always_the_same_account() -> None:
    passthrough = _passthrough(default_model="chat")
    candidates = [passthrough.candidates("", client())[0] for _ in range(4)]
    assert {(each.here[:2], each.api_key.reveal()) for each in candidates} == {((1, 0), "k1")}


@pytest.mark.parametrize(
    ("model", "default_model", "provider", "said"),
    [
        ("", "", "", "server.passthrough_provider"),
        ("dall-e-3", "", "", "server.passthrough_provider"),
        ("", "claude", "", "server.passthrough_provider"),
        ("", "unrouted", "", "server.passthrough_provider"),
        ("", "", "anthropic", "server.passthrough_provider"),
        ("claude", "chat", "", "`claude`"),
    ],
)
def test_where_nobody_speaks_it_the_404_says_what_to_do(model, default_model, provider, said) -> None:
    with pytest.raises(ClientFault) as caught:
        _passthrough(default_model=default_model, provider=provider).candidates(model, client())
    assert (caught.value.status, caught.value.code) == (404, "no_passthrough_provider")
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("model", "provider", "pattern", "allowed"),
    [
        ("whisper", "", "whisper", True),
        ("whisper", "", "chat", False),
        ("dall-e-3", "", "dall-e-*", True),
        ("dall-e-3", "", "chat", False),
        ("dall-e-3", "files", "chat", False),
        ("", "", "chat", True),
        ("", "", "whisper", False),
        ("", "files", "whisper", True),
    ],
)
def test_permissions_hold_for_the_name_or_else_for_the_default_model(model, provider, pattern, allowed) -> None:
    passthrough = _passthrough(default_model="chat", provider=provider)
    if allowed:
        assert passthrough.candidates(model, client(pattern))
        return
    with pytest.raises(ClientFault) as caught:
        passthrough.candidates(model, client(pattern))
    assert caught.value.code == "model_not_found"


def test_a_home_that_cannot_be_used_is_a_503_that_names_what_is_missing() -> None:
    passthrough = _passthrough(block(0, "chat", unavailable="KEY_A is not set"), default_model="chat")
    with pytest.raises(BackendFailure, match="openai: KEY_A is not set") as caught:
        passthrough.candidates("", client())
    assert caught.value.status == 503


def test_home_is_the_first_that_can_be_used() -> None:
    blocks = block(0, "chat", unavailable="KEY_A is not set"), block(1, Route("chat", "x", 0)), block(2, "chat")
    assert _tried(_passthrough(*blocks, default_model="chat"), "") == [(2, "")]


def test_a_path_with_a_dialect_goes_to_backends_that_it_can_be_translated_for() -> None:
    blocks = (block(0, "m", provider="gemini"), block(1, "m", provider="anthropic"), block(2, "m", provider="openai"))
    passthrough = _passthrough(*blocks)
    tried = [each.provider.place for each in passthrough.candidates("m", client(), "images")]
    assert sorted(tried) == [0, 2]
    assert [each.provider.place for each in passthrough.candidates("m", client())] == [2]


def test_where_no_backend_of_a_model_takes_a_path_those_that_could_are_named() -> None:
    with pytest.raises(ClientFault) as raised:
        _passthrough().candidates("claude", client())
    assert raised.value.status == 404
    assert "Blocks that do: openai, deepseek, openai/files." in raised.value.message


def test_a_token_is_told_of_no_block_that_it_may_not_use() -> None:
    with pytest.raises(ClientFault) as raised:
        _passthrough().candidates("claude", client("claude", "whisper"))
    assert raised.value.message.endswith("none speaks OpenAI's API. Blocks that do: openai.")
