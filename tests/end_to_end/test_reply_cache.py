"""The cache of replies of a running proxy: the same request again, by the official SDK, whole and streamed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from proapi_gateway.reply_cache.caches import open_store
from proapi_gateway.reply_cache.entries import ReplyStore
from proapi_gateway.reply_cache.listing import CacheListing
from proapi_gateway.settings import Secret, ServerSettings
from tests.end_to_end.configs import AUTHORIZATION, TOKEN, chat_body, chat_chunk, chat_end, chat_reply, one_backend
from tests.end_to_end.logged_flows import LoggedFlows
from tests.end_to_end.paced_backend import CUT, PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import sdk_client
from tests.redis_server import running_redis
from tests.redis_server import why_not as why_no_redis
from tests.waiting import wait_until

Start = Callable[..., RunningProxy]

OTHER_TOKEN = "sk-test-of-another-client"
MESSAGES: Any = [{"role": "user", "content": "hi"}]
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
GOOD_STREAM = Reply.stream([chat_chunk("hel"), chat_chunk("lo"), chat_chunk(choices=[], usage=USAGE), chat_end()])
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]


def reply_to(request: ReceivedRequest) -> Reply:
    """As a backend does: the form that was asked for."""
    return GOOD_STREAM if request.json().get("stream") else Reply.json({**chat_reply("hello"), "usage": USAGE})


@pytest.fixture
def backend() -> Iterator[PacedBackend]:
    with PacedBackend(reply_to) as running:
        yield running


class Cached:
    """The cache of a proxy under test, on a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.log = LoggedFlows(folder)
        self._settings = ServerSettings(db_path=self.log.url)

    def server(self, *lines: str) -> str:
        return "\n".join((self.log.server, "db_cache: true", *lines))

    def store(self) -> ReplyStore:
        return open_store(self._settings, time.time)

    def wait_for_entries(self, count: int, within_s: float = 10.0) -> None:
        """Until so many are there: another process writes them, and a file tells nobody."""
        listing = CacheListing(self.store())
        wait_until(lambda: listing.sizes().entries, lambda there: there == count, within_s)


@pytest.fixture
def cached(tmp_path: Path) -> Cached:
    return Cached(tmp_path)


def ask(proxy: RunningProxy, *, token: str = TOKEN, headers: dict[str, str] | None = None, **changes: Any) -> Any:
    """(what the cache said, the reply)."""
    sent = {"authorization": f"Bearer {token}", **(headers or {})}
    reply = httpx.post(f"{proxy.base_url}/chat/completions", json=chat_body(**changes), headers=sent, timeout=30)
    return reply.headers.get("x-proapi-cache"), reply


def text_of(proxy: RunningProxy, *, stream: bool) -> tuple[str, str, Any]:
    """(text, id, usage) as the SDK reads it."""
    with sdk_client(proxy) as client:
        if not stream:
            whole = client.chat.completions.create(model="m", messages=MESSAGES)
            return str(whole.choices[0].message.content), whole.id, whole.usage
        options: Any = {"include_usage": True}
        chunks = list(client.chat.completions.create(model="m", messages=MESSAGES, stream=True, stream_options=options))
        said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        return said, chunks[0].id, chunks[-1].usage


