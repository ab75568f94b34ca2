"""The images of all parts as one body of OpenAI's."""

from __future__ import annotations

from typing import Any

import pytest

from ...image_wire import PNG, answer, draw, gemini_reply

MODEL = "gemini-2.5-flash-image"
COUNTS = {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1290, "thoughtsTokenCount": 10}}


def test_several_images_are_several_parts() -> None:
    status, body = answer(draw("gemini", MODEL, n=2), gemini_reply("QQ==", **COUNTS), gemini_reply("Qg==", **COUNTS))
    assert status == 200
    assert body["data"] == [{"b64_json": "QQ=="}, {"b64_json": "Qg=="}]
    assert (body["created"], body["output_format"]) == (7, "png")
    assert body["usage"] == {
        "input_tokens": 6,
        "input_tokens_details": {"text_tokens": 6, "image_tokens": 0},
        "output_tokens": 2600,
        "total_tokens": 2606,
    }


def test_an_address_is_the_image_itself() -> None:
    _, body = answer(draw("gemini", MODEL, response_format="url"), gemini_reply())
    assert body["data"] == [{"url": f"data:image/png;base64,{PNG}"}]


@pytest.mark.parametrize("counts", [({}, {}), (COUNTS, {})])
def test_usage_is_told_only_if_all_parts_tell_it(counts: Any) -> None:
    _, body = answer(draw("gemini", MODEL, n=2), *[gemini_reply(**each) for each in counts])
    assert "usage" not in body
