"""Images through the two halves of the library."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ReplyTranslator, Target, Translation, translate_request

PNG = "iVBORw0KGgo="
OPTIONS = {"PROJECT_ID": "p"}


def draw(provider: str, model: str, prompt: Any = "kelp", **fields: Any) -> Translation:
    body = json.dumps({"model": "asked", "prompt": prompt, **fields}).encode()
    return translate_request("images", body, Target(provider, model, credential="k", options=OPTIONS))


def answer(translation: Translation, *replies: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body for the client of these replies, one a part; a good one held against the openai SDK's type."""
    reply = ReplyTranslator(translation, "", 7)
    *earlier, last = [json.dumps(native).encode() for native in replies]
    for native in earlier:
        reply.start(200, {})
        reply.keep_part(native)
    reply.start(200, {})
    assert reply.next_part == 0
    body: dict[str, Any] = json.loads(reply.whole(last))
    if reply.status == 200:
        types = pytest.importorskip("openai.types", reason="the openai package is not installed here")
        types.ImagesResponse.model_validate(body, strict=True)
    return reply.status, body


def gemini_reply(data: str = PNG, **fields: Any) -> dict[str, Any]:
    parts = [{"text": "Here it is."}, {"inlineData": {"mimeType": "image/png", "data": data}}]
    return {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], **fields}
