"""Images by Imagen's :predict: the very requests that google-genai makes."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from ...embedding_wire import SentBySdk, bodies_of
from ...image_wire import PNG, answer, draw
from .test_images import sdk_client

MODEL = "imagen-4.0-generate-001"


def predicted(*data: str, **fields: Any) -> dict[str, Any]:
    return {"predictions": [{"bytesBase64Encoded": each, "mimeType": "image/png", **fields} for each in data]}


@pytest.mark.parametrize(
    ("fields", "config"),
    [
        ({}, {"number_of_images": 1}),
        ({"n": 3, "size": "1024x1792"}, {"number_of_images": 3, "aspect_ratio": "9:16"}),
        ({"size": "2048x2048"}, {"number_of_images": 1, "aspect_ratio": "1:1", "image_size": "2K"}),
        (
            {"output_format": "jpeg", "output_compression": 80},
            {"number_of_images": 1, "output_mime_type": "image/jpeg", "output_compression_quality": 80},
        ),
    ],
)
def test_the_request_is_the_sdks_own(fields: dict[str, Any], config: dict[str, Any]) -> None:
    sdk = SentBySdk(predicted(PNG))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK calls its own method deprecated
        client = sdk_client("vertexai_gemini", sdk)
        client.models.generate_images(model=MODEL, prompt="kelp", config={**config, "include_rai_reason": True})
    translation = draw("vertexai_gemini", MODEL, **fields)
    assert bodies_of(translation) == sdk.bodies
    assert translation.upstream.url.endswith(f"/models/{MODEL}:predict")


def test_the_gemini_api_has_it_at_the_same_method() -> None:
    assert draw("gemini", MODEL).upstream.url.endswith(f"/v1beta/models/{MODEL}:predict")


def test_four_images_are_a_request() -> None:
    bodies = bodies_of(draw("gemini", MODEL, n=10))
    assert [body["parameters"]["sampleCount"] for body in bodies] == [4, 4, 2]


@pytest.mark.parametrize(("size", "lost"), [("1024x1024", set()), ("1536x1024", {"size"}), ("auto", set())])
def test_what_is_only_near_is_told(size: str, lost: set[str]) -> None:
    assert {loss.field for loss in draw("gemini", MODEL, size=size).losses} == lost


def test_the_images_are_read() -> None:
    filtered = {"raiFilteredReason": "blocked by the filters"}
    native = predicted("QQ==", prompt="A kelp forest.")
    native["predictions"].append(filtered)
    status, body = answer(draw("gemini", MODEL, n=2), native)
    assert (status, body["data"]) == (200, [{"b64_json": "QQ==", "revised_prompt": "A kelp forest."}])
    status, body = answer(draw("gemini", MODEL), {"predictions": [filtered]})
    assert (status, body["error"]["code"]) == (400, "moderation_blocked")
    assert "blocked by the filters" in body["error"]["message"]
    assert answer(draw("gemini", MODEL), {})[0] == 400