@pytest.mark.parametrize("first", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("second", [False, True], ids=["then whole", "then streamed"])
def test_the_second_one_is_a_hit_in_whatever_form(
    backend: PacedBackend, start_proxy: Start, cached: Cached, first: bool, second: bool
) -> None:
    proxy = start_proxy(one_backend(backend.url, server=cached.server()))
    text, first_id, usage = text_of(proxy, stream=first)
    cached.wait_for_entries(1)
    again, second_id, its_usage = text_of(proxy, stream=second)
    assert (text, again) == ("hello", "hello")
    assert len(backend.requests) == 1
    assert (its_usage.prompt_tokens, its_usage.completion_tokens) == (3, 2)
    assert usage.total_tokens == its_usage.total_tokens
    assert first_id == "up-1"
    assert second_id.startswith("chatcmpl-")


def test_what_a_hit_tells(backend: PacedBackend, start_proxy: Start, cached: Cached) -> None:
    server = cached.server("prices: { upstream-model: { input: 2, output: 10 } }")
    proxy = start_proxy(one_backend(backend.url, server=server))
    told, miss = ask(proxy)
    assert told == "miss"
    cached.wait_for_entries(1)
    began = int(time.time())
    told, hit = ask(proxy)
    assert told == "hit"
    assert (hit.headers["x-proapi-provider"], hit.headers["x-proapi-model"]) == ("openai/b0", "upstream-model")
    assert "x-proapi-attempts" not in hit.headers
    assert hit.json()["created"] >= began
    assert hit.json() | {"id": 0, "created": 0} == miss.json() | {"id": 0, "created": 0}
    proxy.stop()
    missed, found = cached.log.rows()
    assert (missed["cache"], found["cache"], found["attempt_count"], found["outcome"]) == ("miss", "hit", 0, "ok")
    assert (missed["cost_nano"], missed["saved_nano"]) == (26_000, 0)
    assert (found["cost_nano"], found["saved_nano"]) == (0, 26_000)
    assert set(found["bodies"]) == {"client_request", "client_reply"}
    listing = CacheListing(cached.store())
    (entry,) = listing.page().entries
    assert (entry.provider, entry.model, entry.token, entry.words, entry.hits) == (
        "openai", "upstream-model", "token-1", "hi", 1,
    )  # fmt: skip
    detail = listing.entry(entry.key)
    assert detail is not None
    assert json.loads(detail.parts[0].body)["id"] == "up-1"


@pytest.mark.parametrize(("scope", "told"), [("token", "miss"), ("all", "hit")])
def test_another_token(backend: PacedBackend, start_proxy: Start, cached: Cached, scope: str, told: str) -> None:
    config = one_backend(backend.url, server=cached.server(f"cache_scope: {scope}"))
    other = f"tokens:\n  - api_key: {OTHER_TOKEN}\n    model: [ all ]"
    proxy = start_proxy(config.replace("tokens:", other))
    ask(proxy)
    cached.wait_for_entries(1)
    assert ask(proxy, token=OTHER_TOKEN)[0] == told


def test_a_backend_that_judges_each_clients_key_says_nothing_of_anothers(
    backend: PacedBackend, start_proxy: Start, cached: Cached
) -> None:
    config = one_backend(backend.url, extra="api_key: passthrough", server=cached.server("cache_scope: all"))
    proxy = start_proxy(config.replace(f"api_key: {TOKEN}", "api_key: all"))
    ask(proxy)
    cached.wait_for_entries(1)
    assert ask(proxy, token=OTHER_TOKEN)[0] == "miss"
    assert ask(proxy)[0] == "hit"


@pytest.mark.parametrize(
    ("header", "told", "stored"),
    [
        ("no-cache", "miss", "new"),  # passed by, and the new reply takes the old one's place
        ("no-store", "miss", "old"),
        ("max-age=0", "miss", "new"),
        ("max-age=3600", "hit", "old"),
    ],
)
def test_what_cache_control_says(
    backend: PacedBackend, start_proxy: Start, cached: Cached, header: str, told: str, stored: str
) -> None:
    backend.script(Reply.json(chat_reply("old")), Reply.json(chat_reply("new")))
    proxy = start_proxy(one_backend(backend.url, server=cached.server()))
    ask(proxy)
    cached.wait_for_entries(1)
    assert ask(proxy, headers={"cache-control": header})[0] == told
    proxy.stop()
    listing = CacheListing(cached.store())
    (entry,) = listing.page().entries
    detail = listing.entry(entry.key)
    assert detail is not None
    assert stored in detail.parts[0].body.decode()


def test_no_store_is_not_stored(backend: PacedBackend, start_proxy: Start, cached: Cached) -> None:
    proxy = start_proxy(one_backend(backend.url, server=cached.server()))
    assert ask(proxy, headers={"cache-control": "no-store"})[0] == "miss"
    proxy.stop()
    assert CacheListing(cached.store()).sizes().entries == 0


TOOL_REPLY = {
    **chat_reply(),
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": None, "tool_calls": [CALL]},
            "finish_reason": "tool_calls",
        }
    ],
}
CUT_OFF = {**chat_reply(), "choices": [{**chat_reply()["choices"][0], "finish_reason": "length"}]}  # type: ignore[index]


