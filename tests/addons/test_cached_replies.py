"""A hit of the cache on its way: no attempt, nothing that health or a budget may count, nothing that was sent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from proapi_gateway.reply_cache.cache import Found, ReplyCache
from proapi_gateway.reply_cache.entries import ReplyPart
from proapi_gateway.reply_cache.key import Question
from tests.addons.exchanges import TOKEN
from tests.addons.fake_backends import FakeBackend, reply, sse
from tests.addons.gateway_proxy import GatewayProxy, ask, blocks_at, chat_json, gateway_proxy
from tests.addons.in_process_proxy import in_loop
from tests.end_to_end.configs import chat_chunk, chat_end

GOOD = reply(200, chat_json())
DOWN = reply(503, b'{"error": {"message": "busy"}}')


def cached(folder: Path, *lines: str) -> str:
    return "\n".join((f"admin_server: true\ndb_cache: true\ndb_path: sqlite:///{folder}/log.db", *lines))


def cache_of(proxy: GatewayProxy) -> ReplyCache:
    cache = proxy.configuration.gateway().snapshot.reply_cache
    assert cache is not None
    return cache


async def written(proxy: GatewayProxy) -> None:
    """What has been handed to the writing thread is in the database."""
    future = cache_of(proxy)._writer.submit(lambda: None)
    assert future is not None
    await asyncio.wrap_future(future)


@in_loop
async def test_a_hit_is_no_attempt_and_says_nothing_of_health(tmp_path: Path) -> None:
    async with (
        FakeBackend(GOOD, DOWN) as backend,
        gateway_proxy(blocks_at(backend.port, server=cached(tmp_path))) as proxy,
        proxy.client() as client,
    ):
        await ask(client)
        await written(proxy)
        for _ in range(3):
            assert (await ask(client, seed=1)).status_code == 503
        (ill,) = proxy.configuration.gateway().snapshot.health.states()
        answer = await ask(client)
        (state,) = proxy.configuration.gateway().snapshot.health.states()
    assert (answer.status_code, answer.headers["x-proapi-cache"]) == (200, "hit")
    assert (state.failures, state.open_requests) == (ill.failures, 0)
    assert ill.failures > 0
    hit = proxy.exchanges[-1]
    assert (hit.attempts, hit.history, hit.cache) == (0, [], "hit")


@in_loop
async def test_after_a_failed_attempt_the_next_ones_reply_may_be_a_hit(tmp_path: Path) -> None:
    async with (
        FakeBackend(DOWN) as first,
        FakeBackend(GOOD, DOWN) as second,
        gateway_proxy(blocks_at(first.port, second.port, server=cached(tmp_path))) as proxy,
        proxy.client() as client,
    ):
        assert (await ask(client)).headers["x-proapi-cache"] == "miss"
        await written(proxy)
        answers = [await ask(client) for _ in range(2)]  # they take turns in which they try first
    assert [answer.headers["x-proapi-cache"] for answer in answers] == ["hit", "hit"]
    assert [answer.headers["x-proapi-provider"] for answer in answers] == ["openai/b1", "openai/b1"]
    assert [answer.headers.get("x-proapi-attempts") for answer in answers] == [None, "1"]
    assert [len(exchange.history) for exchange in proxy.exchanges] == [2, 0, 1]
    assert len(second.requests) == 1


@in_loop
async def test_a_hit_takes_a_request_of_its_tokens_limits_and_no_tokens(tmp_path: Path) -> None:
    config_lines = "limits: { rpm: 100, tpm: 1000 }\n    budget: { usd: 5, per: day }"
    server = cached(tmp_path, "prices: { upstream-model: { input: 1000, output: 1000 } }")
    async with FakeBackend(GOOD) as backend:
        config = blocks_at(backend.port, server=server)
        config = config.replace(f"  - api_key: {TOKEN}\n", f"  - api_key: {TOKEN}\n    name: a\n    {config_lines}\n")
        async with gateway_proxy(config) as proxy, proxy.client() as client:
            await ask(client)
            await written(proxy)
            (before,) = proxy.configuration.gateway().snapshot.limiter.states()
            assert (await ask(client)).headers["x-proapi-cache"] == "hit"
            (after,) = proxy.configuration.gateway().snapshot.limiter.states()
    assert (before.requests, before.tokens) == (1, 2)
    assert before.spent_nano > 0
    assert after == replace(before, requests=2)


@in_loop
async def test_what_cannot_be_read_any_more_is_a_miss_and_goes(tmp_path: Path) -> None:
    async with (
        FakeBackend(GOOD) as backend,
        gateway_proxy(blocks_at(backend.port, server=cached(tmp_path))) as proxy,
        proxy.client() as client,
    ):
        await ask(client)
        await written(proxy)
        store = cache_of(proxy).store

        def spoil() -> None:
            (view,) = store.newest(5)
            entry = store.entry(view.key)
            assert entry is not None
            store.write(type(entry)(view, b"no zstd"))
            store.disconnect()

        await asyncio.to_thread(spoil)
        answer = await ask(client)
        assert (answer.status_code, answer.headers["x-proapi-cache"]) == (200, "miss")
        await written(proxy)
        assert (await ask(client)).headers["x-proapi-cache"] == "hit"


@pytest.mark.parametrize("stream", [False, True])
@in_loop
async def test_a_stored_error_is_a_miss(tmp_path: Path, stream: bool) -> None:
    """What an older version may have stored, or a translator that has learnt more since takes for an error."""
    async with (
        FakeBackend(GOOD) as backend,
        gateway_proxy(blocks_at(backend.port, server=cached(tmp_path))) as proxy,
        proxy.client() as client,
    ):
        cache = cache_of(proxy)
        keep = cache.keep
        spoilt = (ReplyPart({}, b'{"error": {"message": "no"}}'),)
        cache.keep = lambda found, parts: keep(found, spoilt)  # type: ignore[method-assign]
        await ask(client)
        await written(proxy)
        del cache.keep  # type: ignore[method-assign]
        answer = await ask(client, stream=stream)
        assert (answer.status_code, answer.headers["x-proapi-cache"]) == (200, "miss")
        assert "hello" in answer.text
        await written(proxy)
        assert (await ask(client)).headers["x-proapi-cache"] == "hit"
    assert len(backend.requests) == 2


@in_loop
async def test_a_look_up_that_hangs_costs_a_moment_and_the_reply_is_kept(tmp_path: Path) -> None:
    async with (
        FakeBackend(sse([chat_chunk("he"), chat_chunk("llo"), chat_end()])) as backend,
        gateway_proxy(blocks_at(backend.port, server=cached(tmp_path))) as proxy,
        proxy.client() as client,
    ):
        cache, goes_on = cache_of(proxy), asyncio.Event()
        look_up, loop = cache._look_up, asyncio.get_running_loop()

        def hang(question: Question, reads: bool, max_age_s: float | None) -> Found:
            asyncio.run_coroutine_threadsafe(goes_on.wait(), loop).result()
            return look_up(question, reads, max_age_s)

        cache._look_up = hang  # type: ignore[method-assign]
        answer = await ask(client, stream=True)
        assert (answer.status_code, answer.headers["x-proapi-cache"]) == (200, "miss")
        goes_on.set()
        await written(proxy)
        assert (await ask(client)).headers["x-proapi-cache"] == "hit"
    assert len(backend.requests) == 1
