"""A client's request for images: what is taken, and each fault by its name."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate import ClientFault

from ...image_wire import draw

MODEL = "gemini-2.5-flash-image"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"prompt": ["kelp"]}, "prompt"),
        ({"n": 0}, "n"),
        ({"n": 11}, "n"),
        ({"n": "2"}, "n"),
        ({"size": "big"}, "size"),
        ({"size": "0x0"}, "size"),
        ({"size": "1024x0"}, "size"),
        ({"size": 1024}, "size"),
        ({"response_format": "png"}, "response_format"),
        ({"stream": True}, "stream"),
    ],
)
def test_what_cannot_be_taken_is_a_400_with_its_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(ClientFault) as raised:
        draw("gemini", MODEL, **fields)
    assert (raised.value.status, raised.value.param) == (400, param)


@pytest.mark.parametrize(
    ("fields", "losses"),
    [
        ({"quality": "auto", "background": "auto", "moderation": "auto", "size": "auto", "stream": False}, {}),
        ({"response_format": "b64_json", "output_format": "png", "n": None, "user": None}, {}),
        ({"quality": "high"}, {"quality": "dropped"}),
        ({"background": "transparent", "style": "vivid"}, {"background": "dropped", "style": "dropped"}),
        ({"response_format": "url"}, {"response_format": "approximated"}),
        ({"user": "u", "partial_images": 0}, {"user": "dropped", "partial_images": "dropped"}),
    ],
)
def test_what_is_lost_is_told(fields: dict[str, Any], losses: dict[str, str]) -> None:
    assert {loss.field: loss.what for loss in draw("gemini", MODEL, **fields).losses} == losses
