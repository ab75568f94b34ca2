"""Which headers a client gets."""

import pytest

from addons.exchange import Sent
from addons.reply_headers import in_one_line, keep_from_backend, list_losses, own_headers
from proapi_translate import Context, Loss, Target, translate_request
from tests.addons.exchanges import TOKEN, exchange, gateway


def test_of_a_backends_headers_only_listed_ones_go_on() -> None:
    backend = [
        ("Set-Cookie", "a=b"),
        ("Server", "nginx"),
        ("CF-Ray", "1"),
        ("Content-Length", "9"),
        ("Content-Encoding", "gzip"),
        ("Connection", "close"),
        ("Transfer-Encoding", "chunked"),
        ("x-request-id", "theirs"),
        ("openai-processing-ms", "1"),
        ("Retry-After", "3"),
        ("X-RateLimit-Remaining-Tokens", "7"),
        ("openai-organization", "org"),
    ]
    kept = keep_from_backend(backend)
    assert kept == {"retry-after": "3", "x-ratelimit-remaining-tokens": "7", "openai-organization": "org"}
    raw = keep_from_backend(backend, raw_body=True)
    assert {**kept, "content-length": "9", "content-encoding": "gzip"} == raw


def test_own_headers_say_who_and_what_was_lost() -> None:
    started = exchange()
    assert own_headers(started, 100.25) == {"x-request-id": "req_1", "openai-processing-ms": "250"}
    candidate = gateway().snapshot.router.candidates("m", gateway().snapshot.clients.identify(f"Bearer {TOKEN}"))[0]
    body = b'{"model": "m", "messages": [{"role": "user", "content": "x"}], "seed": 1, "logit_bias": {}}'
    translation = translate_request("chat", body, Target("anthropic", "claude-x", credential="k"), Context())
    tried = exchange(attempts=2, sent=Sent(candidate, translation=translation), origin="https://app.example")
    headers = own_headers(tried, 101)
    assert headers["x-proapi-attempts"] == "2"
    assert headers["x-proapi-provider"] == "openai"
    assert headers["x-proapi-model"] == "m"
    assert "seed" in headers["x-proapi-lossy"].split(",")
    assert headers["access-control-allow-origin"] == "*"


def test_claudes_limits_are_told_as_openai_tells_them_too() -> None:
    reset = ("anthropic-ratelimit-tokens-reset", "2026-01-01T00:00:00Z")
    backend = [("Anthropic-RateLimit-Tokens-Remaining", "7"), reset]
    assert keep_from_backend(backend) == {
        "x-ratelimit-remaining-tokens": "7",
        "anthropic-ratelimit-tokens-remaining": "7",
        "anthropic-ratelimit-tokens-reset": "2026-01-01T00:00:00Z",
    }


LISTED = {
    "plain": (["seed", "messages[].name"], "seed,messages[].name"),
    "twice": (["seed", "seed"], "seed"),
    "line breaks": (["a\r\nset-cookie: b=c", "d\n\n<html>"], "a?set-cookie:?b=c,d?<html>"),
    "a comma": (["a,b"], "a?b"),
    "not ASCII": (["caf\u00e9\u4e2d", "\ud83d"], "caf?,?"),
    "one that is too long": (["a" * 2000], "+1"),
    "very many": ([f"unknown_{number:04}" for number in range(5000)], None),
}


@pytest.mark.parametrize("case", LISTED)
def test_a_clients_field_makes_no_header_of_its_own(case: str) -> None:
    fields, expected = LISTED[case]
    listed = list_losses(Loss(field, "dropped", "why") for field in fields)
    assert expected is None or listed == expected
    assert len(listed) < 1100
    assert listed.isascii()
    assert listed.isprintable()
    if expected is None:
        assert listed.startswith("unknown_0000,unknown_0001,")
        assert int(listed.rpartition(",+")[2]) == 5000 - listed.count("unknown")


def test_a_backends_header_stays_one_line() -> None:
    backend = [("x-ratelimit-limit-requests", "1\r\nset-cookie: a=b\0"), ("openai-version", "a\tb")]
    kept = keep_from_backend(backend)
    assert kept == {"x-ratelimit-limit-requests": "1 set-cookie: a=b ", "openai-version": "a\tb"}


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("a\r\nset-cookie: b", "a set-cookie: b"),
        ("\ud83d", " "),
        ("\ude00\ud83d", " "),
        ("caf\udce9", "caf\udce9"),
        ("值", "值"),
    ],
)
def test_a_value_stays_one_that_can_be_sent(value: str, sent: str) -> None:
    assert in_one_line(value) == sent
    assert sent.encode("utf-8", "surrogateescape")