@pytest.mark.parametrize(
    ("reply", "asked"),
    [
        (Reply.json({"error": {"message": "bad"}}, status=400), {}),
        (Reply.json({"error": {"message": "inside a 200"}}), {}),
        (Reply.json({"id": "no choices"}), {}),
        (Reply.json(CUT_OFF), {}),
        (Reply.json(TOOL_REPLY), {}),
        (Reply.json(TOOL_REPLY), {"tools": TOOLS}),
        (Reply.json(chat_reply()), {"tools": TOOLS}),
        (Reply.stream([chat_chunk("half"), CUT]), {"stream": True}),
        (Reply.stream([chat_chunk("half")]), {"stream": True}),
        (Reply.stream([chat_chunk("half"), b'data: {"error": {"message": "broken"}}\n\n']), {"stream": True}),
    ],
    ids=["error", "error in a 200", "garbage", "ran into its limit", "call", "call of a tool", "tools", "cut", "ended",
         "failed half-way"],
)  # fmt: skip
def test_what_is_never_cached(
    backend: PacedBackend, start_proxy: Start, cached: Cached, reply: Reply, asked: dict[str, Any]
) -> None:
    backend.script(reply)
    proxy = start_proxy(one_backend(backend.url, server=cached.server()))
    for _ in range(2):
        assert ask(proxy, **asked)[0] in ("miss", None)  # an error before any attempt tells nothing
    assert len(backend.requests) >= 2
    assert all(request.json()["messages"] == MESSAGES for request in backend.requests)


def test_tools_are_cached_where_that_is_asked_for(backend: PacedBackend, start_proxy: Start, cached: Cached) -> None:
    backend.script(Reply.json(TOOL_REPLY))
    proxy = start_proxy(one_backend(backend.url, server=cached.server("cache_tools: true")))
    ask(proxy, tools=TOOLS)
    cached.wait_for_entries(1)
    told, reply = ask(proxy, tools=TOOLS)
    assert told == "hit"
    assert reply.json()["choices"][0]["message"]["tool_calls"] == [CALL]


def test_another_request_is_another_entry(backend: PacedBackend, start_proxy: Start, cached: Cached) -> None:
    proxy = start_proxy(one_backend(backend.url, server=cached.server()))
    for place, changes in enumerate(({}, {"temperature": 0.5}, {"seed": 1}, {"n": 2}, {"user": "u"}), start=1):
        assert ask(proxy, **changes)[0] == "miss"
        cached.wait_for_entries(place)
        assert ask(proxy, **changes)[0] == "hit"


def test_without_its_keys_there_is_no_cache(backend: PacedBackend, start_proxy: Start, cached: Cached) -> None:
    proxy = start_proxy(one_backend(backend.url, server="db_cache: true\nadmin_server: false"))
    for _ in range(2):
        assert ask(proxy)[0] is None
    assert len(backend.requests) == 2
    assert "without admin_server nothing is kept" in proxy.output


def test_a_database_that_is_gone_costs_hits_and_nothing_else(
    backend: PacedBackend, start_proxy: Start, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    server = f"admin_server: true\ndb_cache: true\ndb_path: sqlite:///{tmp_path}/file/log.db"
    proxy = start_proxy(one_backend(backend.url, server=server))
    for stream in (False, True, False):
        told, reply = ask(proxy, stream=stream)
        assert (told, reply.status_code) == ("miss", 200)
        assert "hel" in reply.text
    proxy.wait_for("the cache: ")
    assert proxy.stop() == 0


def test_a_translated_backend(start_proxy: Start, cached: Cached) -> None:
    whole = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "c", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "bonjour"}], "usage": {"input_tokens": 3, "output_tokens": 2},
    }  # fmt: skip
    with PacedBackend(lambda request: Reply.json(whole)) as claude:
        config = one_backend(claude.url, server=cached.server(), model="c: m")
        proxy = start_proxy(config.replace("provider: openai", "provider: anthropic").replace("/v1\n", "\n"))
        text, first_id, _ = text_of(proxy, stream=False)
        cached.wait_for_entries(1)
        again, second_id, usage = text_of(proxy, stream=True)
        assert (text, again) == ("bonjour", "bonjour")
        assert (len(claude.requests), usage.completion_tokens) == (1, 2)
        assert first_id != second_id


