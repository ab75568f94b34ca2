"""Deadlines: an attempt is ended whatever state it is in, with the reason, and nothing else is."""

from __future__ import annotations

import asyncio

from mitmproxy import ctx, http
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from addons.attempt import Attempt, Verdict
from addons.failover_layer import abort_upstream
from tests.addons.fake_backends import Exchange, FakeBackend, black_hole, reply, speaking, sse, stall
from tests.addons.in_process_proxy import authorities, in_loop, until
from tests.addons.steering import Target, steered


@in_loop
async def test_an_abort_ends_one_stream_of_a_shared_connection() -> None:
    go_on = asyncio.Event()
    context = authorities().trusted.server_context("localhost")
    async with (
        FakeBackend(stall, sse([b"one", b"two"], before_last=go_on), tls=context, h2=True) as backend,
        steered(Target(backend.port, tls=True)) as (steering, proxy),
        proxy.client(h2=True) as client,
    ):
        slow = asyncio.create_task(client.post("/v1/slow"))
        await until(lambda: len(backend.requests) == 1)
        quick = asyncio.create_task(client.post("/v1/quick"))
        await until(lambda: "responseheaders 200" in steering.log)
        assert abort_upstream(proxy.master, steering.flows[0], "out of time")
        assert (await slow).json() == {"error": {"message": "out of time"}}
        go_on.set()
        assert (await quick).content == b"onetwo"
    assert backend.connections == 1


@in_loop
async def test_an_abort_leaves_a_connect_to_the_others_that_wait_for_it() -> None:
    async with (
        speaking(b"") as port,
        steered(Target(port, tls=True)) as (steering, proxy),
        proxy.client(h2=True) as client,
    ):
        calls = [asyncio.create_task(client.post("/v1/chat")) for _ in range(2)]
        await until(lambda: steering.flows)
        (layer,) = proxy.http_layers()
        await until(lambda: [len(waiting) for waiting in layer.waiting_for_establishment.values()] == [2])
        (waiting,) = layer.waiting_for_establishment.values()
        abort_upstream(proxy.master, steering.flows[0], "out of time")
        await until(lambda: any(call.done() for call in calls))
        assert len(waiting) == 1
        abort_upstream(proxy.master, steering.flows[1], "out of time too")
        answers = {call.json()["error"]["message"] for call in await asyncio.gather(*calls)}
    assert answers == {"out of time", "out of time too"}


@in_loop
async def test_a_late_abort_does_not_hit_the_next_attempt() -> None:
    go_on = asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        await go_on.wait()
        await reply(200, b"second")(exchange)

    async with (
        FakeBackend(reply(429)) as first,
        FakeBackend(wait) as second,
        steered(first.port, second.port) as (steering, proxy),
        proxy.client() as client,
    ):
        steering.hold_hook = asyncio.Event()
        call = asyncio.create_task(client.post("/v1/chat"))
        await steering.in_hook.wait()
        abort_upstream(proxy.master, steering.flows[0], "out of time")  # of the attempt that the hook ends anyway
        steering.hold_hook.set()
        await until(lambda: second.requests)
        go_on.set()
        assert (await call).content == b"second"
        assert not abort_upstream(proxy.master, steering.flows[0], "long over")


@in_loop
async def test_an_abort_during_the_request_hook_is_not_lost() -> None:
    go_on = asyncio.Event()

    class Slow:
        async def request(self, flow: http.HTTPFlow) -> None:
            await go_on.wait()

    async with black_hole() as port, steered(port) as (steering, proxy), proxy.client() as client:
        proxy.master.addons.add(Slow())
        call = asyncio.create_task(client.post("/v1/chat"))
        await until(lambda: "request" in steering.log)
        abort_upstream(proxy.master, steering.flows[0], "out of time")
        go_on.set()
        assert (await call).json() == {"error": {"message": "out of time"}}


@in_loop
async def test_no_time_left_for_the_attempt_that_the_hook_asks_for() -> None:
    async with FakeBackend(reply(429)) as first, black_hole() as port:

        def decide(flow: http.HTTPFlow, attempt: Attempt) -> object:
            if attempt.number == 1:
                attempt.verdict = Verdict.RETRY
                steering.route(flow)
                assert abort_upstream(ctx.master, flow, "no time left")
                return "decided"
            return None

        async with steered(first.port, port, decide=decide) as (steering, proxy), proxy.client() as client:
            assert (await client.post("/v1/chat")).json() == {"error": {"message": "no time left"}}
    assert steering.log[1:3] == ["attempt 1: 429", "attempt 2: error no time left"]


@in_loop
async def test_a_connection_given_up_while_it_is_being_reported_is_closed() -> None:
    connected, go_on = asyncio.Event(), asyncio.Event()

    class SlowToReport:
        async def server_connected(self, data: ServerConnectionHookData) -> None:
            connected.set()
            await go_on.wait()

    async with FakeBackend(stall) as backend, steered(backend.port) as (steering, proxy), proxy.client() as client:
        proxy.master.addons.add(SlowToReport())
        call = asyncio.create_task(client.post("/v1/chat"))
        await connected.wait()
        abort_upstream(proxy.master, steering.flows[0], "too late")
        assert (await call).json() == {"error": {"message": "too late"}}
        go_on.set()
        await backend.closed.wait()
        (handler,) = proxy.proxyserver.connections.values()
        await until(lambda: list(handler.transports) == [handler.client])
    assert backend.requests == []
