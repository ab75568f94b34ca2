from __future__ import annotations

from dataclasses import replace

import pytest

from proapi_gateway.candidates import Candidate
from proapi_gateway.clients import Clients
from proapi_gateway.routing import Router
from proapi_gateway.settings import KeySource, ProviderSettings, Route, Secret
from proapi_gateway.targets import target_of
from proapi_translate import Target

from .sample_settings import KEY, block, client, settings, token


def _candidate(**changes: object) -> Candidate:
    provider: ProviderSettings = replace(block(0, Route("m", "upstream-m")), **changes)
    return Router(settings(provider)).candidates("m", client())[0]


def test_a_target_says_where_with_what_key_and_which_options() -> None:
    candidate = _candidate(
        provider="bedrock",
        base_url="http://relay/v1",
        options={"region": "eu-west-1"},
        secret_options={"aws_secret_access_key": Secret("top-secret")},
        headers={"x-extra": "1"},
    )
    assert target_of(candidate, client()) == Target(
        provider="bedrock",
        model="upstream-m",
        base_url="http://relay/v1",
        credential="sk-backend",
        options={"region": "eu-west-1", "aws_secret_access_key": "top-secret"},
        headers={"x-extra": "1"},
    )


@pytest.mark.parametrize(
    ("key_source", "credential"),
    [
        (KeySource.CONFIGURED, "sk-backend"),
        (KeySource.CLIENT, KEY),
        (KeySource.EXCHANGED, ""),
        (KeySource.NONE, ""),
    ],
)
def test_the_clients_key_goes_on_only_where_the_file_says_so(key_source: KeySource, credential: str) -> None:
    target = target_of(_candidate(key_source=key_source), client())
    assert target.credential == credential
    assert type(target.credential) is str, "a masked one would be sent as dots"


def test_under_the_literal_token_all_the_presented_bearer_goes_on() -> None:
    caller = Clients(settings(tokens=(token(key="all"),))).identify("Bearer sk-of-my-own")
    assert target_of(_candidate(key_source=KeySource.CLIENT), caller).credential == "sk-of-my-own"


def test_a_short_lived_token_takes_the_keys_place() -> None:
    assert target_of(_candidate(), client(), access_token="ya29.short").credential == "ya29.short"


def test_the_candidates_location_is_the_one_that_counts() -> None:
    candidate = _candidate(options={"PROJECT_ID": "p", "location": "a,b"}, locations=("a", "b"))
    assert target_of(candidate, client()).options == {"PROJECT_ID": "p", "location": "a"}


def test_no_secret_shows_in_a_printed_target_or_candidate() -> None:
    candidate = _candidate(secret_options={"CLIENT_SECRET": Secret("top-secret-value")})
    printed = repr(target_of(candidate, client())) + repr(candidate)
    assert "top-secret-value" not in printed
    assert "sk-backend" not in printed


@pytest.mark.parametrize(
    ("provider", "of_token", "strict"),
    [(False, False, False), (True, False, True), (False, True, True)],
)
def test_strictness_of_the_provider_or_of_the_token_is_enough(provider: bool, of_token: bool, strict: bool) -> None:
    caller = Clients(settings(tokens=(token(strict=of_token),))).identify(f"Bearer {KEY}")
    assert target_of(_candidate(strict=provider), caller).strict is strict