RESPONSE = {
    "id": "resp_up", "object": "response", "created_at": 1, "status": "completed", "model": "upstream-model",
    "output": [
        {
            "id": "msg_up", "type": "message", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "ciao", "annotations": []}],
        }
    ],
    "usage": {
        "input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    },
    "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "error": None, "incomplete_details": None,
    "instructions": None, "metadata": {}, "temperature": 1.0, "top_p": 1.0,
}  # fmt: skip


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_turn_can_stand_on_a_cached_response(
    backend: PacedBackend, start_proxy: Start, cached: Cached, api: str
) -> None:
    backend.script(Reply.json(RESPONSE if api == "responses" else chat_reply("ciao")))
    proxy = start_proxy(one_backend(backend.url, extra=f"api: {api}", server=cached.server()))
    with sdk_client(proxy) as client:
        first = client.responses.create(model="m", input="say ciao")
        cached.wait_for_entries(1)
        second = client.responses.create(model="m", input="say ciao")
        assert len(backend.requests) == 1
        assert (first.output_text, second.output_text) == ("ciao", "ciao")
        assert first.id != second.id
        assert client.responses.retrieve(second.id).output_text == "ciao"
        with client.responses.stream(model="m", input="say ciao") as events:
            third = events.get_final_response()
        assert (third.output_text, len(backend.requests)) == ("ciao", 1)
        backend.script(Reply.json({**RESPONSE, "id": "resp_up2"} if api == "responses" else chat_reply("ciao")))
        client.responses.create(model="m", input="again", previous_response_id=second.id)
    sent = backend.requests[-1].json()
    assert "previous_response_id" not in sent
    turns = sent["input"] if api == "responses" else sent["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert "ciao" in json.dumps(turns[1])


def test_embeddings(backend: PacedBackend, start_proxy: Start, cached: Cached) -> None:
    vectors = {"object": "list", "model": "u", "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]}
    backend.script(Reply.json({**vectors, "usage": {"prompt_tokens": 1, "total_tokens": 1}}))
    proxy = start_proxy(one_backend(backend.url, server=cached.server()))
    with sdk_client(proxy) as client:
        first = client.embeddings.create(model="m", input="word")
        cached.wait_for_entries(1)
        second = client.embeddings.create(model="m", input="word")
    assert first == second
    assert second.data[0].embedding == [0.5, 0.25]
    assert len(backend.requests) == 1


def test_embeddings_in_parts(start_proxy: Start, cached: Cached) -> None:
    """Cohere takes 96 texts at a time."""

    def vectors(request: ReceivedRequest) -> Reply:
        told = [[float(text)] for text in request.json()["texts"]]
        billed = {"billed_units": {"input_tokens": len(told)}}
        return Reply.json({"id": "e", "embeddings": {"float": told}, "texts": [], "meta": billed})

    with PacedBackend(vectors) as cohere:
        config = one_backend(cohere.url, server=cached.server(), model="embed-v4.0: m")
        proxy = start_proxy(config.replace("provider: openai", "provider: cohere").replace("/v1\n", "\n"))
        with sdk_client(proxy) as client:
            texts = [str(number) for number in range(100)]
            first = client.embeddings.create(model="m", input=texts)
            cached.wait_for_entries(1)
            second = client.embeddings.create(model="m", input=texts)
    assert first == second
    assert [each.embedding[0] for each in second.data] == [float(number) for number in range(100)]
    assert second.usage.prompt_tokens == 100
    assert len(cohere.requests) == 2


def test_authorization_is_needed_for_a_hit(backend: PacedBackend, start_proxy: Start, cached: Cached) -> None:
    proxy = start_proxy(one_backend(backend.url, server=cached.server("cache_scope: all")))
    ask(proxy)
    cached.wait_for_entries(1)
    assert ask(proxy, token="sk-of-nobody")[1].status_code == 401
    assert httpx.post(f"{proxy.base_url}/chat/completions", json=chat_body(), headers=AUTHORIZATION).status_code == 200


def test_a_redis(backend: PacedBackend, start_proxy: Start, cached: Cached) -> None:
    """Two gateways share it; when it is gone, both go on."""
    if reason := why_no_redis():
        pytest.skip(reason)
    with running_redis() as url:
        first, second = (
            start_proxy(one_backend(backend.url, server=cached.server(f"cache_url: {url}"))) for _ in range(2)
        )
        ask(first)
        listing = CacheListing(open_store(ServerSettings(cache_url=Secret(url)), time.time))
        wait_until(lambda: listing.sizes().entries, lambda there: there == 1)
        assert [ask(proxy)[0] for proxy in (first, second)] == ["hit", "hit"]
        assert len(backend.requests) == 1
    for proxy in (first, second):
        told, reply = ask(proxy)
        assert (told, reply.status_code) == ("miss", 200)
        assert url not in proxy.output
