from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from proapi_gateway.gateway import Gateway
from proapi_gateway.google_exchange import AccessToken, GoogleCredential
from proapi_gateway.settings import KeySource, ProviderSettings, Route, Secret, Settings
from proapi_translate import ClientFault

from .sample_settings import KEY, block, settings, token

TWO = block(0, "m"), block(1, "m")


def _gateway(first: Settings) -> Gateway:
    return Gateway(first, clock=lambda: 1_764_000_000.9, speaks_openai=lambda provider: provider == "openai")


def _place(gateway: Gateway, model: str = "m") -> int:
    here = gateway.snapshot
    return here.router.candidates(model, here.clients.identify(f"Bearer {KEY}"))[0].provider.place


def test_a_snapshot_holds_all_that_follows_from_its_settings() -> None:
    first = settings(*TWO)
    here = _gateway(first).snapshot
    caller = here.clients.identify(f"Bearer {KEY}")
    assert here.settings is first
    assert here.models.entry("m", caller)["created"] == 1_764_000_000
    assert here.router.candidates("m", caller)[0].provider is first.providers[0]
    assert here.passthrough.candidates("m", caller)[0].provider is first.providers[1]


def test_a_swap_changes_what_comes_and_not_what_has_begun() -> None:
    gateway = _gateway(settings(*TWO))
    begun = gateway.snapshot
    assert gateway.swap(settings(block(0, "n"), tokens=(token(key="sk-new"),))) is gateway.snapshot
    caller = begun.clients.identify(f"Bearer {KEY}")
    assert begun.router.candidates("m", caller)
    with pytest.raises(ClientFault, match="Incorrect API key"):
        gateway.snapshot.clients.identify(f"Bearer {KEY}")


def test_turns_of_unchanged_names_outlive_many_swaps() -> None:
    gateway = _gateway(settings(*TWO))
    places = []
    for _ in range(4):
        places.append(_place(gateway))
        gateway.swap(settings(*TWO))
    assert places == [0, 1, 0, 1]


def test_settings_that_cannot_be_compiled_leave_the_old_ones_in_force() -> None:
    gateway = _gateway(settings(*TWO))
    with pytest.raises(ValueError, match="inf"):
        gateway.swap(settings(block(0, Route("m", "x", float("inf")))))
    assert _place(gateway) == 0


def test_access_tokens_of_credentials_that_stay_outlive_a_swap() -> None:
    def vertex(place: int, account: str) -> ProviderSettings:
        secrets = {"REFRESH_TOKEN": Secret(account)}
        block = ProviderSettings(place, "vertexai_gemini", key_source=KeySource.EXCHANGED, secret_options=secrets)
        return replace(block, routes=(Route("m", "m"),))

    gateway = _gateway(settings(vertex(0, "goes"), vertex(1, "stays")))
    tokens = gateway.snapshot.google_tokens
    asked: list[str] = []

    def exchange(credential: GoogleCredential) -> AccessToken:
        asked.append(credential.refresh_token.reveal())
        return AccessToken(Secret("ya29"), 1_764_009_999.0)

    tokens._exchange = exchange
    for account in ("goes", "stays"):
        asyncio.run(tokens.token_for(vertex(0, account)))
    assert gateway.swap(settings(vertex(0, "stays"))).google_tokens is tokens
    for account in ("goes", "stays"):
        asyncio.run(tokens.token_for(vertex(0, account)))
    assert asked == ["goes", "stays", "goes"]


def test_models_keep_their_time_over_a_swap() -> None:
    clock = iter([100.0, 200.0])
    gateway = Gateway(settings(*TWO), lambda: next(clock), lambda provider: True)
    here = gateway.swap(settings(*TWO))
    assert here.models.entry("m", here.clients.identify(f"Bearer {KEY}"))["created"] == 100
