"""The SDK's calls that nobody translates, through each door: media, files, batches, assistants, vector stores."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.end_to_end.configs import BACKEND_KEY, TOKEN, one_backend, several_backends
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import DOORS, openai, sdk_client

Start = Callable[..., RunningProxy]
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(backend: PacedBackend) -> Iterator[RunningProxy]:
    """`m` is served by the backend and, first in turn, by one that does not speak OpenAI's API."""
    blocks = several_backends((backend.url, ""), ("http://127.0.0.1:9", ""), server="passthrough_provider: b0")
    config = blocks.replace("provider: openai\n    name: b1", "provider: anthropic\n    name: b1")
    with RunningProxy(config) as running:
        yield running


@pytest.fixture(params=DOORS)
def client(request: pytest.FixtureRequest, proxy: RunningProxy) -> Iterator[openai.OpenAI]:
    with sdk_client(proxy, request.param) as opened:
        yield opened


def assert_sent(backend: PacedBackend, method: str, path: str) -> None:
    """The last request went to this path with the backend's key and nothing of the client's."""
    last = backend.requests[-1]
    assert (last.method, last.path) == (method, path)
    assert last.headers["authorization"] == f"Bearer {BACKEND_KEY}"
    assert TOKEN not in f"{last}"


def sse(*events: tuple[str, object]) -> list[bytes]:
    return [f"event: {name}\ndata: {json.dumps(value)}\n\n".encode() for name, value in events]


# -- media -----------------------------------------------------------------------------------------------------------
def test_speech_is_heard_while_it_is_made(client: openai.OpenAI, backend: PacedBackend) -> None:
    gate, audio = threading.Event(), bytes(range(256)) * 16
    backend.script(Reply([audio, gate, audio], headers=[("content-type", "audio/mpeg")]))
    speech = client.audio.speech.with_streaming_response
    with speech.create(model="m", voice="alloy", input="hi", response_format="mp3") as reply:
        pieces, heard = reply.iter_bytes(), b""
        while len(heard) < len(audio):
            heard += next(pieces)
        gate.set()  # only now the backend goes on
        assert heard + b"".join(pieces) == audio * 2
        assert reply.headers["content-type"] == "audio/mpeg"
    assert_sent(backend, "POST", "/v1/audio/speech")
    assert backend.requests[-1].json()["model"] == "upstream-model"


def test_speech_comes_as_events_as_well(client: openai.OpenAI, backend: PacedBackend) -> None:
    events = [b'data: {"type": "speech.audio.delta", "audio": "aGk="}\n\n', b'data: {"type": "speech.audio.done"}\n\n']
    backend.script(Reply.stream(events))
    speech = client.audio.speech.with_streaming_response
    with speech.create(model="m", voice="alloy", input="hi", stream_format="sse") as reply:
        assert b"".join(reply.iter_bytes()) == b"".join(events)


def test_a_transcription_is_read_while_it_is_made(client: openai.OpenAI, backend: PacedBackend) -> None:
    gate = threading.Event()
    delta = b'data: {"type": "transcript.text.delta", "delta": "hel"}\n\n'
    done = b'data: {"type": "transcript.text.done", "text": "hello"}\n\n'
    backend.script(Reply.stream([delta, gate, done]))
    events = client.audio.transcriptions.create(model="m", file=("a.wav", b"RIFF" * 100), stream=True)
    assert next(events).delta == "hel"
    gate.set()
    assert [event.text for event in events] == ["hello"]
    assert_sent(backend, "POST", "/v1/audio/transcriptions")
    body = backend.requests[-1].body
    assert b"upstream-model" in body
    assert body.count(b"RIFF") == 100


@pytest.mark.parametrize("form", ["text", "srt", "verbose_json"])
def test_a_transcription_keeps_its_form(client: openai.OpenAI, backend: PacedBackend, form: str) -> None:
    told = json.dumps({"text": "hello", "language": "en", "duration": 1.0}).encode() if "json" in form else b"hello\n"
    kind = "application/json" if "json" in form else "text/plain; charset=utf-8"
    backend.script(Reply([told], headers=[("content-type", kind)], length="known"))
    made = client.audio.transcriptions.create(model="m", file=("a.wav", b"RIFF"), response_format=form)
    assert (made if isinstance(made, str) else made.text) == ("hello" if "json" in form else "hello\n")


