"""Many requests at once: a reload disturbs none, a stop lets them finish, and what is too many is told at once."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.configs import AUTHORIZATION, chat_body, chat_chunk, chat_end, one_backend
from tests.end_to_end.logged_flows import LoggedFlows
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy

Start = Callable[..., RunningProxy]

STREAMS = 100
COMPLETE = ['"a"', '"b"', "[DONE]"]


def gated(backend: PacedBackend) -> threading.Event:
    """Every stream of this backend waits in its middle for the one gate."""
    gate = threading.Event()
    backend.answer = lambda request: Reply.stream([chat_chunk("a"), gate, chat_chunk("b"), chat_end()])
    return gate


async def stream(client: httpx.AsyncClient, begun: Callable[[], None]) -> str:
    text = ""
    async with client.stream("POST", "/chat/completions", json=chat_body(stream=True)) as reply:
        assert reply.status_code == 200
        async for piece in reply.aiter_text():
            text += piece
            if '"a"' in text and '"b"' not in text:
                begun()
    return text


async def many_streams(proxy: RunningProxy, count: int, in_their_middle: Callable[[], None]) -> list[str]:
    """What each of so many streams at once was; `in_their_middle` is called when all have begun."""
    all_begun, begun = asyncio.Event(), 0

    def one_more() -> None:
        nonlocal begun
        begun += 1
        if begun == count:
            all_begun.set()

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=proxy.base_url, headers=AUTHORIZATION, timeout=60, limits=limits) as client:
        tasks = [asyncio.create_task(stream(client, one_more)) for _ in range(count)]
        async with asyncio.timeout(60):
            await all_begun.wait()
        await asyncio.to_thread(in_their_middle)
        return await asyncio.gather(*tasks)


def are_complete(texts: list[str]) -> bool:
    return all(text.count(piece) == 1 for text in texts for piece in COMPLETE)


def test_a_reload_in_the_middle_of_100_streams_disturbs_none(start_proxy: Start, backend: PacedBackend) -> None:
    gate = gated(backend)
    proxy = start_proxy(one_backend(backend.url))

    def reload() -> None:
        for server in ("strategy: least_busy", "max_open_requests: 1", "fallback: { m: [ m2 ] }"):
            proxy.config_path.write_text(one_backend("http://127.0.0.1:9", server=server))
            reply = httpx.get(f"http://127.0.0.1:{proxy.port}/reload_config", timeout=20)
            assert reply.json()["status"] == 0
        gate.set()

    texts = asyncio.run(many_streams(proxy, STREAMS, reload))
    assert len(texts) == STREAMS
    assert are_complete(texts)
    assert proxy.stop() == 0
    assert "Traceback" not in proxy.output


def test_a_stop_lets_100_streams_finish_and_the_log_has_them_all(
    start_proxy: Start, backend: PacedBackend, tmp_path: Path
) -> None:
    gate, log = gated(backend), LoggedFlows(tmp_path)
    proxy = start_proxy(one_backend(backend.url, server=f"{log.server}\nlog_bodies: none"))

    def stop() -> None:
        proxy.process.send_signal(signal.SIGTERM)
        proxy.wait_for("open flows may finish")
        gate.set()

    texts = asyncio.run(many_streams(proxy, STREAMS, stop))
    assert are_complete(texts)
    assert proxy.wait(30) == 0
    with sqlite3.connect(log.path) as connection:
        told = connection.execute("SELECT outcome, status, count(*) FROM flow GROUP BY 1, 2").fetchall()
        assert told == [("ok", 200, STREAMS)]


@pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_one_more_than_may_be_open_is_told_at_once(start_proxy: Start, backend: PacedBackend, http2: bool) -> None:
    gate = gated(backend)
    proxy = start_proxy(one_backend(backend.url, server="max_open_requests: 5"))
    told: dict[str, httpx.Response] = {}

    def ask_more() -> None:
        url, root = f"{proxy.base_url}/chat/completions", f"http://127.0.0.1:{proxy.port}"
        with httpx.Client(http2=http2, http1=not http2, headers=AUTHORIZATION, timeout=20) as client:
            told["sixth"] = client.post(url, json=chat_body())
            told["large"] = client.post(url, content=b"x" * 5_000_000)  # not read to its end
            told["healthz"], told["readyz"] = client.get(f"{root}/healthz"), client.get(f"{root}/readyz")
            gate.set()

    texts = asyncio.run(many_streams(proxy, 5, ask_more))
    assert are_complete(texts)
    assert {name: reply.status_code for name, reply in told.items()} == {
        "sixth": 503, "large": 503, "healthz": 200, "readyz": 503,
    }  # fmt: skip
    for name in ("sixth", "large", "readyz"):
        error = told[name].json()["error"]
        assert (error["type"], error["code"]) == ("service_unavailable", "overloaded")
        assert told[name].headers["retry-after"] == "1"
    assert len(backend.requests) == 5
    assert httpx.get(f"http://127.0.0.1:{proxy.port}/readyz").json() == {"status": "ok"}


def test_probes_while_it_is_being_stopped(start_proxy: Start, backend: PacedBackend) -> None:
    gate = gated(backend)
    proxy = start_proxy(one_backend(backend.url))
    with httpx.Client(base_url=f"http://127.0.0.1:{proxy.port}") as probe:  # its connection is open already
        assert probe.get("/readyz").status_code == 200

        def stop() -> None:
            proxy.process.send_signal(signal.SIGTERM)
            proxy.wait_for("open flows may finish")
            assert probe.get("/healthz").status_code == 200
            ready = probe.get("/readyz")
            assert (ready.status_code, ready.json()["error"]["code"]) == (503, "shutting_down")
            gate.set()

        assert are_complete(asyncio.run(many_streams(proxy, 1, stop)))
    assert proxy.wait() == 0
