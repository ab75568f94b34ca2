"""What an exchange remembers of its attempts."""

from addons.attempt_history import end_attempt
from addons.exchange import Sent
from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.routing import Candidate
from proapi_gateway.settings import ProviderSettings, Route, Secret
from tests.addons.exchanges import exchange
from tests.addons.fake_backends import FakeBackend, refused_port, reply
from tests.addons.gateway_proxy import ask, blocks_at, chat_json, gateway_proxy
from tests.addons.in_process_proxy import in_loop

KEY = "sk-abcdefgh-wxyz"


def test_an_attempt_is_told_once_and_without_its_key() -> None:
    made = exchange()
    candidate = Candidate(ProviderSettings(0, "openai", "b"), Route("m", "up"), Secret(KEY), key_position=2)
    made.sent = Sent(candidate, began_s=10.0)
    end_attempt(made, 10.25, 401, f"no such key: {KEY}" + "!" * 500)
    end_attempt(made, 99.0, 200)
    (record,) = made.history
    assert record.fault[:20] == "no such key: [key]!!"
    assert len(record.fault) == 200
    wanted = AttemptRecord("openai/b", "up", 2, "sk-a…wxyz", 401, record.fault, 250)
    assert record == wanted


def test_without_an_attempt_there_is_nothing_to_tell() -> None:
    made = exchange()
    end_attempt(made, 1.0, None)
    assert made.history == []


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
