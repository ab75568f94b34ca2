"""Answers of our own."""

import json
import logging

import pytest

from addons.answers import Answers
from addons.attempt import Verdict, attach_attempt, attempt_of
from addons.exchange import Sent
from proapi_gateway.candidates import Candidate
from proapi_gateway.settings import ProviderSettings, Route, Secret
from proapi_translate import BackendFailure, ClientFault, OwnFault
from tests.addons.exchanges import exchange, flow

ANSWERS = Answers(lambda: 100.0)
KEY = "sk-secret-of-the-backend"


def given(give) -> object:
    made = flow()
    attach_attempt(made)
    give(made)
    attempt = attempt_of(made)
    assert attempt is not None
    assert attempt.verdict is Verdict.ANSWER
    return attempt.answer


def test_an_answer_ends_the_exchange() -> None:
    started = exchange()
    answer = given(lambda made: ANSWERS.give_json(made, started, {"a": "é"}))
    assert started.answered
    assert answer.content == '{"a":"é"}'.encode()
    assert answer.headers["x-request-id"] == "req_1"


def test_half_a_character_of_a_stored_reply_is_an_escape() -> None:
    answer = given(lambda made: ANSWERS.give_json(made, exchange(), {"a": "\ud83d"}))
    assert answer.content == rb'{"a":"\ud83d"}'


def test_after_head_there_is_a_length_and_no_body() -> None:
    answer = given(lambda made: ANSWERS.give_json(made, exchange(method="HEAD"), {"a": 1}))
    assert (answer.raw_content, answer.headers["content-length"]) == (b"", "7")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (ClientFault("no", status=404), 404),
        (BackendFailure("no", status=529, retry_after_s=2), 529),
        (OwnFault("secret inside"), 500),
    ],
)
def test_a_fault_is_told_in_openais_form(fault: Exception, status: int) -> None:
    answer = given(lambda made: ANSWERS.give_fault(made, exchange(), fault))
    assert answer.status_code == status
    assert set(json.loads(answer.content)["error"]) == {"message", "type", "param", "code"}
    assert b"secret inside" not in answer.content
    assert answer.headers.get("retry-after") == ("2" if status == 529 else None)


def test_a_backends_words_hold_no_key(caplog: pytest.LogCaptureFixture) -> None:
    candidate = Candidate(ProviderSettings(place=0, provider="openai"), Route("m", "m"), Secret(KEY))
    started = exchange(sent=Sent(candidate))
    with caplog.at_level(logging.INFO):
        answer = given(lambda made: ANSWERS.give_fault(made, started, BackendFailure(f"bad key {KEY}")))
    assert KEY.encode() not in answer.content
    assert KEY not in caplog.text
