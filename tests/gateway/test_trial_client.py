"""What a trial tells of a reply."""

from __future__ import annotations

import json

import pytest

from proapi_gateway.settings import Secret
from proapi_gateway.trial_client import TrialReply, _first_words, send_trial
from tests.addons.fake_backends import refused_port


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"choices": [{"message": {"content": "hello"}}]}, "hello"),
        ({"choices": [{"message": {"content": None, "reasoning_content": "hm"}}]}, "hm"),
        ({"choices": [{"message": {"content": "x" * 999}}]}, "x" * 300),
        ({"data": [{"embedding": [0.1, 0.25, -1, 0, 0]}]}, "[0.1000, 0.2500, -1.0000, 0.0000, …] (5)"),
        ({"error": {"message": "no"}}, "no"),
        ({"choices": []}, '{"choices": []}'),
        ([1], "[1]"),
    ],
)
def test_the_first_words(body: object, words: str) -> None:
    assert _first_words(json.dumps(body).encode()) == words


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert _first_words(b"<html>\xff") == "<html>\ufffd"


def test_nobody_there_is_no_reply() -> None:
    reply = send_trial(("127.0.0.1", refused_port()), Secret("k"), "chat", "m")
    assert (reply.status, reply.is_good) == (0, False)
    assert reply.text


def test_a_reply_is_told() -> None:
    assert TrialReply(200, 1, "x").is_good
    assert not TrialReply(404, 1, "x").is_good
