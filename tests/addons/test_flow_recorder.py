"""One record for each flow, however it ends, from the hooks in their order."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from mitmproxy import flow as mitmproxy_flow
from mitmproxy import http
from mitmproxy.connection import ConnectionState

from addons.attempt import attach_attempt
from addons.exchange import Exchange, Sent, attach_exchange
from addons.flow_recorder import FlowRecorder
from addons.flow_taps import FlowTaps
from addons.recording_log import RecordingLog
from proapi_gateway.flow_log.records import BodyRecord, FlowRecord, Outcome, Side
from proapi_gateway.surface import Endpoint, Kind

from . import exchanges

BACKEND_KEY = "sk-test-of-the-backend"


class ListLog:
    def __init__(self) -> None:
        self.records: list[FlowRecord] = []
        self.is_closed = False

    def put(self, record: FlowRecord) -> None:
        self.records.append(record)

    def close(self, within_s: float) -> None:
        self.is_closed = True

    def end(self) -> None:
        self.is_closed = True


class Recorded:
    """A flow on its way through the hooks; `server`: lines of its settings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, server: str = "") -> None:
        self.list_log = ListLog()
        monkeypatch.setattr("addons.recording_log._open", lambda server: self.list_log)
        text = exchanges.CONFIG.replace("server: {}", f"server: {{ admin_server: true, {server} }}")
        gateway = exchanges.gateway(text)
        log = RecordingLog(lambda: gateway)
        self.taps, self.recorder = FlowTaps(log.records), FlowRecorder(log)
        self.client = gateway.snapshot.clients.identify(f"Bearer {exchanges.TOKEN}")
        self.exchange = Exchange(
            "req_1", exchanges.exchange().door, "POST", gateway.snapshot, started_s=0.0, created=1_764_000_000,
            endpoint=Endpoint(Kind.TRANSLATED, dialect="chat"), client=self.client,
        )  # fmt: skip
        self.flow = exchanges.flow()
        self.flow.request = http.Request.make(
            "POST", "http://api.openai.com/v1/chat/completions?api_key=x", b'{"model": "m"}', {"user-agent": "App/1"}
        )
        self.flow.client_conn.state = ConnectionState.OPEN
        attach_attempt(self.flow)
        attach_exchange(self.flow, self.exchange)

    def begin(self) -> None:
        self.taps.requestheaders(self.flow)
        self.recorder.requestheaders(self.flow)
        self.taps.request(self.flow)

    def send(self, content: bytes = b'{"model": "upstream"}') -> None:
        """As if the request had been put to the one candidate there is."""
        (candidate,) = self.exchange.snapshot.router.candidates("m", self.client)
        self.exchange.sent = Sent(candidate)
        headers = {"authorization": f"Bearer {BACKEND_KEY}"}
        self.flow.request = http.Request.make("POST", "http://backend.test/v1/chat/completions", content, headers)

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.flow.response = http.Response.make(status, b"", headers or {})
        self.flow.response.raw_content = body  # as it came: `content` would be packed by its headers
        self.taps.proapi_attempt(self.flow)
        self.recorder.responseheaders(self.flow)
        self.taps.response(self.flow)
        self.recorder.response(self.flow)

    @property
    def record(self) -> FlowRecord:
        (record,) = self.list_log.records
        return record

    @property
    def bodies(self) -> dict[Side, BodyRecord]:
        return {body.side: body for body in self.record.bodies}


@pytest.fixture
def in_a_loop() -> object:
    """The recorder reads the running loop's clock."""

    def run(act: Callable[[], None]) -> None:
        async def acting() -> None:
            act()

        asyncio.run(acting())

    return run


Run = Callable[[Callable[[], None]], None]


