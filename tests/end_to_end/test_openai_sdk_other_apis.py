"""The SDK's other calls, through each door: responses, completions, structured output, files, audio, images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.configs import BACKEND_KEY, TOKEN, chat_body, chat_chunk, chat_end, chat_reply, one_backend
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import DOORS, openai, sdk_client

pydantic = pytest.importorskip("pydantic", reason="the openai SDK's own models are not installed")


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(backend: PacedBackend) -> Iterator[RunningProxy]:
    with RunningProxy(one_backend(backend.url)) as running:
        yield running


@pytest.fixture(params=DOORS)
def client(request: pytest.FixtureRequest, proxy: RunningProxy) -> Iterator[openai.OpenAI]:
    with sdk_client(proxy, request.param) as opened:
        yield opened


def assert_sent(backend: PacedBackend, path: str) -> None:
    """The last request went to this path with the backend's key and nothing of the client's."""
    last = backend.requests[-1]
    assert (last.path, last.headers["authorization"]) == (path, f"Bearer {BACKEND_KEY}")
    assert TOKEN not in f"{last}"


# -- responses -------------------------------------------------------------------------------------------------------
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "hello", "annotations": []}],
}


def response_object(status: str, output: list[Any]) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": status,
        "model": "upstream-model",
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def response_events() -> list[bytes]:
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": response_object("in_progress", [])},
        {"type": "response.output_item.added", "output_index": 0, "item": {**MESSAGE, "content": []}},
        {"type": "response.content_part.added", **place, "part": {**MESSAGE["content"][0], "text": ""}},
        {"type": "response.output_text.delta", **place, "delta": "hel", "logprobs": []},
        {"type": "response.output_text.delta", **place, "delta": "lo", "logprobs": []},
        {"type": "response.output_text.done", **place, "text": "hello", "logprobs": []},
        {"type": "response.output_item.done", "output_index": 0, "item": MESSAGE},
        {"type": "response.completed", "response": response_object("completed", [MESSAGE])},
    ]
    numbered = [{**event, "sequence_number": number} for number, event in enumerate(events)]
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in numbered]


def test_a_response_is_passed_through(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.json(response_object("completed", [MESSAGE])))
    reply = client.responses.create(model="m", input="hi", reasoning={"effort": "low"})
    assert (reply.output_text, reply.model, reply.id) == ("hello", "m", "resp_1")
    assert_sent(backend, "/v1/responses")
    sent = {"input": "hi", "model": "upstream-model", "reasoning": {"effort": "low"}}
    assert backend.requests[-1].json() == sent


def test_a_streamed_response_is_put_together(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.stream(response_events()))
    with client.responses.stream(model="m", input="hi") as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert (deltas, final.output_text, final.model) == (["hel", "lo"], "hello", "m")


# -- completions -----------------------------------------------------------------------------------------------------
def completion(text: str, finish_reason: str | None = "stop") -> dict[str, Any]:
    choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": finish_reason}
    return {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "upstream-model", "choices": [choice]}


def test_an_old_completion_is_served(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.json(completion("hello")))
    reply = client.completions.create(model="m", prompt="hi")
    assert (reply.choices[0].text, reply.model, reply.object) == ("hello", "m", "text_completion")
    assert_sent(backend, "/v1/completions")


def test_an_old_completion_is_streamed(client: openai.OpenAI, backend: PacedBackend) -> None:
    pieces = [completion("hel", None), completion("lo", None), completion("")]
    events = [b"data: " + json.dumps(piece).encode() + b"\n\n" for piece in pieces]
    backend.script(Reply.stream([*events, b"data: [DONE]\n\n"]))
    chunks = list(client.completions.create(model="m", prompt="hi", stream=True))
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == "hello"
    assert {chunk.model for chunk in chunks} == {"m"}


# -- structured output -----------------------------------------------------------------------------------------------
class City(pydantic.BaseModel):
    name: str
    people: int


CITY = '{"name": "Paris", "people": 2}'


def test_structured_output_is_parsed(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.json(chat_reply(CITY)))
    reply = client.chat.completions.parse(**chat_body(), response_format=City)
    assert reply.choices[0].message.parsed == City(name="Paris", people=2)
    schema = backend.requests[-1].json()["response_format"]["json_schema"]
    assert (schema["name"], schema["strict"]) == ("City", True)


def test_structured_output_is_parsed_from_a_stream(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.stream([chat_chunk(CITY[:9]), chat_chunk(CITY[9:]), chat_end()]))
    with client.chat.completions.stream(**chat_body(), response_format=City) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == City(name="Paris", people=2)


# -- uploads and media -----------------------------------------------------------------------------------------------
def test_a_file_is_uploaded(client: openai.OpenAI, backend: PacedBackend) -> None:
    content = bytes(range(256)) * 4000
    stored = {"id": "file-1", "object": "file", "bytes": len(content), "created_at": 1, "filename": "a.jsonl"}
    backend.script(Reply.json({**stored, "purpose": "batch", "status": "processed"}))
    assert client.files.create(file=("a.jsonl", content), purpose="batch").id == "file-1"
    assert_sent(backend, "/v1/files")
    assert content in backend.requests[-1].body


def test_a_files_content_comes_back_as_it_is(client: openai.OpenAI, backend: PacedBackend) -> None:
    content = bytes(range(256)) * 4000
    backend.script(Reply([content[:7], content[7:]], headers=[("content-type", "application/octet-stream")]))
    assert client.files.content("file-1").read() == content
    assert_sent(backend, "/v1/files/file-1/content")


def test_audio_is_transcribed_by_the_backends_model(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.json({"text": "hello"}))
    assert client.audio.transcriptions.create(model="m", file=("a.wav", b"RIFF" * 1000)).text == "hello"
    assert_sent(backend, "/v1/audio/transcriptions")
    assert b"upstream-model" in backend.requests[-1].body


def test_images_are_made(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.json({"created": 1, "data": [{"b64_json": "aGk="}]}))
    assert client.images.generate(model="m", prompt="a cat").data[0].b64_json == "aGk="
    assert_sent(backend, "/v1/images/generations")
    assert backend.requests[-1].json()["model"] == "upstream-model"
