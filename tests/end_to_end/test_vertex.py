"""Vertex AI's two blocks, driven by the openai SDK: their access tokens, and their locations."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.configs import TOKEN
from tests.end_to_end.paced_backend import PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import openai, sdk_client
from tests.end_to_end.test_each_backend import CLAUDE_WHOLE, GEMINI_WHOLE, claude_stream, sse
from tests.gateway.fake_token_server import FakeTokenServer, TokenAnswer, refused, service_account

REFRESH_TOKEN, CLIENT_SECRET = "1//refresh-token-of-the-account", "client-secret-0123456789"
CREDENTIAL = f"CLIENT_ID: id.apps.test, CLIENT_SECRET: {CLIENT_SECRET}, REFRESH_TOKEN: {REFRESH_TOKEN}"
_PATH = re.compile(
    r"/v1/projects/proj/locations/(?P<location>[\w-]+)/publishers/(?P<publisher>\w+)/models/up:(?P<method>\w+)"
)
REPLIES = {"google": (GEMINI_WHOLE, sse(GEMINI_WHOLE)), "anthropic": (CLAUDE_WHOLE, claude_stream())}
START = Callable[..., RunningProxy]


def answer(request: ReceivedRequest) -> Reply:
    found = _PATH.match(request.path)
    assert found
    whole, stream = REPLIES[found["publisher"]]
    return Reply.stream(stream) if found["method"].startswith("stream") else Reply.json(whole)


@pytest.fixture
def vertex() -> Iterator[PacedBackend]:
    with PacedBackend(answer=answer) as running:
        yield running


@pytest.fixture
def google() -> Iterator[FakeTokenServer]:
    with FakeTokenServer() as running:
        yield running


def block(vertex: PacedBackend, google: FakeTokenServer, provider: str, more: str = "", credential: str = CREDENTIAL):
    where = f"base_url: {vertex.url}, token_uri: '{google.url}', PROJECT_ID: proj"
    rest = ", ".join(part for part in (where, credential, more) if part)
    return f"{{provider: {provider}, model: [up: m, up: by-{provider}], {rest}}}"


def config(*blocks: str) -> str:
    tokens = f"tokens: [{{api_key: {TOKEN}, model: [all]}}]"
    return "\n".join(["providers:", *(f"  - {each}" for each in blocks), tokens])


def ask(client: openai.OpenAI, model: str = "m", **fields: Any) -> Any:
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}], **fields)


def tokens_of(vertex: PacedBackend) -> list[str]:
    return [request.headers["authorization"].removeprefix("Bearer ") for request in vertex.requests]


def locations_of(vertex: PacedBackend) -> list[str]:
    return [_PATH.match(request.path)["location"] for request in vertex.requests]  # type: ignore[index]


def test_many_requests_of_two_blocks_need_one_exchange(
    vertex: PacedBackend, google: FakeTokenServer, start_proxy: START
) -> None:
    google.answer_when = threading.Event()
    blocks = [block(vertex, google, name) for name in ("vertexai_gemini", "vertexai_claude")]
    proxy = start_proxy(config(*blocks))
    with sdk_client(proxy) as client, ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, client, f"by-vertexai_{('gemini', 'claude')[n % 2]}") for n in range(16)]
        assert google.was_asked.wait(20)  # all that come now wait for the same exchange
        google.answer_when.set()
        assert {each.result(20).choices[0].message.content for each in asked} == {"né"}
        for provider in ("vertexai_gemini", "vertexai_claude"):
            chunks = list(ask(client, f"by-{provider}", stream=True))
            assert chunks[-1].choices[0].finish_reason == "tool_calls"
    assert [form["refresh_token"] for form in google.asked] == [REFRESH_TOKEN]
    assert set(tokens_of(vertex)) == {f"ya29.of-{REFRESH_TOKEN}-1"}
    methods = {(found["publisher"], found["method"]) for r in vertex.requests if (found := _PATH.match(r.path))}
    assert methods == {
        ("google", "generateContent"), ("google", "streamGenerateContent"),
        ("anthropic", "rawPredict"), ("anthropic", "streamRawPredict"),
    }  # fmt: skip
    for secret in (REFRESH_TOKEN, CLIENT_SECRET, "ya29."):
        assert secret not in proxy.output


def test_a_token_that_ends_is_renewed(vertex: PacedBackend, google: FakeTokenServer, start_proxy: START) -> None:
    google.answers = [TokenAnswer(lifetime_s=0.5), TokenAnswer()]
    proxy = start_proxy(config(block(vertex, google, "vertexai_gemini")))
    with sdk_client(proxy) as client:
        while not vertex.requests or not tokens_of(vertex)[-1].endswith("-2"):
            ask(client)
        for _ in range(3):
            ask(client)
    assert len(google.asked) == 2
    assert set(tokens_of(vertex)) == {f"ya29.of-{REFRESH_TOKEN}-{n}" for n in (1, 2)}


def test_a_refused_credential_leaves_the_requests_to_the_next_block(
    vertex: PacedBackend, google: FakeTokenServer, start_proxy: START, tmp_path: Path
) -> None:
    google.answers = [refused("invalid_grant")]
    file = tmp_path / "key.json"
    with FakeTokenServer() as other:
        file.write_text(service_account(other.url))
        good = block(vertex, other, "vertexai_claude", credential=f"service_account_file: '{file}'")
        proxy = start_proxy(config(block(vertex, google, "vertexai_gemini"), good))
        with sdk_client(proxy) as client:
            for _ in range(6):
                raw = client.chat.completions.with_raw_response.create(
                    model="m", messages=[{"role": "user", "content": "hi"}]
                )
                assert raw.headers["x-proapi-provider"] == "vertexai_claude"
                assert int(raw.headers["x-proapi-attempts"]) <= 2  # not one for each location
    assert (len(google.asked), len(other.asked)) == (1, 1)
    assert set(tokens_of(vertex)) == {"ya29.of-robot@project.test-1"}
    assert "vertexai_gemini got no access token" in proxy.output


def test_a_refused_credential_alone_says_what_is_wrong_with_it(
    vertex: PacedBackend, google: FakeTokenServer, start_proxy: START
) -> None:
    google.answers = [refused("invalid_grant", f"{REFRESH_TOKEN} has been expired or revoked.")]
    proxy = start_proxy(config(block(vertex, google, "vertexai_gemini")))
    with sdk_client(proxy) as client:
        for _ in range(20):
            with pytest.raises(openai.APIStatusError, match="invalid_grant: … has been expired") as failed:
                ask(client)
            assert failed.value.status_code == 502
            assert failed.value.code == "no_access_token"
    assert len(google.asked) == 1
    assert vertex.requests == []
    for secret in (REFRESH_TOKEN, CLIENT_SECRET):
        assert secret not in proxy.output + str(failed.value)


def test_a_token_address_that_hangs_has_the_deadline_of_connecting(
    vertex: PacedBackend, google: FakeTokenServer, start_proxy: START
) -> None:
    google.answer_when = threading.Event()
    hangs = block(vertex, google, "vertexai_gemini", "timeout: {connect: 2}")
    proxy = start_proxy(config(hangs))
    with sdk_client(proxy) as client:
        with pytest.raises(openai.APIStatusError, match=r"no access token within 2 s \(timeout: connect\)") as failed:
            ask(client)
        assert failed.value.status_code == 504
        google.answer_when.set()  # the exchange went on for those who come later
        ask(client)
    assert len(google.asked) == 1
    assert proxy.stop() == 0


def test_locations_take_turns(vertex: PacedBackend, google: FakeTokenServer, start_proxy: START) -> None:
    at = "location: [us-east5, 'europe-west1, global']"
    proxy = start_proxy(config(block(vertex, google, "vertexai_claude", at)))
    with sdk_client(proxy) as client:
        for _ in range(4):
            ask(client)
    assert locations_of(vertex) == ["us-east5", "europe-west1", "global", "us-east5"]


def test_the_next_location_stands_in_for_one_that_fails(
    vertex: PacedBackend, google: FakeTokenServer, start_proxy: START
) -> None:
    exhausted = {"error": {"code": 429, "message": "Resource exhausted", "status": "RESOURCE_EXHAUSTED"}}
    vertex.script(Reply.json(exhausted, status=429), Reply.json(exhausted, status=503))
    proxy = start_proxy(config(block(vertex, google, "vertexai_gemini")))
    with sdk_client(proxy) as client:
        ask(client)
    assert locations_of(vertex) == ["us-central1", "us-east4", "us-west1"]
    assert len(google.asked) == 1


def test_a_refusal_of_vertex_itself_shows_no_token(
    vertex: PacedBackend, google: FakeTokenServer, start_proxy: START
) -> None:
    said = {"error": {"code": 401, "message": f"bad ya29.of-{REFRESH_TOKEN}-1", "status": "UNAUTHENTICATED"}}
    vertex.script(*[Reply.json(said, status=401)] * 3)  # at each location
    proxy = start_proxy(config(block(vertex, google, "vertexai_gemini")))
    with sdk_client(proxy) as client, pytest.raises(openai.APIStatusError, match=r"bad \[key\]"):
        ask(client)
    assert "ya29." not in proxy.output
