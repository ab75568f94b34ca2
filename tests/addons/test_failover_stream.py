"""One exchange in the failover layer: the order of its hooks, held replies, broken streams, own answers, uploads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest
from mitmproxy import http

from addons.attempt import HELD_LIMIT_BYTES, Attempt, Verdict
from addons.failover_layer import abort_upstream
from tests.addons.fake_backends import (
    Exchange,
    FakeBackend,
    Script,
    black_hole,
    cut_before_head,
    raw,
    refused_port,
    reply,
    sse,
    stall,
)
from tests.addons.in_process_proxy import authorities, in_loop, until
from tests.addons.steering import Target, answer, steered

CLIENTS = pytest.mark.parametrize("h2", [False, True], ids=["h1-client", "h2-client"])
CHUNKED_SSE = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"

TWO_LENGTHS = b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n"


def leave_to_the_layer(flow: http.HTTPFlow, attempt: Attempt) -> object:
    return "nothing decided"


# ---- Verdicts and the order of hooks.


@CLIENTS
@in_loop
async def test_an_answer_after_a_retry_runs_the_hooks_in_this_order(h2: bool) -> None:
    async with (
        FakeBackend(reply(429)) as first,
        steered(first.port, refused_port()) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        assert (await client.post("/v1/chat")).status_code == 503
    assert [entry.split(" [")[0] for entry in steering.log] == [
        "request",
        "attempt 1: 429",
        "attempt 2: error",
        "response 503",
    ]
    assert steering.flows[0].error is None


@CLIENTS
@pytest.mark.parametrize("script", [cut_before_head, raw(TWO_LENGTHS)], ids=["cut", "two-lengths"])
@in_loop
async def test_a_failure_without_verdict_is_a_502_in_json(script: Script, h2: bool) -> None:
    async with (
        FakeBackend(script) as backend,
        steered(backend.port, decide=leave_to_the_layer) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        answered = await client.post("/v1/chat")
    assert answered.status_code == 502
    assert answered.json()["error"]["type"] == "upstream_error"
    assert [entry.split()[0] for entry in steering.log] == ["request", "attempt", "error"]


@in_loop
async def test_a_reply_with_two_lengths_gives_way_to_the_next_backend() -> None:
    async with (
        FakeBackend(raw(TWO_LENGTHS)) as first,
        FakeBackend(reply(200, b"second")) as second,
        steered(first.port, second.port) as (_, proxy),
        proxy.client() as client,
    ):
        assert (await client.post("/v1/chat")).content == b"second"


@pytest.mark.parametrize("error_code", ["CANCEL", "REFUSED_STREAM"])
@CLIENTS
@in_loop
async def test_an_http2_backend_that_cancels_is_a_failure_too(h2: bool, error_code: str) -> None:
    """For CANCEL mitmproxy tells the client nothing (12), or a 499 (11)."""

    async def cancel(exchange: Exchange) -> None:
        exchange.cut(error_code=8 if error_code == "CANCEL" else 7)

    context = authorities().trusted.server_context("localhost")
    async with (
        FakeBackend(cancel, tls=context, h2=True) as backend,
        steered(Target(backend.port, tls=True, h2=True), decide=leave_to_the_layer) as (_, proxy),
        proxy.client(h2) as client,
    ):
        answered = await client.post("/v1/chat")
    assert (answered.status_code, answered.json()["error"]["type"]) == (502, "upstream_error")


@CLIENTS
@in_loop
async def test_an_error_reply_that_stands_travels_the_normal_way(h2: bool) -> None:
    body = b"x" * 1000
    async with (
        FakeBackend(reply(418, body, **{"retry-after": "7"})) as backend,
        steered(backend.port) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        answered = await client.post("/v1/chat")
    assert (answered.status_code, answered.content, answered.headers["retry-after"]) == (418, body, "7")
    assert steering.log == ["request", "attempt 1: 418", "responseheaders 418", "response 418"]


@in_loop
async def test_an_endless_error_body_is_decided_at_the_limit_and_passed_on_whole() -> None:
    seen: list[int] = []

    def look(flow: http.HTTPFlow, attempt: Attempt) -> None:
        assert flow.response
        seen.append(len(flow.response.raw_content or b""))
        assert not attempt.ended

    body = b"x" * (3 * HELD_LIMIT_BYTES)
    async with (
        FakeBackend(reply(500, body)) as backend,
        steered(backend.port, decide=look) as (_, proxy),
        proxy.client() as client,
    ):
        assert (await client.post("/v1/chat")).content == body
    assert len(seen) == 1
    assert HELD_LIMIT_BYTES <= seen[0] < 2 * HELD_LIMIT_BYTES


@in_loop(expect_error="Addon error")
async def test_an_attempt_stands_when_the_hook_fails() -> None:
    def fail(flow: http.HTTPFlow, attempt: Attempt) -> None:
        raise ValueError("a bug")

    async with (
        FakeBackend(reply(200, b"fine")) as backend,
        steered(backend.port, decide=fail) as (_, proxy),
        proxy.client() as client,
    ):
        assert (await client.post("/v1/chat")).content == b"fine"


@CLIENTS
@in_loop
async def test_a_flow_killed_in_the_hook_ends_without_a_reply(h2: bool) -> None:
    def kill(flow: http.HTTPFlow, attempt: Attempt) -> None:
        flow.kill()

    async with (
        FakeBackend(sse([b"one", b"two"], asyncio.Event())) as backend,
        steered(backend.port, decide=kill) as (_, proxy),
        proxy.client(h2) as client,
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/v1/chat")
        await backend.closed.wait()


# ---- Replies that are held until something of the body is seen.


def hold_until(judge: Callable[[list[bytes], bool], Verdict | None]) -> Callable[[http.HTTPFlow, Attempt], object]:
    """Holds the first attempt; `judge(held, ended)` gives the verdict, or None to hold on."""

    def decide(flow: http.HTTPFlow, attempt: Attempt) -> object:
        if flow.error or attempt.number > 1:
            return None
        verdict = judge(list(attempt.held), attempt.ended)
        attempt.hold = verdict is None
        if verdict is Verdict.ANSWER:
            answer(attempt, 503, "no")
        return None if verdict is Verdict.RETRY else "decided"

    return decide


ERROR_EVENT = b'data: {"error": {"message": "overloaded"}}\n\n'


@CLIENTS
@in_loop
async def test_a_stream_that_opens_with_an_error_is_replaced(h2: bool) -> None:
    def decide(flow: http.HTTPFlow, attempt: Attempt) -> object:
        attempt.hold = attempt.number == 1 and not attempt.held
        if ERROR_EVENT in attempt.held:
            attempt.verdict = Verdict.RETRY
            steering.route(flow)
        return "decided"

    async with (
        FakeBackend(sse([ERROR_EVENT, b"rest"], asyncio.Event())) as first,
        FakeBackend(sse([b"one", b"two"])) as second,
        steered(first.port, second.port, decide=decide) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        assert (await client.post("/v1/chat")).content == b"onetwo"
        await first.closed.wait()
    assert steering.log[1:4] == ["attempt 1: 200", "attempt 1: 200", "attempt 2: 200"]


@CLIENTS
@in_loop
async def test_a_held_stream_that_is_accepted_comes_in_order_from_its_first_piece(h2: bool) -> None:
    go_on = asyncio.Event()

    def judge(held: list[bytes], ended: bool) -> Verdict | None:
        return Verdict.ACCEPT if b"".join(held) == b"onetwo" else None

    async with (
        FakeBackend(sse([b"one", b"two", b"three"], before_last=go_on)) as backend,
        steered(backend.port, decide=hold_until(judge)) as (steering, proxy),
        proxy.client(h2) as client,
        client.stream("POST", "/v1/chat") as streamed,
    ):
        pieces = streamed.aiter_raw()
        first = await anext(pieces)
        go_on.set()
        assert first + b"".join([piece async for piece in pieces]) == b"onetwothree"
    begun = steering.log.index("responseheaders 200")
    assert begun >= 3
    assert steering.log[:begun] == ["request", *["attempt 1: 200"] * (begun - 1)]


@pytest.mark.parametrize("size", [3, 3 * HELD_LIMIT_BYTES], ids=["ended", "full"])
@in_loop
async def test_who_holds_on_to_the_end_has_accepted(size: int) -> None:
    body = b"x" * size
    async with (
        FakeBackend(reply(200, body)) as backend,
        steered(backend.port, decide=hold_until(lambda held, ended: None)) as (_, proxy),
        proxy.client() as client,
    ):
        assert (await client.post("/v1/chat")).content == body


@in_loop
async def test_how_much_is_held_is_a_matter_of_each_attempt() -> None:
    limits: list[int] = []

    def decide(flow: http.HTTPFlow, attempt: Attempt) -> object:
        limits.append(attempt.hold_limit_bytes)
        attempt.hold, attempt.hold_limit_bytes = not attempt.ended, 4 * HELD_LIMIT_BYTES
        if attempt.number == 1 and attempt.ended:
            attempt.verdict = Verdict.RETRY
            steering.route(flow)
        return "decided"

    large = b"x" * (2 * HELD_LIMIT_BYTES)
    async with (
        FakeBackend(reply(200, large)) as first,
        FakeBackend(reply(200, b"second")) as second,
        steered(first.port, second.port, decide=decide) as (steering, proxy),
        proxy.client() as client,
    ):
        assert (await client.post("/v1/chat")).content == b"second"
    of_second = limits[steering.log.index("attempt 2: 200") - 1]
    assert (limits[0], of_second) == (HELD_LIMIT_BYTES, HELD_LIMIT_BYTES)


@in_loop
async def test_a_backend_that_breaks_while_it_is_held_has_failed() -> None:
    async with (
        FakeBackend(sse([b"one", b"two"], cut=True)) as first,
        FakeBackend(reply(200, b"second")) as second,
        steered(first.port, second.port, decide=hold_until(lambda held, ended: None)) as (steering, proxy),
        proxy.client() as client,
    ):
        assert (await client.post("/v1/chat")).content == b"second"
    assert "attempt 1: error HTTP/1 protocol error" in "".join(steering.log)


@CLIENTS
@in_loop
async def test_a_held_stream_can_be_answered_instead(h2: bool) -> None:
    async with (
        FakeBackend(sse([b"one", b"two"], asyncio.Event())) as backend,
        steered(backend.port, decide=hold_until(lambda held, _: Verdict.ANSWER if held else None)) as (_, proxy),
        proxy.client(h2) as client,
    ):
        assert (await client.post("/v1/chat")).status_code == 503
        await backend.closed.wait()


# ---- Streams that break after their first byte reached the client.

BROKEN_STREAMS: dict[str, Script] = {
    "chunks-cut": sse([b"one", b"two"], cut=True),
    "garbage-chunk": raw(CHUNKED_SSE + b"3\r\none\r\nZZ\r\n"),
    "reset": raw(CHUNKED_SSE + b"3\r\none\r\n", hard=True),
    "lying-length": raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99\r\n\r\none"),
}


@CLIENTS
@pytest.mark.parametrize("case", BROKEN_STREAMS)
@in_loop
async def test_a_stream_whose_backend_dies_is_ended_properly(case: str, h2: bool) -> None:
    async with (
        FakeBackend(BROKEN_STREAMS[case]) as backend,
        steered(backend.port) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        steering.drop_length = True
        text = (await client.post("/v1/chat")).text
        again = (await client.post("/v1/chat")).text  # the client's connection is still good
    assert text.startswith("one")
    assert "broken: " in text
    assert "broken: " in again
    assert steering.log[-2:] == ["responseheaders 200", "response 200"]


@CLIENTS
@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
@in_loop
async def test_trailers_of_an_http1_backend_do_no_harm(kind: str, h2: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ntransfer-encoding: chunked\r\n\r\n" % kind.encode()
    async with (
        FakeBackend(raw(head + b"3\r\none\r\n0\r\nx-trailer: 1\r\n\r\n")) as backend,
        steered(backend.port) as (steering, proxy),
        proxy.client(h2) as client,
    ):
        for _ in range(2):
            assert (await client.post("/v1/chat")).text == "one"
    assert steering.log.count("response 200") == 2


@CLIENTS
@in_loop
async def test_an_http2_backend_that_resets_its_stream_is_a_broken_stream(h2: bool) -> None:
    context = authorities().trusted.server_context("localhost")
    async with (
        FakeBackend(sse([b"one", b"two"], cut=True), tls=context, h2=True) as backend,
        steered(Target(backend.port, tls=True, h2=True)) as (_, proxy),
        proxy.client(h2) as client,
    ):
        assert "broken: stream reset" in (await client.post("/v1/chat")).text


@CLIENTS
@pytest.mark.parametrize("why", ["stream-true", "length-announced"])
@in_loop
async def test_a_broken_stream_that_cannot_say_so_is_seen_to_be_cut(why: str, h2: bool) -> None:
    script = BROKEN_STREAMS["lying-length" if why == "length-announced" else "chunks-cut"]

    class StreamTrue:
        def responseheaders(self, flow: http.HTTPFlow) -> None:
            assert flow.response
            flow.response.stream = True

    async with FakeBackend(script) as backend, steered(backend.port) as (steering, proxy), proxy.client(h2) as client:
        if why == "stream-true":
            proxy.master.addons.add(StreamTrue())
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/v1/chat")
    assert steering.log[-1].startswith("error ")


@CLIENTS
@in_loop
async def test_an_abort_in_mid_stream_ends_it_with_the_reason(h2: bool) -> None:
    async with (
        FakeBackend(sse([b"one", b"two"], asyncio.Event())) as backend,
        steered(backend.port) as (steering, proxy),
        proxy.client(h2) as client,
        client.stream("POST", "/v1/chat") as streamed,
    ):
        pieces = streamed.aiter_raw()
        assert await anext(pieces) == b"one"
        assert abort_upstream(proxy.master, steering.flows[0], "idle for too long")
        assert b"".join([piece async for piece in pieces]) == b"broken: idle for too long"
        await backend.closed.wait()
    assert steering.log[-1] == "response 200"


@in_loop
async def test_an_http_1_0_client_gets_its_end_by_the_end_of_the_connection() -> None:
    async with FakeBackend(sse([b"one", b"two"], cut=True)) as backend, steered(backend.port) as (_, proxy):
        reader, writer = await proxy.raw(b"POST /v1/chat HTTP/1.0\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
        assert b"\r\n\r\nonetwobroken: " in await reader.read()
        writer.close()


# ---- Clients that leave.


@pytest.mark.parametrize("where", ["waits", "streams"])
@CLIENTS
@in_loop
async def test_when_the_client_leaves_the_upstream_is_closed_at_once(h2: bool, where: str) -> None:
    script = stall if where == "waits" else sse([b"one", b"two"], asyncio.Event())
    async with FakeBackend(script) as backend, steered(backend.port, refused_port()) as (steering, proxy):
        if h2:
            client = await proxy.raw_h2()
            stream_id = client.post()
            await until(lambda: backend.requests and (where == "waits" or "responseheaders 200" in steering.log))
            client.reset(stream_id)  # the client's connection stays
        else:
            _, writer = await proxy.raw(b"POST /v1/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
            await until(lambda: backend.requests and (where == "waits" or "responseheaders 200" in steering.log))
            writer.close()
        await backend.closed.wait()
        await until(lambda: steering.log[-1].startswith("error"))
        if h2:
            client.close()
    assert [entry.split()[0] for entry in steering.log].count("error") == 1
    assert not any("attempt" in entry and "error" in entry for entry in steering.log)


@pytest.mark.parametrize("h2", [False, True])
@in_loop
async def test_a_client_that_leaves_while_we_connect_ends_the_connect(h2: bool) -> None:
    async with black_hole() as port, steered(port, refused_port()) as (steering, proxy):
        if h2:
            client = await proxy.raw_h2()
            stream_id = client.post()
        else:
            _, writer = await proxy.raw(b"POST /v1/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
        await until(lambda: any(layer.waiting_for_establishment for layer in proxy.http_layers()))
        if h2:
            client.reset(stream_id)
        else:
            writer.close()
        await until(lambda: steering.log[-1].startswith("error"))
        await until(lambda: not any(layer.waiting_for_establishment for layer in proxy.http_layers()))
        if h2:
            client.close()
    assert steering.log[0] == "request"
    assert len(steering.log) == 2  # nobody was asked for a verdict


@CLIENTS
@in_loop
async def test_a_client_that_leaves_during_the_hook_gets_no_further_attempt(h2: bool) -> None:
    async with (
        FakeBackend(reply(429)) as first,
        FakeBackend(reply(200)) as second,
        steered(first.port, second.port) as (steering, proxy),
    ):
        steering.hold_hook = asyncio.Event()
        if h2:
            client = await proxy.raw_h2()
            stream_id = client.post()
        else:
            _, writer = await proxy.raw(b"POST /v1/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
        await steering.in_hook.wait()
        if h2:
            client.reset(stream_id)
            other = client.post()
            await until(lambda: len(steering.flows) == 2)  # so the reset has been read
        else:
            writer.close()
            await until(lambda: not steering.flows[0].client_conn.connected)
        steering.hold_hook.set()
        await until(lambda: any(entry.startswith("error ") for entry in steering.log))
        if h2:
            assert (await client.answer(other))[0] == b"200"
            client.close()
        assert len(second.requests) == (1 if h2 else 0)
    assert len([entry for entry in steering.log if entry.startswith("error ")]) == 1
