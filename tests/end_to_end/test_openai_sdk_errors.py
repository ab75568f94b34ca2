"""Every fault reaches an application as the SDK's own exception class, with OpenAI's code, through each door."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest

from tests.addons.fake_backends import refused_port
from tests.end_to_end.configs import BACKEND_KEY, TOKEN, chat_body, chat_chunk, chat_reply, several_backends
from tests.end_to_end.paced_backend import CUT, PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import DOORS, async_sdk_client, openai, sdk_client

WRONG_KEY = "sk-test-of-a-stranger"
CLOSED_MODEL = "on-a-closed-port"


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend(answer=lambda request: Reply.json(chat_reply())) as running:
        yield running


def limited_config(backend: PacedBackend) -> str:
    """Serves `m`, knows a model whose backend is down, and has no default model, so that an unknown name is a fault."""
    config = several_backends((backend.url, ""), (f"http://127.0.0.1:{refused_port()}", ""))
    head, _, last = config.rpartition("model: [ { upstream-model: m } ]")
    config = f"{head}model: [ {{ upstream-model: {CLOSED_MODEL} }} ]{last}"
    return config.replace("server:\n  default_model: m", "")


@pytest.fixture(scope="module")
def proxy(backend: PacedBackend) -> Iterator[RunningProxy]:
    with RunningProxy(limited_config(backend)) as running:
        yield running


@pytest.fixture(params=DOORS)
def client(request: pytest.FixtureRequest, proxy: RunningProxy) -> Iterator[openai.OpenAI]:
    with sdk_client(proxy, request.param) as opened:
        yield opened


def raised_by(client: openai.OpenAI, **changes: object) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(**chat_body(**changes))
    error = caught.value
    assert error.request_id.startswith("req_")
    told = f"{error} {error.body} {error.response.headers}"
    assert not [key for key in (TOKEN, BACKEND_KEY, WRONG_KEY) if key in told]
    return error


def of_kind(error: openai.APIStatusError) -> tuple[type, int, str | None]:
    return type(error), error.status_code, error.code


# -- the client's own faults -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("stream", [False, True])
def test_a_wrong_key(client: openai.OpenAI, proxy: RunningProxy, stream: bool) -> None:
    error = raised_by(client.with_options(api_key=WRONG_KEY), stream=stream)
    assert of_kind(error) == (openai.AuthenticationError, 401, "invalid_api_key")
    assert WRONG_KEY not in proxy.output


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_model(client: openai.OpenAI, stream: bool) -> None:
    error = raised_by(client, model="nobody-has-it", stream=stream)
    assert of_kind(error) == (openai.NotFoundError, 404, "model_not_found")
    assert "nobody-has-it" in error.message


def test_an_unknown_models_entry(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("nobody-has-it")
    assert caught.value.code == "model_not_found"


def test_a_missing_model_is_a_bad_request(client: openai.OpenAI) -> None:
    error = raised_by(client, model="")
    assert isinstance(error, openai.BadRequestError)
    assert error.type == "invalid_request_error"


# -- the backend's faults --------------------------------------------------------------------------------------------
BACKEND_ERRORS = {
    400: openai.BadRequestError,
    403: openai.PermissionDeniedError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", BACKEND_ERRORS)
def test_a_backends_error_has_its_class(
    client: openai.OpenAI, backend: PacedBackend, status: int, stream: bool
) -> None:
    said = {"error": {"message": "what it said", "type": "its_type", "param": "its_param", "code": "its_code"}}
    backend.script(Reply.json(said, ("retry-after", "7"), status=status))
    error = raised_by(client, stream=stream)
    assert of_kind(error) == (BACKEND_ERRORS[status], status, "its_code")
    assert (error.body["message"], error.type, error.param) == ("what it said", "its_type", "its_param")
    assert error.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("stream", [False, True])
def test_a_backend_that_is_down(client: openai.OpenAI, stream: bool) -> None:
    error = raised_by(client, model=CLOSED_MODEL, stream=stream)
    assert of_kind(error) == (openai.InternalServerError, 502, "unreachable")


def test_the_sdk_tries_again_by_itself(proxy: RunningProxy, backend: PacedBackend) -> None:
    refusal = Reply.json({"error": {"message": "slow down"}}, ("retry-after-ms", "1"), ("retry-after", "0"), status=429)
    backend.script(refusal)
    with sdk_client(proxy, max_retries=1) as client:
        assert client.chat.completions.create(**chat_body()).choices[0].message.content == "hello"


# -- faults in the middle of a stream --------------------------------------------------------------------------------
IN_BAND = b'data: {"error": {"message": "what it said", "type": "its_type", "code": "its_code"}}\n\n'
BREAKS = {"cut": [CUT], "told in the stream": [IN_BAND], "ends without an end": []}


def half_then(gate: threading.Event, *ending: object) -> Reply:
    """Some text, then, once the client has it (a cut might overtake it), the ending."""
    return Reply.stream([chat_chunk("half"), chat_chunk(" of it"), gate, *ending])


class Heard:
    """What a client has heard of a stream; opens the gate when the text is there."""

    def __init__(self, gate: threading.Event) -> None:
        self._gate = gate
        self.text = ""
        self.reasons: list[str] = []

    def hear(self, chunk: Any) -> None:
        for choice in chunk.choices:
            self.text += choice.delta.content or ""
            self.reasons += [choice.finish_reason] if choice.finish_reason else []
        if self.text.endswith("of it"):
            self._gate.set()


def hear_until_it_breaks(
    client: openai.OpenAI, backend: PacedBackend, *ending: object
) -> tuple[Heard, openai.APIError]:
    gate = threading.Event()
    backend.script(half_then(gate, *ending))
    heard = Heard(gate)
    stream = client.chat.completions.create(**chat_body(stream=True))
    with pytest.raises(openai.APIError) as caught:
        deque(map(heard.hear, stream), maxlen=0)
    return heard, caught.value


@pytest.mark.parametrize("way", BREAKS)
def test_a_broken_stream_is_an_error_after_its_text(client: openai.OpenAI, backend: PacedBackend, way: str) -> None:
    heard, error = hear_until_it_breaks(client, backend, *BREAKS[way])
    assert (heard.text, heard.reasons) == ("half of it", [])
    assert error.message
    assert not isinstance(error, openai.APIConnectionError)  # told in the stream, not by a torn connection


def test_a_cut_is_told_in_our_words(client: openai.OpenAI, backend: PacedBackend) -> None:
    message = hear_until_it_breaks(client, backend, CUT)[1].message
    assert message.startswith("The backend ")
    assert message.endswith(" broke the connection off in the middle of its answer.")


def test_a_backends_words_in_a_stream_are_kept(client: openai.OpenAI, backend: PacedBackend) -> None:
    error = hear_until_it_breaks(client, backend, IN_BAND)[1]
    assert (error.message, error.type, error.code) == ("what it said", "its_type", "its_code")


@pytest.mark.parametrize("door", DOORS)
def test_the_async_client_is_told_alike(proxy: RunningProxy, backend: PacedBackend, door: str) -> None:
    gate = threading.Event()
    heard = Heard(gate)

    async def hear_all(client: openai.AsyncOpenAI) -> None:
        async for chunk in await client.chat.completions.create(**chat_body(stream=True)):
            heard.hear(chunk)

    async def run() -> None:
        async with async_sdk_client(proxy, door) as client:
            with pytest.raises(openai.RateLimitError):
                await client.chat.completions.create(**chat_body())
            with pytest.raises(openai.APIError):
                await hear_all(client)

    backend.script(Reply.json({"error": {"message": "slow down"}}, status=429), half_then(gate, CUT))
    asyncio.run(run())
    assert (heard.text, heard.reasons) == ("half of it", [])


def test_the_next_request_after_a_broken_stream_is_served(client: openai.OpenAI, backend: PacedBackend) -> None:
    hear_until_it_breaks(client, backend, CUT)
    assert client.chat.completions.create(**chat_body()).choices[0].message.content == "hello"
