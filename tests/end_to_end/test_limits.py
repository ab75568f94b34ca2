"""An application with the official SDK whose token has limits: it reads what is left, and waits as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from proapi_gateway.redis_clients import open_redis
from tests.end_to_end.configs import AUTHORIZATION, TOKEN, chat_body, chat_reply, one_backend
from tests.end_to_end.logged_flows import LoggedFlows
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import DOORS, openai, sdk_client

Start = Callable[..., RunningProxy]

PRICE = "prices: { upstream-model: { input: 1000, output: 1000 } }"  # chat_reply's 2 tokens are 0.002 dollars


def limited(url: str, limits: str, server: str = "") -> str:
    config = one_backend(url, server=server)
    return config.replace(f"- api_key: {TOKEN}", f"- api_key: {TOKEN}\n    name: team-a\n    {limits}")


def ask(proxy: RunningProxy, **changes: object) -> httpx.Response:
    url = f"{proxy.base_url}/chat/completions"
    return httpx.post(url, json=chat_body(**changes), headers=AUTHORIZATION, timeout=20)


@pytest.mark.parametrize("door", DOORS)
def test_what_is_left_and_the_sdks_own_error(start_proxy: Start, backend: PacedBackend, door: str) -> None:
    backend.answer = lambda request: Reply.json(chat_reply(), ("x-ratelimit-remaining-requests", "9999"))
    with sdk_client(start_proxy(limited(backend.url, "limits: { rpm: 2, tpm: 1000 }")), door) as client:
        raw = client.chat.completions.with_raw_response
        told = [raw.create(**chat_body(max_tokens=100)).headers for _ in range(2)]
        assert [headers["x-ratelimit-remaining-requests"] for headers in told] == ["1", "0"]
        # while the second was open its estimate counted, and of the first what it took
        assert 850 < int(told[1]["x-ratelimit-remaining-tokens"]) < 898
        with pytest.raises(openai.RateLimitError) as caught:
            raw.create(**chat_body())
    error, headers = caught.value, caught.value.response.headers
    assert (error.code, error.type, error.param) == ("rate_limit_exceeded", "requests", None)
    assert "team-a on requests per min (RPM): Limit 2, Used 2, Requested 1" in error.message
    assert 1 <= int(headers["retry-after"]) <= 60
    assert (headers["x-ratelimit-remaining-requests"], headers["x-ratelimit-remaining-tokens"]) == ("0", "996")
    assert len(backend.requests) == 2


def test_the_sdk_comes_back_after_the_time_that_it_is_told(start_proxy: Start, backend: PacedBackend) -> None:
    gate = threading.Event()
    backend.script(Reply(before_headers=[gate], pieces=Reply.json(chat_reply()).pieces, length="known"))
    backend.answer = lambda request: Reply.json(chat_reply("second"))
    proxy = start_proxy(limited(backend.url, "limits: { concurrent: 1 }"))
    with ThreadPoolExecutor() as pool, sdk_client(proxy, max_retries=6) as client:
        first = pool.submit(ask, proxy)
        backend.wait_for_requests(1)
        began = time.monotonic()
        second = pool.submit(client.chat.completions.create, **chat_body())
        proxy.wait_for("429 rate_limit_exceeded")
        gate.set()
        assert first.result(20).status_code == 200
        assert second.result(20).choices[0].message.content == "second"
        assert time.monotonic() - began > 0.9  # the SDK's own first wait is half of that
    assert len(backend.requests) == 2


def test_a_budget_survives_a_restart_and_the_sdk_does_not_insist(
    start_proxy: Start, backend: PacedBackend, tmp_path: Path
) -> None:
    backend.answer = lambda request: Reply.json(chat_reply())
    log = LoggedFlows(tmp_path)
    config = limited(backend.url, "budget: { usd: 0.003, per: month }", f"{log.server}\n{PRICE}")
    proxy = start_proxy(config)
    assert [ask(proxy).status_code for _ in range(3)] == [200, 200, 429]
    assert proxy.stop() == 0
    with sdk_client(start_proxy(config), max_retries=2) as client, pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(**chat_body())
    assert caught.value.response.request.headers["x-stainless-retry-count"] == "0"
    assert (caught.value.code, caught.value.type) == ("insufficient_quota", "insufficient_quota")
    assert "team-a has spent its budget of $0.003 per month" in caught.value.message
    assert len(backend.requests) == 2


def test_a_reload_keeps_what_was_used(start_proxy: Start, backend: PacedBackend) -> None:
    backend.answer = lambda request: Reply.json(chat_reply())
    proxy = start_proxy(limited(backend.url, "limits: { rpm: 9 }"))
    assert [ask(proxy).headers["x-ratelimit-remaining-requests"] for _ in range(2)] == ["8", "7"]
    proxy.config_path.write_text(limited(backend.url, "limits: { rpm: 3 }", "strategy: least_busy"))
    proxy.wait_for("reloaded")
    assert [ask(proxy).headers["x-ratelimit-remaining-requests"] for _ in range(2)] == ["0", "0"]
    assert len(backend.requests) == 3


def test_a_budget_that_a_reload_brings_knows_what_was_spent_before(
    start_proxy: Start, backend: PacedBackend, tmp_path: Path
) -> None:
    backend.answer = lambda request: Reply.json(chat_reply())
    log = LoggedFlows(tmp_path)
    server = f"{log.server}\n{PRICE}"
    proxy = start_proxy(limited(backend.url, "", server))
    assert [ask(proxy).status_code for _ in range(9)] == [200] * 9
    log.wait_for(lambda rows: len(rows) == 9)
    proxy.config_path.write_text(limited(backend.url, "budget: { usd: 0.018, per: day }", server))
    proxy.wait_for("reloaded")
    statuses = [ask(proxy).status_code]  # the first one after it has the log read
    while statuses[-1] == 200 and len(statuses) < 8:  # nine would be the budget by themselves
        time.sleep(0.05 * 2 ** len(statuses))
        statuses.append(ask(proxy).status_code)
    assert statuses[-1] == 429


def test_workers_share_a_limit_through_a_redis(start_proxy: Start, backend: PacedBackend, redis_url: str) -> None:
    backend.answer = lambda request: Reply.json(chat_reply())
    config = limited(backend.url, "limits: { rpm: 12, concurrent: 1 }", f"state_url: {redis_url}")
    for _ in range(4):
        open_redis(redis_url, 30.0).flushall()
        proxy = start_proxy(config, environment={"PROAPI_WORKERS": "2"})
        told = [ask(proxy) for _ in range(20)]  # a connection each: the kernel deals them out
        assert proxy.stop() == 0
        if "each process counts" not in proxy.output:  # as it must where a busy machine lets it wait for two seconds
            break
    assert [each.status_code for each in told] == [200] * 12 + [429] * 8
    left = [int(each.headers["x-ratelimit-remaining-requests"]) for each in told]
    assert left == [*range(11, -1, -1), *[0] * 8]


@pytest.mark.parametrize("door", DOORS)
def test_a_body_that_is_too_large_is_the_sdks_own_error(start_proxy: Start, backend: PacedBackend, door: str) -> None:
    backend.answer = lambda request: Reply.json(chat_reply())
    with sdk_client(start_proxy(one_backend(backend.url, server="max_body_bytes: 10000")), door) as client:
        with pytest.raises(openai.APIStatusError) as caught:
            client.chat.completions.create(**chat_body(user="x" * 10_000))
        assert (caught.value.status_code, caught.value.code) == (413, "request_too_large")
        assert client.chat.completions.create(**chat_body()).choices[0].message.content == "hello"
    assert len(backend.requests) == 1
