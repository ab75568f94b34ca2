"""The replies of all parts as one body of OpenAI's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ReplyTranslator

from ...embedding_wire import answer, translate, vectors_of


def reply_of(*vectors: list[Any], **fields: Any) -> dict[str, Any]:
    return {"embeddings": [{"values": vector} for vector in vectors], **fields}


def usage(tokens: int) -> dict[str, Any]:
    return {"usageMetadata": {"promptTokenCount": tokens}}


def test_parts_come_together_in_order() -> None:
    translation = translate("gemini", "m", [str(number) for number in range(250)])
    parts = [range(100), range(100, 200), range(200, 250)]
    body = answer(translation, *[reply_of(*[[float(n)] for n in part], **usage(len(part))) for part in parts])
    assert vectors_of(body) == [[float(number)] for number in range(250)]
    assert body["usage"] == {"prompt_tokens": 250, "total_tokens": 250}
    assert body["model"] == "asked"


@pytest.mark.parametrize(
    ("form", "vector"), [(None, [0.5, -2.0, 1.25]), ("float", [0.5, -2.0, 1.25]), ("base64", "AAAAPwAAAMAAAKA/")]
)
def test_vectors_have_the_form_that_was_asked_for(form: str | None, vector: Any) -> None:
    assert vectors_of(answer(translate("gemini", "m", encoding_format=form), reply_of([0.5, -2, 1.25]))) == [vector]


def test_numbers_keep_their_digits() -> None:
    text = b'{"embeddings": [{"values": [0.1, -0.012345678901234567, 1e-09]}]}'
    assert vectors_of(answer(translate("gemini", "m"), text)) == [[0.1, -0.012345678901234567, 1e-09]]


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        ([{}], None),
        ([usage(3)], 3),
        ([usage(3), usage(4)], 7),
        ([usage(3), {}], None),  # a part without a count: what is known would be too little
    ],
)
def test_usage_is_told_and_never_made_up(replies: list[dict[str, Any]], told: int | None) -> None:
    texts = ["a"] * (1 if len(replies) == 1 else 101)
    parts = [texts[:100], texts[100:]][: len(replies)]
    translation = translate("gemini", "m", texts)
    reply = ReplyTranslator(translation, "", 7)
    for number, (part, fields) in enumerate(zip(parts, replies, strict=True), 1):
        reply.start(200, {})
        native = json.dumps(reply_of(*[[1.0]] * len(part), **fields)).encode()
        body = reply.whole(native) if number == len(parts) else reply.keep_part(native)
    counts = {"prompt_tokens": told or 0, "total_tokens": told or 0}
    assert json.loads(body or b"")["usage"] == counts
    assert (reply.usage.prompt_tokens if reply.usage else None) == told


@pytest.mark.parametrize(
    "native",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"embeddings": []}',
        b'{"embeddings": [{"values": null}]}',
        b'{"embeddings": [{"values": [NaN]}]}',
        b'{"embeddings": [{"values": ["a"]}]}',
        b'{"embeddings": {"values": [1]}}',
        b'{"embeddings": [{"values": [1]}, {"values": [2]}, {"values": [3]}]}',
    ],
)
def test_a_reply_that_is_none_is_a_502(native: bytes) -> None:
    reply = ReplyTranslator(translate("gemini", "m", ["a", "b"]), "", 7)
    reply.start(200, {})
    error = json.loads(reply.whole(native))["error"]
    assert (reply.status, error["code"]) == (502, "bad_upstream_reply")
    assert reply.failure is not None
