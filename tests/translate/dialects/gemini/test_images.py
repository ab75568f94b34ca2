"""Images by generateContent: the very requests that google-genai makes."""

from __future__ import annotations

from typing import Any

import pytest

from ...embedding_wire import SentBySdk, bodies_of
from ...image_wire import PNG, answer, draw, gemini_reply

genai = pytest.importorskip("google.genai", reason="the google-genai package is not installed here")
OLD, NEW = "gemini-2.5-flash-image", "gemini-3-pro-image"


def sdk_client(provider: str, sdk: SentBySdk) -> Any:
    options = genai.types.HttpOptions(httpx_client=sdk.client())
    if provider == "gemini":
        return genai.Client(api_key="k", http_options=options)
    credentials = pytest.importorskip("google.oauth2.credentials", reason="google-auth is not installed here")
    token = credentials.Credentials(token="t")
    return genai.Client(vertexai=True, project="p", location="us-central1", credentials=token, http_options=options)


@pytest.mark.parametrize(
    ("provider", "model", "fields", "config"),
    [
        ("gemini", OLD, {}, {}),
        ("vertexai_gemini", OLD, {}, {}),
        ("gemini", OLD, {"size": "1536x1024"}, {"aspect_ratio": "3:2"}),
        ("gemini", OLD, {"size": "4096x4096"}, {"aspect_ratio": "1:1"}),
        ("gemini", NEW, {"size": "1024x1792"}, {"aspect_ratio": "9:16"}),
        ("gemini", NEW, {"size": "3840x2160"}, {"aspect_ratio": "16:9", "image_size": "2K"}),
        ("vertexai_gemini", NEW, {"size": "4096x4096"}, {"aspect_ratio": "1:1", "image_size": "4K"}),
        (
            "vertexai_gemini",
            NEW,
            {"output_format": "jpeg", "output_compression": 80},
            {"output_mime_type": "image/jpeg", "output_compression_quality": 80},
        ),
    ],
)
def test_the_request_is_the_sdks_own(provider: str, model: str, fields: Any, config: dict[str, Any]) -> None:
    sdk = SentBySdk(gemini_reply())
    image_config = {"image_config": config} if config else {}
    given = {"response_modalities": ["IMAGE"], **image_config}
    sdk_client(provider, sdk).models.generate_content(model=model, contents="kelp", config=given)
    translation = draw(provider, model, **fields)
    assert bodies_of(translation) == sdk.bodies
    assert translation.upstream.url.endswith(f"/models/{model}:generateContent")


@pytest.mark.parametrize(
    ("provider", "model", "fields", "lost"),
    [
        ("gemini", OLD, {"size": "1024x1024", "output_format": "png"}, set()),
        ("gemini", NEW, {"size": "2048x2048"}, set()),
        ("gemini", OLD, {"size": "2048x2048"}, {"size"}),
        ("gemini", OLD, {"size": "1536x1024"}, {"size"}),
        ("gemini", OLD, {"output_format": "jpeg", "output_compression": 80}, {"output_format", "output_compression"}),
        ("vertexai_gemini", OLD, {"output_format": "jpeg", "output_compression": 80}, set()),
        ("vertexai_gemini", OLD, {"output_format": "webp"}, {"output_format"}),
        ("vertexai_gemini", OLD, {"output_compression": 80}, {"output_compression"}),
    ],
)
def test_what_is_only_near_is_told(provider: str, model: str, fields: dict[str, Any], lost: set[str]) -> None:
    assert {loss.field for loss in draw(provider, model, **fields).losses} == lost


def test_each_image_is_a_request() -> None:
    assert len(bodies_of(draw("gemini", OLD, n=10))) == 10


def test_a_draft_among_the_thoughts_is_no_answer() -> None:
    draft = {"inlineData": {"mimeType": "image/png", "data": "ZHJhZnQ="}, "thought": True}
    native = gemini_reply()
    native["candidates"][0]["content"]["parts"].insert(0, draft)
    assert answer(draw("gemini", NEW), native)[1]["data"] == [{"b64_json": PNG}]


@pytest.mark.parametrize(
    ("native", "status", "code", "said"),
    [
        ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, 400, "moderation_blocked", "PROHIBITED_CONTENT"),
        (
            {"candidates": [{"finishReason": "IMAGE_SAFETY", "finishMessage": "Not this."}]},
            400,
            "moderation_blocked",
            "Not this.",
        ),
        ({"candidates": [{"finishReason": "NO_IMAGE"}]}, 502, "no_image", "NO_IMAGE"),
        (
            {"candidates": [{"content": {"parts": [{"text": "I would rather talk."}]}, "finishReason": "STOP"}]},
            502,
            "no_image",
            "I would rather talk.",
        ),
        ({}, 502, "no_image", "made no image"),
        ({"candidates": 1}, 502, "bad_upstream_reply", "not its own format"),
    ],
)
def test_where_nothing_is_drawn_the_client_is_told_why(native: Any, status: int, code: str, said: str) -> None:
    found, body = answer(draw("gemini", OLD), native)
    assert (found, body["error"]["code"]) == (status, code)
    assert said in body["error"]["message"]