def test_a_recording_of_25_megabytes_is_transcribed(client: openai.OpenAI, backend: PacedBackend) -> None:
    recording = bytes(range(256)) * (25 * MEGABYTE // 256)
    backend.script(Reply.json({"text": "hello"}))
    assert client.audio.transcriptions.create(model="m", file=("a.wav", recording)).text == "hello"
    body = backend.requests[-1].body
    assert recording in body
    assert b"\r\n\r\nupstream-model\r\n" in body


def test_images_are_made_and_edited(client: openai.OpenAI, backend: PacedBackend) -> None:
    picture = {"created": 1, "data": [{"b64_json": "aGk="}]}
    backend.script(Reply.json(picture), Reply.json(picture))
    assert client.images.generate(model="m", prompt="a cat").data[0].b64_json == "aGk="
    assert_sent(backend, "POST", "/v1/images/generations")
    edited = client.images.edit(model="m", prompt="a dog", image=[("a.png", b"png1"), ("b.png", b"png2")])
    assert edited.data[0].b64_json == "aGk="
    assert_sent(backend, "POST", "/v1/images/edits")
    body = backend.requests[-1].body
    assert (b"png1" in body, b"png2" in body, b"upstream-model" in body) == (True, True, True)


def test_an_image_is_seen_while_it_is_made(client: openai.OpenAI, backend: PacedBackend) -> None:
    gate = threading.Event()
    partial = {"type": "image_generation.partial_image", "b64_json": "aA==", "partial_image_index": 0}
    completed = {"type": "image_generation.completed", "b64_json": "aGk="}
    first, last = sse((partial["type"], partial), (completed["type"], completed))
    backend.script(Reply.stream([first, gate, last]))
    events = client.images.generate(model="m", prompt="a cat", stream=True, partial_images=1)
    assert next(events).b64_json == "aA=="
    gate.set()
    assert [event.b64_json for event in events] == ["aGk="]


def test_a_text_is_moderated(client: openai.OpenAI, backend: PacedBackend) -> None:
    verdict = {"flagged": False, "categories": {}, "category_scores": {}, "category_applied_input_types": {}}
    backend.script(Reply.json({"id": "modr-1", "model": "upstream-model", "results": [verdict]}))
    assert client.moderations.create(model="m", input="hi").results[0].flagged is False
    assert_sent(backend, "POST", "/v1/moderations")
    assert backend.requests[-1].json()["model"] == "upstream-model"


def test_a_moderation_need_not_name_a_model(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.json({"id": "modr-1", "model": "omni", "results": []}))
    client.moderations.create(input="hi")
    assert backend.requests[-1].json() == {"input": "hi"}


# -- what lives in one account -----------------------------------------------------------------------------------------
FILE = {"id": "file-1", "object": "file", "bytes": 1, "created_at": 1, "filename": "a", "purpose": "batch"}
BATCH = {
    "id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": "file-1",
    "completion_window": "24h", "status": "validating", "created_at": 1,
}  # fmt: skip


def test_a_file_of_25_megabytes_goes_up_and_comes_back(client: openai.OpenAI, backend: PacedBackend) -> None:
    content = bytes(range(256)) * (25 * MEGABYTE // 256)
    backend.script(Reply.json(FILE))
    assert client.files.create(file=("a.jsonl", content), purpose="batch").id == "file-1"
    assert_sent(backend, "POST", "/v1/files")
    assert content in backend.requests[-1].body
    backend.script(Reply([content], headers=[("content-type", "application/octet-stream")], length="known"))
    assert client.files.content("file-1").read() == content
    assert_sent(backend, "GET", "/v1/files/file-1/content")


CALLS: dict[str, tuple[Callable[[Any], object], object, str, str]] = {
    "file retrieve": (lambda c: c.files.retrieve("file-1").id, FILE, "GET", "/v1/files/file-1"),
    "file delete": (
        lambda c: c.files.delete("file-1").id, {**FILE, "deleted": True}, "DELETE", "/v1/files/file-1",
    ),
    "batch create": (
        lambda c: c.batches.create(
            input_file_id="file-1", endpoint="/v1/chat/completions", completion_window="24h"
        ).id,
        BATCH, "POST", "/v1/batches",
    ),
    "batch retrieve": (lambda c: c.batches.retrieve("batch_1").id, BATCH, "GET", "/v1/batches/batch_1"),
    "batch cancel": (lambda c: c.batches.cancel("batch_1").id, BATCH, "POST", "/v1/batches/batch_1/cancel"),
    "batch list": (
        lambda c: [batch.id for batch in c.batches.list(limit=2).data],
        {"object": "list", "data": [BATCH], "has_more": False}, "GET", "/v1/batches?limit=2",
    ),
    "fine-tuning": (
        lambda c: c.fine_tuning.jobs.create(model="gpt-4o-mini", training_file="file-1").id,
        {"id": "ftjob-1", "object": "fine_tuning.job"}, "POST", "/v1/fine_tuning/jobs",
    ),
    "assistant": (
        lambda c: c.beta.assistants.create(model="gpt-4o-mini").id,
        {"id": "asst_1", "object": "assistant"}, "POST", "/v1/assistants",
    ),
    "thread": (lambda c: c.beta.threads.create().id, {"id": "thread_1", "object": "thread"}, "POST", "/v1/threads"),
    "vector store": (
        lambda c: c.vector_stores.create(name="a").id,
        {"id": "vs_1", "object": "vector_store"}, "POST", "/v1/vector_stores",
    ),
    "vector store search": (
        lambda c: c.vector_stores.search("vs_1", query="x").data,
        {"object": "vector_store.search_results.page", "data": []}, "POST", "/v1/vector_stores/vs_1/search",
    ),
    "upload": (
        lambda c: c.uploads.create(bytes=1, filename="a", mime_type="text/plain", purpose="batch").id,
        {"id": "upload_1", "object": "upload"}, "POST", "/v1/uploads",
    ),
    "upload part": (
        lambda c: c.uploads.parts.create("upload_1", data=b"x" * 10_000).id,
        {"id": "part_1", "object": "upload.part"}, "POST", "/v1/uploads/upload_1/parts",
    ),
    "container": (
        lambda c: c.containers.create(name="a").id,
        {"id": "cntr_1", "object": "container"}, "POST", "/v1/containers",
    ),
    "stored completion": (
        lambda c: c.chat.completions.delete("chatcmpl-1").id,
        {"id": "chatcmpl-1", "object": "chat.completion.deleted", "deleted": True},
        "DELETE", "/v1/chat/completions/chatcmpl-1",
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # assistants are on their way out, and still used
@pytest.mark.parametrize("call", CALLS)
def test_ids_stay_as_they_are(client: openai.OpenAI, backend: PacedBackend, call: str) -> None:
    ask, told, method, path = CALLS[call]
    backend.script(Reply.json(told))
    got = ask(client)
    ids = [got] if isinstance(got, str) else got
    assert json.dumps(ids).strip("[]") in json.dumps(told)
    assert_sent(backend, method, path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_run_is_followed_while_it_runs(client: openai.OpenAI, backend: PacedBackend) -> None:
    gate = threading.Event()
    delta = {"id": "msg_1", "object": "thread.message.delta", "delta": {"content": []}}
    first, second, last = sse(
        ("thread.run.created", {"id": "run_1", "object": "thread.run"}),
        ("thread.message.delta", delta),
        ("done", "[DONE]"),
    )
    backend.script(Reply.stream([first, gate, second, last.replace(b'"', b"")]))
    events = client.beta.threads.runs.create(thread_id="thread_1", assistant_id="asst_1", stream=True)
    assert next(events).event == "thread.run.created"
    gate.set()
    assert [event.event for event in events] == ["thread.message.delta"]
    assert_sent(backend, "POST", "/v1/threads/thread_1/runs")
    assert backend.requests[-1].headers["openai-beta"] == "assistants=v2"


# -- where nobody takes it -------------------------------------------------------------------------------------------
def test_the_refusal_says_what_to_set(start_proxy: Start) -> None:
    config = one_backend("http://127.0.0.1:9").replace("provider: openai", "provider: anthropic")
    with sdk_client(start_proxy(config)) as client:
        with pytest.raises(openai.NotFoundError, match=r"set `server\.passthrough_provider`") as refused:
            client.files.list()
        assert refused.value.code == "no_passthrough_provider"
        for ask in (
            lambda: client.images.generate(model="m", prompt="a cat"),
            lambda: client.audio.speech.create(model="m", voice="alloy", input="hi"),
            lambda: client.audio.transcriptions.create(model="m", file=("a.wav", b"RIFF")),
            lambda: client.moderations.create(model="m", input="hi"),
        ):
            with pytest.raises(openai.NotFoundError, match=r"the model `m` takes this path: none speaks OpenAI's API"):
                ask()


def test_azures_client_names_the_model_in_the_url(proxy: RunningProxy, backend: PacedBackend) -> None:
    azure = openai.AzureOpenAI(
        azure_endpoint=proxy.base_url.removesuffix("/v1"),
        api_version="2024-10-21",
        api_key=TOKEN,
        max_retries=0,
        http_client=openai.DefaultHttpxClient(trust_env=False),
    )
    with azure as client:
        backend.script(Reply.json({"text": "hello"}), Reply.json({"created": 1, "data": []}))
        assert client.audio.transcriptions.create(model="m", file=("a.wav", b"RIFF")).text == "hello"
        assert backend.requests[-1].path.startswith("/v1/audio/transcriptions")
        assert b"\r\n\r\nupstream-model\r\n" in backend.requests[-1].body
        client.images.generate(model="m", prompt="a cat")
        assert backend.requests[-1].json()["model"] == "upstream-model"
    assert TOKEN not in str(backend.requests[-2:])
