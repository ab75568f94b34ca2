"""The flow log of a running proxy: a row for every flow, however it ends, and no secret in any."""

from __future__ import annotations

import json
import signal
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.end_to_end.configs import (
    AUTHORIZATION,
    BACKEND_KEY,
    TOKEN,
    chat_body,
    chat_chunk,
    chat_end,
    chat_reply,
    one_backend,
    several_backends,
)
from tests.end_to_end.logged_flows import LoggedFlows, Row
from tests.end_to_end.paced_backend import CUT, PacedBackend, Reply
from tests.end_to_end.realtime_backend import RealtimeBackend
from tests.end_to_end.running_proxy import RunningProxy

Start = Callable[..., RunningProxy]
CACHED = {"prompt_tokens_details": {"cached_tokens": 40}}
USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110, **CACHED}


@pytest.fixture
def log(tmp_path: Path) -> LoggedFlows:
    return LoggedFlows(tmp_path)


def post(proxy: RunningProxy, **changes: object) -> httpx.Response:
    url = f"{proxy.base_url}/chat/completions"
    return httpx.post(url, json=chat_body(**changes), headers=AUTHORIZATION, timeout=30)


def one(rows: list[Row]) -> Row:
    (row,) = rows
    return row


def sums(log: LoggedFlows) -> tuple[int, ...]:
    query = "SELECT sum(requests), sum(errors), sum(prompt_tokens) FROM flow_use"
    with sqlite3.connect(log.path) as connection:
        return tuple(connection.execute(query).fetchone())


