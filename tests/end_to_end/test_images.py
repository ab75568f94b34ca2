"""/v1/images/generations through the running proxy: by Google's models, and by whoever speaks OpenAI's API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.configs import TOKEN
from tests.end_to_end.paced_backend import PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy

openai = pytest.importorskip("openai", reason="the openai package is not installed here")
COUNTS = {"promptTokenCount": 3, "candidatesTokenCount": 1290}
GEMINI = {
    "candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "QQ=="}}]}}],
    "usageMetadata": COUNTS,
}
IMAGEN = {"predictions": [{"bytesBase64Encoded": "Qg==", "mimeType": "image/png"}]}
OPENAI = {"created": 1, "data": [{"b64_json": "Qw=="}]}
BLOCK = "  - {{ provider: {provider}, base_url: {url}, api_key: k, model: [ {models} ] }}"


def answer(request: ReceivedRequest) -> Reply:
    replies = {":generateContent": GEMINI, ":predict": IMAGEN, "/generations": OPENAI}
    return Reply.json(next(reply for ending, reply in replies.items() if request.path.endswith(ending)))


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend(answer=answer) as running:
        yield running


@pytest.fixture(scope="module")
def client(backend: PacedBackend) -> Iterator[Any]:
    models = "gemini-2.5-flash-image: draw, imagen-4.0-generate-001: imagen, gemini-2.5-flash-image: both"
    blocks = [
        BLOCK.format(provider="gemini", url=backend.url, models=models),
        BLOCK.format(provider="openai", url=f"{backend.url}/v1", models="gpt-image: both, gpt-image: own"),
        BLOCK.format(provider="anthropic", url=backend.url, models="claude"),
    ]
    config = "\n".join(["providers:", *blocks, "tokens:", f"  - {{ api_key: {TOKEN}, model: [ all ] }}"])
    with RunningProxy(config) as proxy:
        yield openai.OpenAI(base_url=proxy.base_url, api_key=TOKEN, max_retries=0)


@pytest.mark.parametrize(
    ("model", "data", "path"),
    [
        ("draw", "QQ==", "/v1beta/models/gemini-2.5-flash-image:generateContent"),
        ("imagen", "Qg==", "/v1beta/models/imagen-4.0-generate-001:predict"),
        ("own", "Qw==", "/v1/images/generations"),
    ],
)
def test_who_draws(client: Any, backend: PacedBackend, model: str, data: str, path: str) -> None:
    made = client.images.generate(model=model, prompt="a kelp forest", size="1024x1024")
    assert [image.b64_json for image in made.data] == [data]
    assert backend.requests[-1].path == path
    assert TOKEN not in str(backend.requests[-1].headers)


def test_several_images_are_asked_for_one_after_the_other(client: Any, backend: PacedBackend) -> None:
    before = len(backend.requests)
    asked = {"n": 3, "response_format": "url", "quality": "hd"}
    raw = client.images.with_raw_response.generate(model="draw", prompt="kelp", **asked)
    made = raw.parse()
    assert [image.url for image in made.data] == ["data:image/png;base64,QQ=="] * 3
    assert (made.usage.input_tokens, made.usage.output_tokens) == (9, 3870)
    assert (raw.headers["x-proapi-attempts"], raw.headers["x-proapi-lossy"]) == ("1", "response_format,quality")
    assert len(backend.requests) - before == 3


def test_a_backend_of_the_other_kind_takes_over(client: Any, backend: PacedBackend) -> None:
    found = set()
    for _ in range(4):
        backend.script(Reply.json({"error": {"message": "busy", "code": 503}}, status=503))
        made = client.images.with_raw_response.generate(model="both", prompt="kelp")
        assert made.headers["x-proapi-attempts"] == "2"
        found.add(made.parse().data[0].b64_json)
    assert found == {"QQ==", "Qw=="}


def test_what_the_filters_hold_back_is_openais_error(client: Any, backend: PacedBackend) -> None:
    backend.script(Reply.json({"promptFeedback": {"blockReason": "SAFETY"}}))
    with pytest.raises(openai.BadRequestError, match="SAFETY") as raised:
        client.images.generate(model="draw", prompt="kelp")
    assert raised.value.code == "moderation_blocked"


@pytest.mark.parametrize("ask", ["generate", "edit", "moderate"])
def test_a_backend_without_images_or_moderations_is_a_404_that_names_others(client: Any, ask: str) -> None:
    calls = {
        "generate": lambda: client.images.generate(model="claude", prompt="kelp"),
        "edit": lambda: client.images.edit(model="draw", prompt="kelp", image=("a.png", b"png")),
        "moderate": lambda: client.moderations.create(model="claude", input="kelp"),
    }
    with pytest.raises(openai.NotFoundError, match=r"none speaks OpenAI's API\. Blocks that do: openai\.") as raised:
        calls[ask]()
    assert raised.value.code == "no_passthrough_provider"


def test_a_stream_is_refused_where_images_come_whole(client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.images.generate(model="draw", prompt="kelp", stream=True)
    assert raised.value.param == "stream"
