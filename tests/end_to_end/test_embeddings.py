"""/v1/embeddings through the running proxy, by the openai SDK, which asks for base64 by itself."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.end_to_end.configs import TOKEN
from tests.end_to_end.logged_flows import LoggedFlows
from tests.end_to_end.paced_backend import CUT, PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.gateway.fake_token_server import FakeTokenServer

openai = pytest.importorskip("openai", reason="the openai package is not installed here")
KEY = "sk-of-the-backend-0123"


def embed(text: str) -> list[float]:
    """What the fake backends make of a text: told apart, and exact in 32 bits."""
    return [float(zlib.crc32(text.encode()) % 1024), 0.5]


def openai_reply(body: dict[str, Any]) -> dict[str, Any]:
    assert "base64" not in json.dumps(body) or body["encoding_format"] == "base64"
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    data = [{"object": "embedding", "index": n, "embedding": embed(text)} for n, text in enumerate(texts)]
    return {"object": "list", "data": data, "model": "up", "usage": {"prompt_tokens": 2, "total_tokens": 2}}


def gemini_reply(body: dict[str, Any]) -> dict[str, Any]:
    texts = [request["content"]["parts"][0]["text"] for request in body["requests"]]
    counts = {"usageMetadata": {"promptTokenCount": len(texts)}}
    return {"embeddings": [{"values": embed(text)} for text in texts], **counts}


def cohere_reply(body: dict[str, Any]) -> dict[str, Any]:
    counts = {"billed_units": {"input_tokens": len(body["texts"])}}
    return {"id": "i", "embeddings": {"float": [embed(text) for text in body["texts"]]}, "meta": counts}


def cloudflare_reply(body: dict[str, Any]) -> dict[str, Any]:
    return {"result": {"data": [embed(text) for text in body["text"]]}, "success": True, "errors": []}


def titan_reply(body: dict[str, Any]) -> dict[str, Any]:
    return {"embedding": embed(body["inputText"]), "inputTextTokenCount": 1}


@dataclass(frozen=True)
class Backend:
    """A row: how it answers, how many texts it takes at once, and whether it tells their tokens."""

    provider: str
    path: str
    reply: Any
    model: str = "up"
    most: int = 2048
    counts: bool = True
    options: dict[str, str] = field(default_factory=dict)
    base: str = ""


TABLE = [
    Backend("openai", "/v1/embeddings", openai_reply, base="/v1"),
    Backend("ollama", "/v1/embeddings", openai_reply, base="/v1"),
    Backend(
        "azure", "/openai/deployments/up/embeddings?api-version=2024-10-21", openai_reply,
        options={"api_version": "2024-10-21"},
    ),
    Backend("gemini", "/v1beta/models/up:batchEmbedContents", gemini_reply, most=100),
    Backend("cohere", "/v2/embed", cohere_reply, most=96),
    Backend(
        "cloudflare", "/client/v4/accounts/acc/ai/run/up", cloudflare_reply, most=100, counts=False,
        options={"account_id": "acc"}, base="/client/v4",
    ),
    Backend(
        "bedrock", "/model/amazon.titan-embed-text-v2:0/invoke", titan_reply, "amazon.titan-embed-text-v2:0", 1,
        options={"region": "us-east-1"},
    ),
]  # fmt: skip


FAILURES = {
    "an error": Reply.json({"error": {"code": 503, "message": "busy"}}, status=503),
    "a 429": Reply.json({"error": {"code": 429, "message": "slow"}}, ("retry-after", "7"), status=429),
    "garbage": Reply([b"<html>"], 200, (("content-type", "text/html"),), "known"),
    "a cut": Reply([b'{"embeddings": [', CUT], 200, (("content-type", "application/json"),)),
}


class Rack:
    """All backends behind one address; `spare` is another Gemini, for when one fails."""

    def __init__(self) -> None:
        self.backend = PacedBackend(answer=self._answer)
        self.spare = PacedBackend(answer=lambda request: Reply.json(gemini_reply(request.json())))

    def _answer(self, request: ReceivedRequest) -> Reply:
        row = next(row for row in TABLE if request.path.startswith(f"/{row.provider}/"))
        return Reply.json(row.reply(request.json()))

    def config(self) -> str:
        lines = ["providers:", "  - { provider: echo, model: [ by-echo ] }"]
        for row in TABLE:
            lines += [
                f"  - provider: {row.provider}",
                f"    base_url: {self.backend.url}/{row.provider}{row.base}",
                f"    api_key: {KEY}",
                *[f"    {name}: {value}" for name, value in row.options.items()],
                f'    model: [ {{ "{row.model}": by-{row.provider} }} ]',
            ]
        # A block for each failure: one that has failed rests for a while.
        flaky = [f"flaky-{place}" for place in range(len(FAILURES))]
        for alias, url in (*((alias, f"{self.backend.url}/gemini") for alias in flaky), ("spare", self.spare.url)):
            block = f"name: {alias}, base_url: {url}, api_key: {KEY}-{alias}, model: [ up: {alias} ]"
            lines.append(f"  - {{ provider: gemini, {block} }}")
        lines += ["tokens:", f"  - api_key: {TOKEN}", "    model: [ all ]", "server:", "  fallback:"]
        return "\n".join([*lines, *[f"    {alias}: [ spare ]" for alias in flaky]])


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Rack, Any]]:
    rack = Rack()
    with rack.backend, rack.spare, RunningProxy(rack.config(), environment={"TIKTOKEN_CACHE_DIR": "/nowhere"}) as proxy:
        yield rack, openai.OpenAI(base_url=proxy.base_url, api_key=TOKEN, max_retries=0)


def asked_since(backend: PacedBackend, before: int) -> list[ReceivedRequest]:
    return backend.requests[before:]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.provider)
def test_each_backend(running: tuple[Rack, Any], row: Backend) -> None:
    rack, client = running
    before = len(rack.backend.requests)
    reply = client.embeddings.create(model=f"by-{row.provider}", input=["kelp", "eel"])
    assert [item.embedding for item in reply.data] == [embed("kelp"), embed("eel")]
    assert [item.index for item in reply.data] == [0, 1]
    assert (reply.model, reply.object) == (f"by-{row.provider}", "list")
    assert (reply.usage.prompt_tokens, reply.usage.total_tokens) == ((2, 2) if row.counts else (0, 0))
    requests = asked_since(rack.backend, before)
    assert {unquote(request.path) for request in requests} == {f"/{row.provider}{row.path}"}
    assert len(requests) == -(-2 // row.most)
    assert TOKEN not in str([request.headers for request in requests])


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.provider)
def test_many_inputs_keep_their_order(running: tuple[Rack, Any], row: Backend) -> None:
    rack, client = running
    texts = [f"text {number}" for number in range(250 if row.most > 1 else 7)]
    before, connections = len(rack.backend.requests), rack.backend.connections
    raw = client.embeddings.with_raw_response.create(model=f"by-{row.provider}", input=texts)
    assert [item.embedding for item in raw.parse().data] == list(map(embed, texts))
    assert raw.headers["x-proapi-attempts"] == "1"
    assert len(asked_since(rack.backend, before)) == -(-len(texts) // row.most)
    assert rack.backend.connections - connections <= 1, "each part had a connection of its own"


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_echo_answers_by_itself(running: tuple[Rack, Any], encoding: str) -> None:
    reply = running[1].embeddings.create(model="by-echo", input=["kelp", "eel"], encoding_format=encoding, dimensions=4)
    lengths = {len(item.embedding) if encoding == "float" else len(item.embedding) // 5 for item in reply.data}
    assert lengths == {4}
    assert reply.usage.prompt_tokens == 2


@pytest.mark.parametrize("failure", FAILURES)
def test_a_later_part_that_fails_sends_the_whole_elsewhere(running: tuple[Rack, Any], failure: str) -> None:
    rack, client = running
    texts = [f"text {number}" for number in range(250)]
    before, spare = len(rack.backend.requests), len(rack.spare.requests)
    rack.backend.script(Reply.json({"embeddings": [{"values": [7.0, 7.0]}] * 100}), FAILURES[failure])
    alias = f"flaky-{list(FAILURES).index(failure)}"
    raw = client.embeddings.with_raw_response.create(model=alias, input=texts)
    assert [item.embedding for item in raw.parse().data] == list(map(embed, texts))
    assert raw.headers["x-proapi-attempts"] == "2"
    assert (len(asked_since(rack.backend, before)), len(asked_since(rack.spare, spare))) == (2, 3)


def test_where_there_is_nobody_else_the_failure_is_the_whole_answer(running: tuple[Rack, Any]) -> None:
    rack, client = running
    rack.backend.script(Reply.json(cohere_reply({"texts": ["a"] * 96})), Reply.json({"message": "slow"}, status=429))
    with pytest.raises(openai.RateLimitError, match="slow"):
        client.embeddings.create(model="by-cohere", input=["a"] * 97)
    rack.backend.script(Reply.json(cohere_reply({"texts": ["a"] * 96})), Reply.json({"embeddings": {"float": []}}))
    with pytest.raises(openai.InternalServerError, match="gave 96 embeddings for 97 inputs"):
        client.embeddings.create(model="by-cohere", input=["a"] * 97)


@pytest.mark.parametrize("counts", [(100, 1), (100, 50), (50,)])
def test_parts_larger_than_what_is_held_of_other_replies(running: tuple[Rack, Any], counts: tuple[int, ...]) -> None:
    rack, client = running
    number = 0.12345678901234567
    rack.backend.script(*[Reply.json({"embeddings": [{"values": [number] * 3072}] * count}) for count in counts])
    reply = client.embeddings.create(model="by-gemini", input=["a"] * sum(counts), encoding_format="float")
    assert len(reply.data) == sum(counts)
    assert {number for item in reply.data for number in item.embedding} == {number}


@pytest.mark.parametrize("given", ["", [], ["a", ""], [[]]])
def test_what_is_empty_is_a_400(running: tuple[Rack, Any], given: Any) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        running[1].embeddings.create(model="by-gemini", input=given)
    assert raised.value.param == "input"


def test_what_is_lost_is_told(running: tuple[Rack, Any]) -> None:
    raw = running[1].embeddings.with_raw_response.create(
        model="by-cloudflare", input="a", dimensions=8, user="u", extra_body={"input_type": "search_query"}
    )
    assert raw.headers["x-proapi-lossy"] == "user,dimensions,input_type"


def test_token_ids_that_nothing_here_reads_are_a_400(running: tuple[Rack, Any]) -> None:
    with pytest.raises(openai.BadRequestError, match="check_embedding_ctx_length=False") as raised:
        running[1].embeddings.create(model="by-gemini", input=[[9906, 11], [1917]])
    assert raised.value.param == "input"


def test_openais_own_models_get_token_ids(running: tuple[Rack, Any]) -> None:
    rack, client = running
    rack.backend.script(Reply.json(openai_reply({"input": ["a"]})))
    client.embeddings.create(model="by-openai", input=[9906, 11])
    assert rack.backend.requests[-1].json()["input"] == [9906, 11]


def vertex_reply(request: ReceivedRequest) -> Reply:
    body = request.json()
    if "requests" in body:
        return Reply.json(gemini_reply(body))
    embeddings = [{"values": embed(each["content"]), "statistics": {"token_count": 1}} for each in body["instances"]]
    return Reply.json({"predictions": [{"embeddings": each} for each in embeddings]})


def test_vertex_and_the_log_of_a_request_in_parts(tmp_path: Path) -> None:
    log = LoggedFlows(tmp_path)
    with PacedBackend(answer=vertex_reply) as vertex, FakeTokenServer() as google:
        account = "CLIENT_ID: id, CLIENT_SECRET: secret-0123456789, REFRESH_TOKEN: refresh-0123456789"
        where = f"base_url: {vertex.url}, token_uri: {google.url}, PROJECT_ID: proj, location: us-east4"
        block = f"provider: vertexai_gemini, {where}, {account}"
        models = "text-embedding-005: old, gemini-embedding-001: new"
        config = f"providers:\n  - {{ {block}, model: [ {models} ] }}\ntokens:\n"
        config += f"  - {{ api_key: {TOKEN}, model: [ all ] }}\nserver:\n"
        server = "\n".join(f"  {line}" for line in log.server.splitlines())
        with RunningProxy(config + server) as proxy:
            client = openai.OpenAI(base_url=proxy.base_url, api_key=TOKEN, max_retries=0)
            texts = [f"text {number}" for number in range(251)]
            for model in ("old", "new"):
                reply = client.embeddings.create(model=model, input=texts)
                assert [item.embedding for item in reply.data] == list(map(embed, texts))
                assert reply.usage.prompt_tokens == 251
        where = "/projects/proj/locations/us-east4/publishers/google/models"
        paths = [request.path for request in vertex.requests]
        assert paths == [
            *[f"/v1{where}/text-embedding-005:predict"] * 2,
            *[f"/v1beta1{where}/gemini-embedding-001:batchEmbedContents"] * 3,
        ]
        tokens = {request.headers["authorization"] for request in vertex.requests}
        assert tokens == {"Bearer ya29.of-refresh-0123456789-1"}
    rows = [(row["model"], row["outcome"], row["status"], row["prompt_tokens"]) for row in log.rows()]
    assert sorted(rows) == [("new", "ok", 200, 251), ("old", "ok", 200, 251)]
