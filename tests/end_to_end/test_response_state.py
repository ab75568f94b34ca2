"""Conversations of /v1/responses with the official SDK: previous_response_id, and what is kept of each response."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.end_to_end.configs import AUTHORIZATION, BACKEND_KEY, TOKEN, one_backend, several_backends
from tests.end_to_end.paced_backend import CUT, PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import openai, sdk_client

Start = Callable[..., RunningProxy]
OTHER_TOKEN = "sk-test-of-another-client"
TWO_TOKENS = f"    model: [ all ]\n  - api_key: {OTHER_TOKEN}\n    model: [ all ]\nserver:"


def response(response_id: str, text: str = "hello", status: str = "completed") -> dict[str, Any]:
    message = {
        "id": f"msg_{response_id}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }
    return {
        "id": response_id,
        "object": "response",
        "created_at": 1,
        "status": status,
        "model": "upstream-model",
        "output": [message] if status == "completed" else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def events(told: dict[str, Any]) -> list[bytes]:
    """The shortest stream of a response."""
    kinds = ("response.created", {**told, "status": "in_progress", "output": []}), (f"response.{told['status']}", told)
    values = ({"type": kind, "sequence_number": n, "response": each} for n, (kind, each) in enumerate(kinds))
    return [f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode() for value in values]


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(backend: PacedBackend) -> Iterator[RunningProxy]:
    config = one_backend(backend.url).replace("    model: [ all ]\nserver:", TWO_TOKENS)
    with RunningProxy(config) as running:
        yield running


@pytest.fixture(params=["base_url", "explicit http2"])
def client(request: pytest.FixtureRequest, proxy: RunningProxy) -> Iterator[openai.OpenAI]:
    with sdk_client(proxy, request.param) as opened:
        yield opened


# -- a backend that keeps its responses itself -----------------------------------------------------------------------
def test_the_second_turn_goes_to_it_as_it_came(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.json(response("resp_n1")), Reply.json(response("resp_n2")))
    first = client.responses.create(model="m", input="one")
    client.responses.create(model="m", input="two", previous_response_id=first.id)
    sent = {"model": "upstream-model", "input": "two", "previous_response_id": "resp_n1"}
    assert backend.requests[-1].json() == sent


def test_an_id_of_before_our_start_goes_to_it_as_well(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.json(response("resp_n3")))
    client.responses.create(model="m", input="two", previous_response_id="resp_of_yesterday")
    assert backend.requests[-1].json()["previous_response_id"] == "resp_of_yesterday"


def test_its_responses_are_asked_of_it(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.json(response("resp_n4")))
    made = client.responses.create(model="m", input="one")
    asked: list[tuple[Any, str, str]] = [
        (lambda: client.responses.retrieve(made.id), "GET", ""),
        (lambda: client.responses.cancel(made.id), "POST", "/cancel"),
        (lambda: client.responses.input_items.list(made.id, limit=2), "GET", "/input_items?limit=2"),
        (lambda: client.responses.delete(made.id), "DELETE", ""),
    ]
    for ask, method, below in asked:
        backend.script(Reply.json({**response("resp_n4"), "data": [], "has_more": False}))
        ask()
        last = backend.requests[-1]
        assert (last.method, last.path) == (method, f"/v1/responses/resp_n4{below}")
        assert last.headers["authorization"] == f"Bearer {BACKEND_KEY}"


def test_another_token_does_not_reach_it(client: openai.OpenAI, proxy: RunningProxy, backend: PacedBackend) -> None:
    backend.script(Reply.json(response("resp_n5")))
    made = client.responses.create(model="m", input="one")
    before = len(backend.requests)
    other = client.with_options(api_key=OTHER_TOKEN)
    with pytest.raises(openai.NotFoundError) as refused:
        other.responses.create(model="m", input="two", previous_response_id=made.id)
    assert (refused.value.code, refused.value.param) == ("previous_response_not_found", "previous_response_id")
    for ask in (other.responses.retrieve, other.responses.delete, other.responses.cancel):
        with pytest.raises(openai.NotFoundError, match=r"Response with id 'resp_n5' not found\."):
            ask(made.id)
    assert len(backend.requests) == before


@pytest.mark.parametrize("stream", [False, True])
def test_the_key_that_made_it_is_asked_again_and_others_get_the_turns(start_proxy: Start, stream: bool) -> None:
    with PacedBackend() as first, PacedBackend() as second:
        proxy = start_proxy(several_backends((first.url, ""), (second.url, "")))
        with sdk_client(proxy) as client:
            made = response("resp_k1", "two")
            first.script(Reply.stream(events(made)) if stream else Reply.json(made))
            reply = client.responses.create(model="m", input="one", stream=stream)
            for _ in reply if stream else ():
                pass
            # it is the other's turn by weight, but the response is kept here
            first.script(Reply.json(response("resp_k2")))
            client.responses.create(model="m", input="three", previous_response_id="resp_k1")
            assert first.requests[-1].json()["previous_response_id"] == "resp_k1"
            # now its keeper is out: the other is told what was said
            first.script(Reply.json({"error": {"message": "busy"}}, status=503))
            second.script(Reply.json(response("resp_k3")))
            client.responses.create(model="m", input="three", previous_response_id="resp_k1")
        sent = second.requests[-1].json()
        assert "previous_response_id" not in sent
        said = [item["content"][0]["text"] for item in sent["input"][:2]]
        assert (said, sent["input"][2]) == (["one", "two"], {"role": "user", "content": "three"})
        assert not [item for item in sent["input"] if "id" in item]


def test_a_background_response_is_asked_of_its_backend(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.json(response("resp_b1", status="queued")), Reply.json(response("resp_b1")))
    made = client.responses.create(model="m", input="one", background=True)
    assert client.responses.retrieve(made.id).status == "completed"
    assert backend.requests[-1].path == "/v1/responses/resp_b1"


@pytest.mark.parametrize("end", [[], [CUT]])
def test_a_reply_that_was_cut_is_not_kept(proxy: RunningProxy, backend: PacedBackend, end: list[Any]) -> None:
    backend.script(Reply.stream([*events(response("resp_c1"))[:1], *end]))
    with sdk_client(proxy) as client:
        stream = client.responses.create(model="m", input="one", stream=True)
        assert [event.type for event in stream][-1] == "response.failed"
        backend.script(Reply.json(response("resp_c2")))
        client.with_options(api_key=OTHER_TOKEN).responses.create(
            model="m", input="two", previous_response_id="resp_c1"
        )  # nobody's: were it kept, the other token would be refused
    assert backend.requests[-1].json()["previous_response_id"] == "resp_c1"


def test_a_conversation_goes_on_as_it_is(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.json({"id": "conv_1", "object": "conversation", "created_at": 1, "metadata": {}}))
    assert client.conversations.create().id == "conv_1"
    assert backend.requests[-1].path == "/v1/conversations"
    backend.script(Reply.json(response("resp_v1")))
    client.responses.create(model="m", input="one", conversation="conv_1")
    assert backend.requests[-1].json()["conversation"] == "conv_1"


# -- paths and methods -----------------------------------------------------------------------------------------------
def test_a_head_has_no_body(proxy: RunningProxy, backend: PacedBackend) -> None:
    backend.script(Reply.json(response("resp_n6")))
    reply = httpx.head(f"{proxy.base_url}/responses/resp_n6", headers=AUTHORIZATION)
    assert (reply.status_code, reply.content) == (200, b"")


def test_nothing_secret_was_printed(proxy: RunningProxy) -> None:
    assert not [key for key in (TOKEN, OTHER_TOKEN, BACKEND_KEY) if key in proxy.output]