def test_a_whole_reply(backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    backend.script(Reply.json({**chat_reply("hello 世界"), "usage": USAGE}))
    server = f"{log.server}\nprices: {{ upstream-model: {{ input: 2, output: 10, cached_input: 1 }} }}"
    proxy = start_proxy(one_backend(backend.url, server=server))
    reply = post(proxy)
    assert proxy.stop() == 0
    row = one(log.rows())
    told = {name: row[name] for name in ("outcome", "status", "token", "model", "member", "backend_model", "stream")}
    assert told == {
        "outcome": "ok", "status": 200, "token": "token-1", "model": "m", "member": "openai/b0",
        "backend_model": "upstream-model", "stream": False,
    }  # fmt: skip
    assert (row["request_id"], row["door"], row["path"]) == (
        reply.headers["x-request-id"], "base_url", "/v1/chat/completions",
    )  # fmt: skip
    assert (row["prompt_tokens"], row["completion_tokens"], row["cached_tokens"]) == (100, 10, 40)
    assert row["cost_nano"] == 60 * 2_000 + 40 * 1_000 + 10 * 10_000
    assert row["finish_reason"] == "stop"
    assert row["client_program"].startswith("python-httpx/")
    bodies = row["bodies"]
    assert json.loads(bodies["client_request"]["data"]) == chat_body()
    assert json.loads(bodies["sent_request"]["data"])["model"] == "upstream-model"
    assert json.loads(bodies["backend_reply"]["data"])["id"] == "up-1"
    assert bodies["client_reply"]["data"] == reply.content
    assert sums(log) == (1, 0, 100)


def test_a_stream_keeps_the_time_of_each_piece(backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    gate = threading.Event()
    backend.script(Reply.stream([chat_chunk("one "), chat_chunk("two "), gate, 0.3, chat_chunk("three"), chat_end()]))
    proxy = start_proxy(one_backend(backend.url, server=log.server))
    url = f"{proxy.base_url}/chat/completions"
    with httpx.stream("POST", url, json=chat_body(stream=True), headers=AUTHORIZATION, timeout=30) as reply:
        pieces = reply.iter_raw()
        got = next(pieces)
        gate.set()
        got += b"".join(pieces)
    proxy.stop()
    row = one(log.rows())
    assert (row["outcome"], row["stream"], row["finish_reason"]) == ("ok", True, "stop")
    assert row["first_token_ms"] < row["total_ms"] - 250
    backend_side, client_side = row["bodies"]["backend_reply"], row["bodies"]["client_reply"]
    assert client_side["data"] == got
    for side in (backend_side, client_side):
        offsets = [offset for _, offset in side["pieces"]]
        times = [ms for ms, _ in side["pieces"]]
        assert offsets[0] == 0
        assert offsets == sorted(set(offsets))
        assert offsets[-1] < len(side["data"])
        assert times == sorted(times)
        late = next(ms for ms, offset in side["pieces"] if b"three" in side["data"][offset:][:200])
        assert late - times[0] >= 250
    assert b"one two three" in log.everything()


def test_a_failover_tells_each_attempt(backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    with PacedBackend() as ill:
        ill.script(Reply.json({"error": {"message": f"overloaded {BACKEND_KEY}"}}, status=503))
        backend.script(Reply.json(chat_reply()))
        proxy = start_proxy(several_backends((ill.url, ""), (backend.url, ""), server=log.server))
        assert post(proxy).status_code == 200
        proxy.stop()
    row = one(log.rows())
    attempts = json.loads(row["attempts"])
    assert [(each["provider"], each["status"]) for each in attempts] == [("openai/b0", 503), ("openai/b1", 200)]
    assert attempts[0]["fault"]
    assert not attempts[1]["fault"]
    assert (row["attempt_count"], row["member"], row["outcome"]) == (2, "openai/b1", "ok")
    assert json.loads(row["bodies"]["backend_reply"]["data"])["id"] == "up-1"
    assert BACKEND_KEY.encode() not in log.everything()


def test_where_all_fail_the_reply_of_the_one_that_is_told_is_kept(start_proxy: Start, log: LoggedFlows) -> None:
    with PacedBackend() as one_that_is_told, PacedBackend() as last:
        one_that_is_told.answer = lambda request: Reply.json({"error": {"message": "too many"}}, status=429)
        last.answer = lambda request: Reply.json({"error": {"message": "down"}}, status=503)
        proxy = start_proxy(several_backends((one_that_is_told.url, ""), (last.url, ""), server=log.server))
        assert post(proxy).status_code == 429
        proxy.stop()
    row = one(log.rows())
    assert (row["member"], row["attempt_count"]) == ("openai/b0", 2)
    assert b"too many" in row["bodies"]["backend_reply"]["data"]
    assert str(one_that_is_told.port) in row["bodies"]["sent_request"]["head"]


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_behind_a_good_status_is_kept(
    stream: bool, backend: PacedBackend, start_proxy: Start, log: LoggedFlows
) -> None:
    told = {"error": {"message": "not today"}}
    replies = {False: Reply.json(told), True: Reply.stream([b": wait\n\n", f"data: {json.dumps(told)}\n\n".encode()])}
    backend.answer = lambda request: replies[stream]
    proxy = start_proxy(one_backend(backend.url, server=log.server))
    assert post(proxy, stream=stream).status_code >= 400
    proxy.stop()
    row = one(log.rows())
    assert row["outcome"] == "failed"
    assert b"not today" in row["bodies"]["backend_reply"]["data"]


def test_what_is_refused_is_a_row_too(backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    backend.script(Reply.json({"error": {"message": "slow down"}}, status=429))
    config = one_backend(backend.url, server=log.server).replace("default_model: m\n", "default_model: false\n")
    proxy = start_proxy(config)
    url = f"{proxy.base_url}/chat/completions"
    httpx.post(url, json=chat_body(), headers={"authorization": "Bearer sk-a-wrong-key-of-somebody"})
    httpx.post(url, content=b"{broken", headers=AUTHORIZATION)
    httpx.post(f"{proxy.base_url}/chat/no-such-path", headers=AUTHORIZATION)
    post(proxy, model="not-served")
    post(proxy)
    httpx.get(f"{proxy.base_url.removesuffix('/v1')}/healthz")
    proxy.stop()
    rows = log.rows()
    assert [(row["status"], row["outcome"]) for row in rows] == [
        (401, "refused"), (400, "refused"), (404, "refused"), (404, "refused"), (429, "refused"),
    ]  # fmt: skip
    assert [row["token"] for row in rows] == ["", "token-1", "", "token-1", "token-1"]
    assert [row["model"] for row in rows] == ["", "", "", "not-served", "m"]
    assert rows[4]["error"] == "slow down"
    assert "client_request" not in [side for side, body in rows[0]["bodies"].items() if body["data"]]
    assert sums(log)[:2] == (5, 5)


def test_a_stream_that_its_backend_cuts(backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    backend.script(Reply.stream([chat_chunk("half"), 0.1, CUT]))
    proxy = start_proxy(one_backend(backend.url, server=log.server))
    assert post(proxy, stream=True).status_code == 200
    proxy.stop()
    row = one(log.rows())
    assert (row["outcome"], row["status"]) == ("failed", 200)
    assert row["error"]
    assert b"half" in row["bodies"]["client_reply"]["data"]


@pytest.mark.parametrize("begun", [True, False], ids=["in a stream", "before a reply"])
def test_a_client_that_leaves(begun: bool, backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    never = threading.Event()
    backend.script(Reply.stream([chat_chunk("half"), never]) if begun else Reply(before_headers=[never]))
    proxy = start_proxy(one_backend(backend.url, server=log.server))
    url = f"{proxy.base_url}/chat/completions"
    if begun:
        with httpx.stream("POST", url, json=chat_body(stream=True), headers=AUTHORIZATION) as reply:
            next(reply.iter_raw())
    else:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(url, json=chat_body(stream=True), headers=AUTHORIZATION, timeout=0.5)
    row = one(log.wait_for(len))
    assert (row["outcome"], row["status"]) == ("left", 200 if begun else 499)
    never.set()


def test_sigterm_loses_nothing(backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    gate = threading.Event()
    backend.script(*[Reply.json(chat_reply()) for _ in range(20)])
    proxy = start_proxy(one_backend(backend.url, server=log.server))
    for _ in range(20):
        post(proxy)
    backend.script(Reply.stream([chat_chunk("half"), gate, chat_end()]))
    url = f"{proxy.base_url}/chat/completions"
    with httpx.stream("POST", url, json=chat_body(stream=True), headers=AUTHORIZATION, timeout=30) as reply:
        pieces = reply.iter_raw()
        next(pieces)
        proxy.process.send_signal(signal.SIGTERM)
        gate.set()
        b"".join(pieces)
    assert proxy.wait() == 0
    rows = log.rows()
    assert len(rows) == 21
    assert {row["outcome"] for row in rows} == {"ok"}


def test_what_is_cut_at_the_end_is_a_row(backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    never = threading.Event()
    backend.script(Reply.stream([chat_chunk("half"), never]))
    proxy = start_proxy(one_backend(backend.url, server=log.server))
    url = f"{proxy.base_url}/chat/completions"
    with httpx.stream("POST", url, json=chat_body(stream=True), headers=AUTHORIZATION, timeout=30) as reply:
        pieces = reply.iter_raw()  # a name for it: let go, it closes the reply
        next(pieces)
        proxy.process.send_signal(signal.SIGTERM)
        while "stopping: 1 open flows" not in proxy.output:
            assert not never.wait(0.05)
        assert proxy.stop() == 0  # the second signal: at once
    assert one(log.rows())["outcome"] == "stopped"
    never.set()


def test_sigkill_leaves_a_sound_database(backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    backend.answer = lambda request: Reply.json(chat_reply())
    proxy = start_proxy(one_backend(backend.url, server=log.server))
    for _ in range(10):
        post(proxy)
    log.wait_for(lambda rows: len(rows) == 10)
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            try:
                post(proxy)
            except httpx.HTTPError:
                return

    client = threading.Thread(target=go_on)
    client.start()
    log.wait_for(lambda rows: len(rows) > 20)
    proxy.stop(signal.SIGKILL)
    stop.set()
    client.join()
    with sqlite3.connect(log.path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        counts = ("count(*) FROM flow", "sum(requests) FROM flow_use", "rows FROM flow_total")
        flows, days, total = (connection.execute(f"SELECT {count}").fetchone()[0] for count in counts)
    assert flows == days == total > 20


def test_a_database_that_cannot_be_written_to_costs_no_reply(
    backend: PacedBackend, start_proxy: Start, log: LoggedFlows
) -> None:
    log.path.parent.mkdir()
    with sqlite3.connect(log.path) as connection:
        connection.execute("PRAGMA journal_mode=wal")
    locker = sqlite3.connect(log.path, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    backend.answer = lambda request: Reply.json(chat_reply())
    proxy = start_proxy(one_backend(backend.url, server=log.server))
    assert [post(proxy).status_code for _ in range(5)] == [200] * 5
    assert proxy.stop(timeout_s=25) == 0
    locker.execute("ROLLBACK")
    locker.close()
    assert "flow log: 5 rows were lost" in proxy.output


def test_without_the_admin_nothing_is_recorded(backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    backend.script(Reply.json(chat_reply()))
    proxy = start_proxy(one_backend(backend.url, server=log.server.replace("true", "false")))
    assert post(proxy).status_code == 200
    proxy.stop()
    assert not log.path.parent.exists()


@pytest.mark.parametrize(("kept", "whole", "failed"), [("errors", 0, 4), ("none", 0, 0)])
def test_which_bodies_are_kept(
    kept: str, whole: int, failed: int, backend: PacedBackend, start_proxy: Start, log: LoggedFlows
) -> None:
    backend.script(Reply.json(chat_reply()), Reply.json({"error": {"message": "no"}}, status=400))
    proxy = start_proxy(one_backend(backend.url, server=f"{log.server}\nlog_bodies: {kept}"))
    assert [post(proxy).status_code for _ in range(2)] == [200, 400]
    proxy.stop()
    rows = log.rows()
    assert [len(row["bodies"]) for row in rows] == [whole, failed]
    assert rows[1]["error"] == "no"


def test_long_bodies_are_cut_and_say_so(backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    backend.script(Reply.stream([*(chat_chunk("x" * 100) for _ in range(50)), chat_end()]))
    proxy = start_proxy(one_backend(backend.url, server=f"{log.server}\nlog_body_bytes: 1000"))
    reply = post(proxy, stream=True)
    proxy.stop()
    body = one(log.rows())["bodies"]["client_reply"]
    assert (body["data"], body["kept_bytes"], body["total_bytes"]) == (reply.content[:1000], 1000, len(reply.content))


def test_no_secret_reaches_the_database(backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    """A backend that says its key and the client's, in every place and in both shapes; a client that does."""
    said = f"your key {BACKEND_KEY} and {TOKEN}"
    backend.script(
        Reply.json(chat_reply(said), ("x-api-key", BACKEND_KEY), ("x-note", said)),
        Reply.stream([chat_chunk(said), chat_end()]),
        Reply.json({"error": {"message": said}}, status=401),
    )
    proxy = start_proxy(one_backend(backend.url, server=log.server))
    asked = [{"role": "user", "content": f"is {TOKEN} good?"}]
    for stream in (False, True, False):
        post(proxy, messages=asked, stream=stream)
    secret_headers = {**AUTHORIZATION, "x-api-key": TOKEN, "x-note": TOKEN, "user-agent": TOKEN}
    httpx.get(f"{proxy.base_url}/models?api_key={TOKEN}", headers=secret_headers)
    httpx.get(f"{proxy.base_url}/models/{TOKEN}", headers=AUTHORIZATION)
    proxy.stop()
    assert len(log.rows()) == 5
    everything = log.everything()
    assert b"is ****" in everything
    for secret in (TOKEN, BACKEND_KEY):
        assert secret.encode() not in everything


def test_a_realtime_session_is_one_row(start_proxy: Start, log: LoggedFlows) -> None:
    with RealtimeBackend() as backend:
        proxy = start_proxy(one_backend(backend.url, server=log.server))
        url = f"ws://127.0.0.1:{proxy.port}/v1/realtime?model=m"
        with connect(url, additional_headers=AUTHORIZATION, proxy=None, open_timeout=30) as session:
            session.recv(timeout=30)
        row = one(log.wait_for(len))
    assert (row["status"], row["outcome"], row["model"], row["token"]) == (101, "ok", "m", "token-1")


def test_several_workers_write_one_database(backend: PacedBackend, start_proxy: Start, log: LoggedFlows) -> None:
    backend.answer = lambda request: Reply.json(chat_reply())
    environment = {"PROAPI_WORKERS": "3"}
    proxy = start_proxy(one_backend(backend.url, server=log.server), environment=environment)
    for _ in range(60):
        assert post(proxy).status_code == 200
    assert proxy.stop(timeout_s=30) == 0
    assert len(log.rows()) == 60
    assert sums(log)[0] == 60