def test_a_whole_reply(in_a_loop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(monkeypatch)

    def act() -> None:
        recorded.begin()
        recorded.send()
        recorded.reply(200, f'{{"said": "{BACKEND_KEY}"}}'.encode())

    in_a_loop(act)
    record = recorded.record
    assert (record.outcome, record.status, record.token, record.provider) == (Outcome.OK, 200, "token-1", "openai")
    assert (record.client_program, record.path) == ("App/1", "/v1/chat/completions?api_key=[hidden]")
    bodies = recorded.bodies
    assert bodies[Side.CLIENT_REQUEST].data == b'{"model": "m"}'
    assert bodies[Side.SENT_REQUEST].data == b'{"model": "upstream"}'
    sent = json.loads(bodies[Side.SENT_REQUEST].head)
    assert sent["headers"] == [["authorization", "[hidden]"], ["content-length", "21"]]
    assert bodies[Side.BACKEND_REPLY].data == b'{"said": "' + b"*" * len(BACKEND_KEY) + b'"}'
    assert BACKEND_KEY not in repr(record)


def test_where_all_fail_the_bodies_are_those_of_the_failure_that_is_told(
    in_a_loop: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recorded(monkeypatch)

    def fail(status: int) -> Sent | None:
        recorded.send(b"asked %d" % status)
        recorded.flow.response = http.Response.make(status, b"said %d" % status)
        recorded.taps.proapi_attempt(recorded.flow)
        return recorded.exchange.sent

    def act() -> None:
        recorded.begin()
        told, _ = fail(429), fail(503)
        recorded.exchange.sent, recorded.exchange.answered = told, True  # as dispatch does for the one that says most
        recorded.flow.response = http.Response.make(429, b"for the client")
        recorded.recorder.response(recorded.flow)

    in_a_loop(act)
    bodies = recorded.bodies
    assert bodies[Side.SENT_REQUEST].data == b"asked 429"
    assert bodies[Side.BACKEND_REPLY].data == b"said 429"
    assert bodies[Side.CLIENT_REPLY].data == b"for the client"


def test_bytes_that_are_no_text_in_a_head(in_a_loop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(monkeypatch)
    recorded.flow.request.data.path = b"/v1/\xff?a=\\u0000"
    recorded.flow.request.headers.fields = ((b"X-Odd", b"\xe9 \\u0000"), (b"\xfe", "ü".encode()))

    def act() -> None:
        recorded.begin()
        recorded.send()
        recorded.reply(200, b"{}", {"x-odd": "\udcff"})

    in_a_loop(act)
    asked = json.loads(recorded.bodies[Side.CLIENT_REQUEST].head)
    assert asked["url"].endswith("/v1/\N{REPLACEMENT CHARACTER}?a=\\u0000")
    assert asked["headers"] == [["X-Odd", "\N{REPLACEMENT CHARACTER} \\u0000"], ["\N{REPLACEMENT CHARACTER}", "ü"]]
    assert ["x-odd", "\N{REPLACEMENT CHARACTER}"] in json.loads(recorded.bodies[Side.BACKEND_REPLY].head)["headers"]


def test_a_packed_body_is_unpacked_before_its_secrets_are_sought(
    in_a_loop: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recorded(monkeypatch, "log_body_bytes: 100")
    said = BACKEND_KEY.encode() + b"x" * 1000

    def act() -> None:
        recorded.begin()
        recorded.send()
        recorded.reply(200, gzip.compress(said), {"content-encoding": "gzip"})

    in_a_loop(act)
    assert recorded.bodies[Side.BACKEND_REPLY].data == b"*" * len(BACKEND_KEY) + b"x" * (100 - len(BACKEND_KEY))


def test_a_packed_stream_that_is_passed_on_is_unpacked_too(in_a_loop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(monkeypatch)
    packed = gzip.compress(BACKEND_KEY.encode() + b" is a key")

    def act() -> None:
        recorded.begin()
        recorded.send()
        response = recorded.flow.response = http.Response.make(200, b"", {"content-encoding": "gzip"})
        response.stream = lambda data: data
        recorded.taps.proapi_attempt(recorded.flow)
        recorded.recorder.responseheaders(recorded.flow)
        for piece in (packed[:10], packed[10:], b""):
            response.stream(piece)
        recorded.recorder.response(recorded.flow)

    in_a_loop(act)
    for side in (Side.BACKEND_REPLY, Side.CLIENT_REPLY):
        assert recorded.bodies[side].data == b"*" * len(BACKEND_KEY) + b" is a key"
        assert recorded.bodies[side].total_bytes == len(packed)


def test_broken_packing_leaves_nothing(in_a_loop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(monkeypatch)

    def act() -> None:
        recorded.begin()
        recorded.send()
        recorded.reply(200, b"no gzip", {"content-encoding": "gzip"})

    in_a_loop(act)
    assert recorded.bodies[Side.BACKEND_REPLY].data == b""


@pytest.mark.parametrize(
    ("left", "text", "begun", "outcome", "status"),
    [
        (True, "Client disconnected.", False, Outcome.LEFT, 499),
        (True, "stream reset by client (CANCEL)", True, Outcome.LEFT, 200),
        (False, "server closed connection", True, Outcome.FAILED, 200),
        (False, "server closed connection", False, Outcome.FAILED, 502),
    ],
)
def test_ends_without_a_reply(
    left: bool, text: str, begun: bool, outcome: Outcome, status: int, in_a_loop: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    recorded = Recorded(monkeypatch)

    def act() -> None:
        recorded.begin()
        recorded.send()
        if begun:
            recorded.flow.response = http.Response.make(200)
            recorded.recorder.responseheaders(recorded.flow)
        attach_attempt(recorded.flow).client_left = left
        recorded.flow.error = mitmproxy_flow.Error(text)
        recorded.recorder.error(recorded.flow)
        recorded.recorder.response(recorded.flow)  # a second end adds nothing

    in_a_loop(act)
    assert (recorded.record.outcome, recorded.record.status) == (outcome, status)
    assert recorded.record.error


def test_the_end_of_the_process_ends_what_is_open(in_a_loop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(monkeypatch)

    def act() -> None:
        recorded.begin()
        recorded.recorder.done()

    in_a_loop(act)
    assert recorded.record.outcome is Outcome.STOPPED
    assert recorded.list_log.is_closed


def test_the_message_of_an_error_is_its_own(in_a_loop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(monkeypatch, "log_bodies: none")
    body = json.dumps({"error": {"message": f"{BACKEND_KEY} is over its limit"}}).encode()

    def act() -> None:
        recorded.begin()
        recorded.send()
        recorded.reply(429, body)

    in_a_loop(act)
    assert (recorded.record.outcome, recorded.record.bodies) == (Outcome.REFUSED, ())
    assert recorded.record.error == "*" * len(BACKEND_KEY) + " is over its limit"


@pytest.mark.parametrize("kind", [Kind.HEALTHZ, Kind.READYZ, Kind.ROOT, Kind.METRICS, Kind.PREFLIGHT])
def test_probes_are_recorded_when_they_fail(kind: Kind, in_a_loop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for status, recorded_flows in ((200, 0), (503, 1)):
        recorded = Recorded(monkeypatch)
        recorded.exchange.endpoint = Endpoint(kind)
        recorded.exchange.client = None

        def act(recorded: Recorded = recorded, status: int = status) -> None:
            recorded.begin()
            recorded.exchange.answered = True
            recorded.reply(status, b"")

        in_a_loop(act)
        assert len(recorded.list_log.records) == recorded_flows


def test_nothing_is_opened_or_taped_without_the_admin() -> None:
    gateway = exchanges.gateway()
    log = RecordingLog(lambda: gateway)
    taps = FlowTaps(log.records)
    exchange, flow = exchanges.exchange(), exchanges.flow()
    attach_exchange(flow, exchange)
    taps.requestheaders(flow)
    assert exchange.tape is None
    assert log.log() is None


def test_a_reload_changes_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[ListLog] = []

    def open_log(server: object) -> ListLog:
        opened.append(ListLog())
        return opened[-1]

    monkeypatch.setattr("addons.recording_log._open", open_log)
    log = RecordingLog(exchanges.gateway)
    off = exchanges.settings().server
    on = replace(off, admin_server=True)
    assert [log.records(server) for server in (off, on, replace(on, default_model="x"))] == [False, True, True]
    assert len(opened) == 1
    assert log.records(replace(on, db_path="sqlite:///./other.db"))
    assert [each.is_closed for each in opened] == [True, False]
    assert not log.records(off)
    assert opened[1].is_closed
