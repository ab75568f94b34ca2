"""The official OpenAI SDK, sync and async, is served through each door as if it spoke to OpenAI."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.end_to_end.configs import BACKEND_KEY, TOKEN, chat_body, chat_chunk, chat_end, chat_reply, one_backend
from tests.end_to_end.paced_backend import PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import DOORS, async_sdk_client, openai, sdk_client

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def tool_piece(place: int, *, arguments: str, **changes: object) -> bytes:
    call = {"index": place, "function": {"arguments": arguments}}
    if changes:
        call = {"index": place, "type": "function", "id": changes["id"]}
        call["function"] = {"name": "get_weather", "arguments": arguments}
    return chat_chunk(choices=[{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}])


TWO_CALLS = [
    tool_piece(0, id="call_a", arguments=""),
    tool_piece(0, arguments='{"city": "Pa'),
    tool_piece(0, arguments='ris"}'),
    tool_piece(1, id="call_b", arguments=""),
    tool_piece(1, arguments='{"city": "Rome"}'),
    chat_chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]),
    b"data: [DONE]\n\n",
]
WHOLE_CALL = {
    **chat_reply(),
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_a",
                        "type": "function",
                        "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
                    }
                ],
            },
        }
    ],
}


def answer(request: ReceivedRequest) -> Reply:
    """Text or calls, streamed or whole, as asked; the last message comes back, so that parallel replies differ."""
    body = request.json()
    if request.path == "/v1/embeddings":
        data = [{"object": "embedding", "index": 0, "embedding": [0.5, -0.25]}]
        return Reply.json({"object": "list", "model": body["model"], "data": data, "usage": USAGE})
    if body.get("tools"):
        return Reply.stream(TWO_CALLS) if body.get("stream") else Reply.json(WHOLE_CALL)
    said = "re: " + body["messages"][-1]["content"]
    if not body.get("stream"):
        return Reply.json(chat_reply(said))
    pieces = [chat_chunk(said[:4]), chat_chunk(said[4:]), chat_chunk(choices=[], usage=USAGE)]
    pieces.insert(2, chat_chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]))
    return Reply.stream([*pieces, b"data: [DONE]\n\n"])


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend(answer=answer) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(backend: PacedBackend) -> Iterator[RunningProxy]:
    with RunningProxy(one_backend(backend.url)) as running:
        yield running


@pytest.fixture(params=DOORS)
def client(request: pytest.FixtureRequest, proxy: RunningProxy) -> Iterator[openai.OpenAI]:
    with sdk_client(proxy, request.param) as opened:
        yield opened


def hello(**changes: object) -> dict[str, Any]:
    return chat_body(**changes)


def text_of(chunks: list[Any]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


# -- whole and streamed, through each door ---------------------------------------------------------------------------
def test_a_whole_reply_is_complete(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(**hello())
    assert (reply.object, reply.model, reply.choices[0].index) == ("chat.completion", "m", 0)
    assert (reply.choices[0].message.content, reply.choices[0].finish_reason) == ("re: hi", "stop")
    assert reply.id
    assert reply.created
    assert reply.usage.total_tokens == 2


def test_a_stream_is_complete(client: openai.OpenAI) -> None:
    chunks = list(client.chat.completions.create(**hello(stream=True)))
    assert text_of(chunks) == "re: hi"
    assert {chunk.model for chunk in chunks} == {"m"}
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert reasons == ["stop"]
    assert not any(chunk.usage for chunk in chunks)  # it was not asked for


def test_usage_comes_last_when_asked_for(client: openai.OpenAI) -> None:
    chunks = list(client.chat.completions.create(**hello(stream=True, stream_options={"include_usage": True})))
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 7)


@pytest.mark.parametrize("door", DOORS)
def test_the_async_client_is_served_alike(proxy: RunningProxy, door: str) -> None:
    async def run() -> tuple[str, str]:
        async with async_sdk_client(proxy, door) as client:
            whole = await client.chat.completions.create(**hello())
            stream = await client.chat.completions.create(**hello(stream=True))
            return whole.choices[0].message.content, text_of([chunk async for chunk in stream])

    assert asyncio.run(run()) == ("re: hi", "re: hi")


def test_a_piece_reaches_the_sdk_while_the_backend_still_works(client: openai.OpenAI, backend: PacedBackend) -> None:
    gate = threading.Event()
    backend.script(Reply.stream([chat_chunk("first"), gate, chat_chunk(" second"), chat_end()]))
    seen = []
    for chunk in client.chat.completions.create(**hello(stream=True)):
        seen.append(chunk)
        if text_of(seen) == "first":
            gate.set()
    assert text_of(seen) == "first second"


# -- tools -----------------------------------------------------------------------------------------------------------
def test_a_whole_tool_call_is_parsed(client: openai.OpenAI) -> None:
    reply = client.chat.completions.parse(**hello(tools=[WEATHER]))
    call = reply.choices[0].message.tool_calls[0]
    assert (call.id, call.function.name, call.function.parsed_arguments) == ("call_a", "get_weather", {"city": "Paris"})


def test_streamed_tool_calls_are_put_together(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(**hello(tools=[WEATHER])) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    calls = [(call.id, call.function.name, call.function.arguments) for call in final.choices[0].message.tool_calls]
    assert calls == [("call_a", "get_weather", '{"city": "Paris"}'), ("call_b", "get_weather", '{"city": "Rome"}')]
    assert final.choices[0].finish_reason == "tool_calls"
    assert kinds.count("tool_calls.function.arguments.done") == 2


def test_tool_deltas_without_an_index_are_mended_before_the_sdk_sees_them(
    client: openai.OpenAI, backend: PacedBackend
) -> None:
    broken = re.sub(rb'("tool_calls": \[\{)"index": \d, ', rb"\1", b"".join(TWO_CALLS))
    assert broken.count(b'"index"') == len(TWO_CALLS) - 1  # the choices' own
    backend.script(Reply.stream([broken]))
    with client.chat.completions.stream(**hello(tools=[WEATHER])) as stream:
        calls = stream.get_final_completion().choices[0].message.tool_calls
    assert [(call.id, json.loads(call.function.arguments)["city"]) for call in calls] == [
        ("call_a", "Paris"),
        ("call_b", "Rome"),
    ]


# -- models, embeddings, headers -------------------------------------------------------------------------------------
def test_models_are_listed_and_found(client: openai.OpenAI) -> None:
    assert [(model.id, model.object) for model in client.models.list()] == [("m", "model")]
    found = client.models.retrieve("m")
    assert found.id == "m"
    assert found.created
    assert found.owned_by


@pytest.mark.parametrize(("encoding", "vector"), [("float", [0.5, -0.25]), ("base64", "AAAAPwAAgL4=")])
def test_embeddings_go_through(client: openai.OpenAI, backend: PacedBackend, encoding: Any, vector: Any) -> None:
    reply = client.embeddings.create(model="m", input=["a"], dimensions=2, encoding_format=encoding)
    assert (reply.model, reply.data[0].embedding, reply.usage.prompt_tokens) == ("m", vector, 3)
    sent = backend.requests[-1].json()
    assert sent == {"input": ["a"], "model": "upstream-model", "dimensions": 2, "encoding_format": encoding}


def test_the_headers_tell_who_answered(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(**hello())
    assert raw.request_id.startswith("req_")
    assert raw.headers["x-proapi-provider"] == "openai/b0"
    assert raw.headers["x-proapi-model"] == "upstream-model"
    assert raw.headers["x-proapi-attempts"] == "1"
    assert raw.parse().choices[0].message.content == "re: hi"
    assert raw.parse()._request_id == raw.request_id


def test_a_streams_headers_tell_it_too(client: openai.OpenAI) -> None:
    with client.chat.completions.with_streaming_response.create(**hello(stream=True)) as raw:
        assert raw.headers["x-request-id"].startswith("req_")
        assert raw.headers["x-proapi-provider"] == "openai/b0"
        assert raw.headers["x-accel-buffering"] == "no"
        assert text_of(list(raw.parse())) == "re: hi"


# -- many at once ----------------------------------------------------------------------------------------------------
def ask(client: openai.OpenAI, place: int) -> str:
    body = hello(messages=[{"role": "user", "content": f"question {place}"}])
    if place % 2:
        return text_of(list(client.chat.completions.create(**body, stream=True)))
    return client.chat.completions.create(**body).choices[0].message.content


def test_twenty_at_once_do_not_mix(client: openai.OpenAI) -> None:
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda place: ask(client, place), range(20)))
    assert replies == [f"re: question {place}" for place in range(20)]


# -- keys ------------------------------------------------------------------------------------------------------------
def test_keys_stay_apart(client: openai.OpenAI, proxy: RunningProxy, backend: PacedBackend) -> None:
    backend.requests.clear()
    replies = [
        client.chat.completions.with_raw_response.create(**hello()),
        client.embeddings.with_raw_response.create(model="m", input="a"),
        client.models.with_raw_response.list(),
    ]
    for reply in replies:
        assert BACKEND_KEY not in f"{reply.headers} {reply.text}"
    for request in backend.requests:
        assert TOKEN not in f"{request}"
        assert request.headers["authorization"] == f"Bearer {BACKEND_KEY}"
    assert len(backend.requests) == 2
    assert not [key for key in (TOKEN, BACKEND_KEY) if key in proxy.output]
