"""One candidate after the other, what is awaited before one is sent to, and for how long a connection has stood."""

import asyncio
import math
from collections.abc import Awaitable, Callable

import pytest
from mitmproxy import http
from mitmproxy.connection import ConnectionState, Server

from addons.answers import Answers
from addons.attempt import attach_attempt
from addons.deadlines import Expired, Overdue
from addons.dispatch import Dispatch, connected_for_s
from addons.error_replies import ErrorReplies
from addons.exchange import Exchange, Send, Sent, attach_exchange
from addons.failover_layer import FailoverInstaller
from addons.loops import LoopGuard
from addons.open_exchanges import OpenExchanges
from addons.replies import Replies
from addons.upstream_request import put_upstream_request
from proapi_gateway.candidates import Candidate
from proapi_gateway.settings import ProviderSettings, Route, Timeouts
from proapi_translate import BackendFailure, ClientFault
from tests.addons.exchanges import exchange, flow
from tests.addons.fake_backends import FakeBackend, reply
from tests.addons.in_process_proxy import InProcessProxy, in_loop, until
from tests.addons.test_deadlines import FakeLoop

DEFAULT = Timeouts()


def candidate(place: int, key: int = 0, timeouts: Timeouts = DEFAULT) -> Candidate:
    block = ProviderSettings(place=place, provider="openai", name=f"b{place}", timeouts=timeouts)
    return Candidate(block, Route("m", "m"), key_position=key)


def dispatch() -> Dispatch:
    answers = Answers(lambda: 0.0)
    own = {("127.0.0.1", 8000): None}
    return Dispatch(answers, ErrorReplies(answers), LoopGuard(lambda: own), FakeLoop, lambda flow, why: None)


def start(candidates: list[Candidate], refused: dict[int, ClientFault], url: str = "http://backend.test/v1"):
    """Start with a `send` that refuses blocks by their place; (the exchange, the places and keys that were asked)."""
    asked: list[tuple[int, int]] = []

    async def send(flow, exchange, sent) -> None:
        asked.append((sent.candidate.provider.place, sent.candidate.key_position))
        if fault := refused.get(sent.candidate.provider.place):
            raise fault
        put_upstream_request(flow, "POST", url, {}, b"{}")

    started, made = exchange(), flow()
    attach_attempt(made)
    asyncio.run(dispatch().start(made, started, candidates, send))
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


# ---- What is awaited before a request is sent.


def start_waiting(candidates: list[Candidate], wait: Callable[[], Awaitable[object]]) -> tuple[Exchange, FakeLoop]:
    """Start with a `send` that awaits `wait()` for the first block alone; (the exchange, its clock's loop)."""
    loop = FakeLoop()

    async def send(flow: http.HTTPFlow, exchange: Exchange, sent: Sent) -> None:
        if sent.candidate.provider.place == 0:
            await wait()
        put_upstream_request(flow, "POST", "http://backend.test/v1", {}, b"{}")

    started, made = exchange(), flow()
    attach_attempt(made)
    answers = Answers(lambda: 0.0)
    dispatch = Dispatch(answers, ErrorReplies(answers), LoopGuard(dict), lambda: loop, lambda flow, why: None)
    asyncio.run(dispatch.start(made, started, candidates, send))
    return started, loop


def test_what_comes_in_time_is_awaited() -> None:
    started, loop = start_waiting([candidate(0), candidate(1)], lambda: asyncio.sleep(0.001))
    assert (started.attempts, started.label) == (1, "openai/b0")
    assert loop.armed


def test_the_total_bounds_what_is_awaited() -> None:
    with pytest.raises(BackendFailure, match=r"openai/b0: .* within 0.02 s \(timeout: total\)") as failed:
        start_waiting([candidate(0, timeouts=Timeouts(total=0.02))], lambda: asyncio.Event().wait())
    assert failed.value.status == 504


def test_what_is_late_leaves_the_request_to_the_next() -> None:
    started, _ = start_waiting(
        [candidate(0, timeouts=Timeouts(total=0.02)), candidate(1)], lambda: asyncio.Event().wait()
    )
    assert (started.attempts, started.label) == (2, "openai/b1")


async def token_is_late() -> None:
    raise Overdue(Expired("connect", 3.0, awaited="no access token"))


async def breaks() -> None:
    raise TimeoutError("of another kind")


def test_a_deadline_of_the_sends_own_says_what_ran_out() -> None:
    with pytest.raises(BackendFailure, match=r"openai/b0: no access token within 3 s \(timeout: connect\)"):
        start_waiting([candidate(0)], token_is_late)


def test_another_timeout_inside_is_not_taken_for_the_deadline() -> None:
    with pytest.raises(TimeoutError, match="of another kind"):
        start_waiting([candidate(0)], breaks)


class Waiting:
    """Sends each request to `port`, once `go` is set."""

    def __init__(self, port: int) -> None:
        self.go, self.asked = asyncio.Event(), asyncio.Event()
        self.open, self.exchanges = OpenExchanges(), []
        self._port = port
        answers = Answers(lambda: 0.0)
        errors, loops = ErrorReplies(answers), LoopGuard(dict)
        self.dispatch = Dispatch(answers, errors, loops, asyncio.get_running_loop, lambda flow, why: None)

    async def request(self, flow: http.HTTPFlow) -> None:
        made = exchange()
        attach_attempt(flow)
        attach_exchange(flow, made)
        self.exchanges.append(made)
        self.open.begin(made)
        send: Send = self._send
        await self.dispatch.start(flow, made, [candidate(0)], send)

    async def _send(self, flow: http.HTTPFlow, exchange: Exchange, sent: Sent) -> None:
        self.asked.set()
        await self.go.wait()
        put_upstream_request(flow, "POST", f"http://127.0.0.1:{self._port}/v1", {}, b"{}")


@pytest.mark.parametrize("h2", [False, True])
@in_loop
async def test_nothing_is_sent_for_a_client_that_left_while_we_waited(h2: bool) -> None:
    async with FakeBackend(reply(200)) as backend:
        waiting = Waiting(backend.port)
        addons = FailoverInstaller(), waiting, waiting.dispatch, Replies(waiting.open, lambda: 0.0)
        async with InProcessProxy(*addons) as proxy:
            if h2:
                client = await proxy.raw_h2()
                stream_id = client.post()
                await waiting.asked.wait()
                client.reset(stream_id)
                client.close()
            else:
                _, writer = await proxy.raw(b"POST /v1/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
                await waiting.asked.wait()
                writer.close()
            await until(lambda: not proxy.proxyserver.connections)
            waiting.go.set()
            await waiting.open.wait_until_none()
        assert backend.requests == []
        assert waiting.exchanges[0].clock._total is None  # else it would fire in a quarter of an hour


# ---- Connections.


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
