"""No secret in what the logs keep, nor in what a client is told of a backend's words."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from addons.exchange import Sent
from addons.secret_redaction import Redaction, hide_headers, hide_query, scrub, secrets_of_headers
from proapi_gateway.candidates import Candidate
from proapi_gateway.settings import ProviderSettings, Route, Secret
from tests.addons.exchanges import exchange

AWS_KEY = 'wJalr/XUtnFEMI+K7MDENG/"bPxRfiü'


@pytest.mark.parametrize(
    "said",
    [
        AWS_KEY,
        json.dumps({"key": AWS_KEY}),
        json.dumps({"key": AWS_KEY}).replace("/", "\\/"),
        json.dumps({"key": AWS_KEY}, ensure_ascii=False),
        "https://x.test/?key=wJalr%2FXUtnFEMI%2BK7MDENG%2F%22bPxRfi%C3%BC&x=1",
    ],
    ids=["plain", "json", "json with escaped slashes", "json in UTF-8", "url"],
)
def test_a_key_is_found_however_it_is_written(said: str) -> None:
    hidden = Redaction([Secret(AWS_KEY), Secret("other-secret-key")]).redact(said.encode())
    assert len(hidden) == len(said.encode())  # offsets into it stay right
    assert b"wJalr" not in hidden
    assert b"MDENG" not in hidden


def test_a_key_that_begins_like_another_is_hidden_whole() -> None:
    redaction = Redaction([Secret("sk-abcdefgh"), Secret("sk-abcdefgh-longer")])
    assert redaction.redact(b"[sk-abcdefgh-longer]") == b"[******************]"


def test_a_key_in_a_head_is_found_where_no_name_tells_of_it() -> None:
    protocols = "realtime, openai-insecure-api-key.sk-abcdefgh"
    head = {"url": "/v1/models/sk-abcdefgh", "headers": [["sec-websocket-protocol", protocols], ["x", '"\N{SNOWMAN}']]}
    hidden = json.loads(Redaction([Secret("sk-abcdefgh")]).redact_head(head))
    assert hidden["url"] == "/v1/models/***********"
    assert hidden["headers"] == [["sec-websocket-protocol", protocols[:-11] + "*" * 11], ["x", '"\N{SNOWMAN}']]


def test_words_that_are_no_keys_stay() -> None:
    assert Redaction([Secret(""), Secret("ollama")]).redact_text("I run ollama") == "I run ollama"


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("Authorization", True), ("x-api-key", True), ("api-key", True), ("x-goog-api-key", True), ("Cookie", True),
        ("set-cookie", True), ("x-amz-security-token", True), ("x-custom-secret", True), ("cf-aig-authorization", True),
        ("content-type", False), ("x-ratelimit-remaining-tokens", False), ("x-stainless-lang", False),
        ("openai-organization", False), ("x-proapi-attempts", False),
    ],
)  # fmt: skip
def test_headers(name: str, hidden: bool) -> None:
    assert hide_headers([(name, "value")]) == [[name, "[hidden]" if hidden else "value"]]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/v1beta/m:generateContent?key=AIzaSy", "/v1beta/m:generateContent?key=[hidden]"),
        ("/x?alt=sse&api_key=a&api-version=2024&sig=b", "/x?alt=sse&api_key=[hidden]&api-version=2024&sig=[hidden]"),
        ("/x?monkey=1&access_token=a=b", "/x?monkey=1&access_token=[hidden]"),
        ("/plain", "/plain"),
    ],
)
def test_urls(url: str, shown: str) -> None:
    assert hide_query(url) == shown


def test_what_headers_carry_is_hidden_elsewhere_too() -> None:
    headers = [
        ("authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/2025/x, Signature=5d672d79c15b13162d92"),
        ("x-goog-api-key", "AIzaSyA1234567890abcdef"),
        ("accept", "text/event-stream-with-a-1"),
    ]
    said = b"5d672d79c15b13162d92 AIzaSyA1234567890abcdef text/event-stream"
    hidden = Redaction(secrets_of_headers(headers)).redact(said)
    assert hidden.count(b"*") == 43
    assert hidden.endswith(b"text/event-stream")


# -- a backend's words ------------------------------------------------------------------------------------------------
def candidate(key: str) -> Candidate:
    options = {"REFRESH_TOKEN": Secret("1//refresh-token")}
    provider = ProviderSettings(place=0, provider="p", secret_options=options)
    return Candidate(provider, Route("m", "m"), Secret(key))


def test_every_key_of_the_attempt_is_taken_out() -> None:
    sent = Sent(candidate("sk-backend-key"), access_token=Secret("ya29.short-lived"))
    client = SimpleNamespace(bearer=Secret("sk-client-key"))
    text = b"Incorrect key sk-backend-key, 1//refresh-token, sk-client-key, ya29.short-lived"
    assert scrub(text, exchange(sent=sent, client=client).secrets) == b"Incorrect key [key], [key], [key], [key]"
    assert scrub(text, exchange(client=client).secrets).endswith(b"[key], ya29.short-lived")


def test_words_that_serve_as_keys_stay() -> None:
    assert scrub(b"none of this", [Secret("none"), Secret("")]) == b"none of this"


def test_a_key_in_a_backends_json_is_found() -> None:
    said = json.dumps({"message": f"Incorrect key {AWS_KEY}."}).encode()
    assert json.loads(scrub(said, [Secret(AWS_KEY)])) == {"message": "Incorrect key [key]."}
