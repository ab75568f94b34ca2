from __future__ import annotations

import hmac

import msgspec
import pytest

from proapi_gateway.clients import Clients, ModelPatterns
from proapi_translate import ClientFault

from .sample_settings import settings, token

LISTED = "sk-listed-0123456789"
OTHER = "sk-other-0123456789"


def _clients(*tokens: tuple[str, str]) -> Clients:
    """Entries of `tokens:` as (key, its one pattern)."""
    return Clients(settings(tokens=tuple(token(each[1], key=each[0], place=at) for at, each in enumerate(tokens))))


@pytest.mark.parametrize(
    ("authorization", "api_key_headers"),
    [
        (f"Bearer {LISTED}", ()),
        (f"bearer {LISTED}", ()),
        (f"BEARER   {LISTED} ", ()),
        (None, (LISTED,)),
        ("", (f" {LISTED} ",)),
        ("Bearer ", (LISTED,)),
        ("Basic dXNlcjpwYXNz", (LISTED,)),
        (f"Bearer {LISTED}", (OTHER,)),
        (None, ("", LISTED)),
    ],
)
def test_a_key_is_found_where_openai_and_azure_clients_put_it(authorization, api_key_headers) -> None:
    client = _clients((OTHER, "b"), (LISTED, "a")).identify(authorization, api_key_headers)
    assert client.token.place == 1
    assert client.bearer.reveal() == LISTED


@pytest.mark.parametrize(
    ("authorization", "api_key_headers", "said"),
    [
        (None, (), "No API key"),
        ("", (), "No API key"),
        ("Bearer", (), "No API key"),
        ("Bearer  ", ("",), "No API key"),
        ("Basic dXNlcjpwYXNz", (), "Bearer scheme"),
        (LISTED, (), "Bearer scheme"),
        (f"Bearer {LISTED}x", (), "Incorrect API key provided: "),
        (f"Bearer {LISTED[:-1]}", (), "Incorrect API key provided: "),
        (f"Bearer {LISTED.upper()}", (), "Incorrect API key provided: "),
        (f"Bearer {LISTED}, Bearer {LISTED}", (), "Incorrect API key provided: "),
        ("Bearer sk-\udcff\udcfe", (), "Incorrect API key provided: "),
        (None, ("all",), "Incorrect API key provided: "),
    ],
)
def test_a_missing_or_wrong_key_is_openais_401(authorization, api_key_headers, said) -> None:
    with pytest.raises(ClientFault) as caught:
        _clients((LISTED, "a")).identify(authorization, api_key_headers)
    fault = caught.value
    assert (fault.status, fault.type, fault.code) == (401, "invalid_request_error", "invalid_api_key")
    assert said in fault.message
    assert fault.headers == {"www-authenticate": "Bearer"}


@pytest.mark.parametrize("presented", [f"{LISTED}x", "short", "sk-\udcff-0123456789\udcfe", "Kennwort-mit-ü-und-mehr"])
def test_a_wrong_key_is_never_repeated_whole(presented: str) -> None:
    with pytest.raises(ClientFault) as caught:
        _clients((LISTED, "a")).identify(f"Bearer {presented}")
    assert presented not in caught.value.message
    assert LISTED not in caught.value.message
    msgspec.json.encode(caught.value.message)


def test_a_long_wrong_key_can_be_recognised_by_its_owner() -> None:
    with pytest.raises(ClientFault, match="sk-w…wxyz"):
        _clients((LISTED, "a")).identify("Bearer sk-wrong-0123456789-wxyz")


@pytest.mark.parametrize("position", [0, 1, 2])
def test_every_token_is_compared_wherever_the_right_one_stands(position: int, monkeypatch) -> None:
    compared = []

    def compare(left: bytes, right: bytes) -> bool:
        compared.append((len(left), len(right)))
        return left == right

    keys = [OTHER, OTHER + "2", "short"]
    keys[position] = LISTED
    clients = _clients(*((key, "a") for key in keys))
    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert clients.identify(f"Bearer {LISTED}").token.place == position
    assert compared == [(32, 32)] * 3, "all of them, at one length"


@pytest.mark.parametrize("key", [LISTED, "all"])
def test_of_two_entries_with_one_key_the_last_counts(key: str) -> None:
    client = _clients((key, "a"), (key, "b")).identify(f"Bearer {LISTED}")
    assert (client.may_use("a"), client.may_use("b")) == (False, True)


@pytest.mark.parametrize(
    ("presented", "permitted"),
    [("whatever", "any"), ("all", "any"), (LISTED, "listed")],
)
@pytest.mark.parametrize("order", [1, -1])
def test_the_literal_token_all_takes_any_bearer_and_leaves_listed_ones_their_own(presented, permitted, order) -> None:
    client = _clients(*[("all", "any"), (LISTED, "listed")][::order]).identify(f"Bearer {presented}")
    assert [name for name in ("any", "listed") if client.may_use(name)] == [permitted]
    assert client.bearer.reveal() == presented


def test_the_literal_token_all_still_wants_a_bearer() -> None:
    with pytest.raises(ClientFault, match="No API key"):
        _clients(("all", "all")).identify(None)


def test_without_tokens_nobody_comes_in() -> None:
    with pytest.raises(ClientFault, match="Incorrect"):
        _clients().identify("Bearer x")


def test_a_client_shows_no_key_when_it_is_printed() -> None:
    assert LISTED not in repr(_clients((LISTED, "a")).identify(f"Bearer {LISTED}"))


@pytest.mark.parametrize(
    ("patterns", "model", "covered"),
    [
        (("all",), "anything", True),
        (("*",), "any/thing:at@all", True),
        (("gpt-4o",), "gpt-4o", True),
        (("gpt-4o",), "gpt-4o-mini", False),
        (("gpt-4o",), "GPT-4o", False),
        (("gpt-4*",), "gpt-4", True),
        (("gpt-4*",), "gpt-4o-mini", True),
        (("gpt-4*",), "gpt-3.5", False),
        (("gpt-4*",), "my-gpt-4", False),
        (("gpt-4*",), "gpt-4\nx", True),
        (("*-mini",), "gpt-4o-mini", True),
        (("*-mini",), "gpt-4o-mini-x", False),
        (("claude-*-4-?",), "claude-opus-4-6", True),
        (("claude-*-4-?",), "claude-opus-4-", False),
        (("gpt-[45]*",), "gpt-5.1", True),
        (("gpt-[45]*",), "gpt-3", False),
        (("gpt-[!45]*",), "gpt-3", True),
        (("odd[1]",), "odd[1]", True),
        (("odd[1]",), "odd1", True),
        (("a.c",), "abc", False),
        (("x", "gpt-4*", "*-mini"), "o4-mini", True),
        (("allx",), "all", False),
        ((), "gpt-4o", False),
        (("",), "gpt-4o", False),
    ],
)
def test_patterns_are_names_prefixes_and_globs(patterns: tuple[str, ...], model: str, covered: bool) -> None:
    assert ModelPatterns(patterns).match(model) is covered
