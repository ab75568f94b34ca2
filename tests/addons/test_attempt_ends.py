"""What an exchange remembers of its attempts, what their backends' health is told, and what the client gets of them."""

import pytest

from addons.attempt_ends import end_failed, end_last, outcome_of
from addons.exchange import FailedAttempt, Failures, Sent
from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.candidates import Candidate
from proapi_gateway.failover import Outcome
from proapi_gateway.settings import ProviderSettings, Route, Secret
from proapi_translate import BackendFailure, Cause
from tests.addons.exchanges import exchange
from tests.addons.fake_backends import FakeBackend, refused_port, reply
from tests.addons.gateway_proxy import ask, blocks_at, chat_json, gateway_proxy
from tests.addons.in_process_proxy import in_loop

KEY = "sk-abcdefgh-wxyz"


class FakeUse:
    """A use of a backend that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Outcome | None] = []

    def end(self, outcome: Outcome | None) -> None:
        self.told.append(outcome)


def sent() -> Sent:
    candidate = Candidate(ProviderSettings(0, "openai", "b"), Route("m", "up"), Secret(KEY), key_position=2)
    return Sent(candidate, began_s=10.0, use=FakeUse())


def failed(outcome: Outcome, message: str = "no") -> FailedAttempt:
    return FailedAttempt(sent(), outcome, BackendFailure(message, outcome.status or 502))


def test_an_attempt_is_told_once_and_without_its_key() -> None:
    made, refused = exchange(), failed(Outcome(401), f"no such key: {KEY}" + "!" * 500)
    made.sent = refused.sent
    end_failed(made, refused, 10.25)
    end_last(made, 200, "", "", 99.0)
    (record,) = made.history
    assert record.fault[:20] == "no such key: [key]!!"
    assert len(record.fault) == 200
    assert record == AttemptRecord("openai/b", "up", 2, "sk-a…wxyz", 401, record.fault, 250)
    assert refused.sent.use.told == [Outcome(401)]


def test_a_short_lived_token_that_is_refused_says_nothing_of_the_backends_health() -> None:
    made, refused = exchange(), failed(Outcome(401, Cause.KEY_REFUSED))
    made.sent = refused.sent
    made.sent.access_token = Secret("ya29.short-lived")
    end_failed(made, refused, 10.25)
    assert refused.sent.use.told == [None]
    assert made.history[0].status == 401


def test_without_an_attempt_there_is_nothing_to_tell() -> None:
    made = exchange()
    end_last(made, None, "", "", 1.0)
    assert made.history == []


@pytest.mark.parametrize(
    ("broken", "client_left", "told", "fault"),
    [
        ("", "", Outcome(200), ""),
        ("it died", "", Outcome(None, in_doubt=True), "it died"),
        ("it died", "the client left", None, "the client left"),  # of its going, the other is only the effect
    ],
)
def test_how_the_last_attempt_ends(broken: str, client_left: str, told: Outcome | None, fault: str) -> None:
    made = exchange(sent=sent())
    end_last(made, 200, broken, client_left, 11.0)
    assert made.sent.use.told == [told]
    assert [(record.status, record.fault) for record in made.history] == [(200, fault)]


@pytest.mark.parametrize("code", ["bad_upstream_reply", "stream_cut"])
def test_garbage_leaves_doubt(code: str) -> None:
    assert outcome_of(BackendFailure("?", code=code)).in_doubt
    assert not outcome_of(BackendFailure("?", 503)).in_doubt


@pytest.mark.parametrize(
    ("outcomes", "given", "retry_after_s"),
    [
        ([Outcome(None), Outcome(429)], 1, None),
        ([Outcome(429, retry_after_s=9), Outcome(429, retry_after_s=4)], 0, 4),  # the shortest of all
        ([Outcome(500), Outcome(503)], 0, None),  # of equals the first
        ([Outcome(500), Outcome(None)], 0, None),
        ([Outcome(None), Outcome(401, Cause.KEY_REFUSED)], 0, None),  # a fallback's key is not the client's matter
        ([Outcome(404, Cause.NO_SUCH_MODEL), Outcome(502, retry_after_s=3)], 1, None),
        ([Outcome(503), Outcome(400)], 1, None),
        ([Outcome(400, Cause.PROMPT_TOO_LONG), Outcome(401, Cause.KEY_REFUSED)], 0, None),
    ],
)
def test_when_all_fail_the_one_that_says_most_is_given(
    outcomes: list[Outcome], given: int, retry_after_s: float | None
) -> None:
    failures, attempts = Failures(), [failed(outcome) for outcome in outcomes]
    for attempt in attempts:
        failures.add(attempt)
    assert failures.best is attempts[given]
    assert failures.retry_after_s == retry_after_s


@in_loop
async def test_a_request_that_failed_twice_has_three_attempts() -> None:
    async with (
        FakeBackend(reply(500, b'{"error": {"message": "oops"}}')) as bad,
        FakeBackend(reply(200, chat_json())) as good,
        gateway_proxy(blocks_at(refused_port(), bad.port, good.port)) as proxy,
        proxy.client() as client,
    ):
        answer = await ask(client)
    assert (answer.status_code, answer.headers["x-proapi-attempts"]) == (200, "3")
    (made,) = proxy.exchanges
    told = [(record.provider, record.status, bool(record.fault)) for record in made.history]
    assert told == [("openai/b0", None, True), ("openai/b1", 500, True), ("openai/b2", 200, False)]
    assert made.history[0].model == "upstream-model"
