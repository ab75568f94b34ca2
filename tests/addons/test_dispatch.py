"""One candidate after the other, and for how long a connection has stood."""

import math

import pytest
from mitmproxy.connection import ConnectionState, Server

from addons.answers import Answers
from addons.attempt import attach_attempt
from addons.dispatch import Dispatch, connected_for_s
from addons.error_replies import ErrorReplies
from addons.loops import LoopGuard
from addons.upstream_request import put_upstream_request
from proapi_gateway.routing import Candidate
from proapi_gateway.settings import ProviderSettings, Route
from proapi_translate import BackendFailure, ClientFault
from tests.addons.exchanges import exchange, flow
from tests.addons.test_deadlines import FakeLoop


def candidate(place: int, key: int = 0) -> Candidate:
    block = ProviderSettings(place=place, provider="openai", name=f"b{place}")
    return Candidate(block, Route("m", "m"), key_position=key)


def dispatch() -> Dispatch:
    answers = Answers(lambda: 0.0)
    own = {("127.0.0.1", 8000): None}
    return Dispatch(answers, ErrorReplies(answers), LoopGuard(lambda: own), FakeLoop, lambda flow, why: None)


def start(candidates: list[Candidate], refused: dict[int, ClientFault], url: str = "http://backend.test/v1"):
    """Start with a `send` that refuses blocks by their place; (the exchange, the places and keys that were asked)."""
    asked: list[tuple[int, int]] = []

    def send(flow, exchange, sent) -> None:
        asked.append((sent.candidate.provider.place, sent.candidate.key_position))
        if fault := refused.get(sent.candidate.provider.place):
            raise fault
        put_upstream_request(flow, "POST", url, {}, b"{}")

    started, made = exchange(), flow()
    attach_attempt(made)
    dispatch().start(made, started, candidates, send)
    return started, asked


def test_the_first_that_can_take_it_is_sent_it() -> None:
    started, asked = start([candidate(0), candidate(1)], {})
    assert asked == [(0, 0)]
    assert (started.attempts, started.label) == (1, "openai/b0")


def test_a_block_that_cannot_take_it_is_passed_over_with_all_its_keys() -> None:
    fault = ClientFault("not here")
    started, asked = start([candidate(0, 0), candidate(0, 1), candidate(1)], {0: fault})
    assert asked == [(0, 0), (1, 0)]
    assert (started.attempts, started.label) == (1, "openai/b1")


def test_when_nobody_can_take_it_the_first_says_why() -> None:
    with pytest.raises(ClientFault, match="first"):
        start([candidate(0), candidate(1)], {0: ClientFault("first"), 1: ClientFault("second")})


def test_a_backend_that_is_ourselves_is_a_loop() -> None:
    with pytest.raises(BackendFailure, match="loop"):
        start([candidate(0)], {}, url="http://127.0.0.1:8000/v1")


def connected(scheme: str, **fields: object) -> float | None:
    made = flow()
    put_upstream_request(made, "GET", f"{scheme}://backend.test:99/", {}, b"")
    made.server_conn = Server(address=fields.pop("address", ("backend.test", 99)))
    made.server_conn.state = ConnectionState.OPEN
    for name, value in fields.items():
        setattr(made.server_conn, name, value)
    return connected_for_s(made, 1000.0)


@pytest.mark.parametrize(
    ("scheme", "fields", "seconds"),
    [
        ("http", {"timestamp_tcp_setup": 990.0}, 10.0),
        ("http", {}, math.inf),  # in a proxy's tunnel
        ("https", {"timestamp_tcp_setup": 990.0}, None),  # TLS is not done
        ("https", {"timestamp_tcp_setup": 990.0, "timestamp_tls_setup": 995.0}, 5.0),
        ("http", {"timestamp_tcp_setup": 990.0, "state": ConnectionState.CLOSED}, None),
        ("http", {"timestamp_tcp_setup": 990.0, "address": ("before.test", 99)}, None),  # the last attempt's
    ],
)
def test_for_how_long_the_connection_has_stood(scheme: str, fields: dict, seconds: float | None) -> None:
    assert connected(scheme, **dict(fields)) == seconds
