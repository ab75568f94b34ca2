"""Vertex AI's :predict for its text-embedding models."""

from __future__ import annotations

from typing import Any

import pytest

from ...embedding_wire import answer, bodies_of, translate, vectors_of
from .test_embeddings import VERTEX, sent_by_sdk

MODEL = "text-embedding-005"


@pytest.mark.parametrize(
    ("fields", "config"),
    [
        ({}, {}),
        ({"dimensions": 256}, {"output_dimensionality": 256}),
        ({"input_type": "clustering"}, {"task_type": "CLUSTERING"}),
    ],
)
def test_the_request_is_the_sdks_own(fields: dict[str, Any], config: dict[str, Any]) -> None:
    translation = translate(VERTEX, MODEL, ["kelp", "eel"], **fields)
    path, body = sent_by_sdk(VERTEX, MODEL, **config)
    assert translation.upstream.url.partition(".com")[2] == path.replace("v1beta1", "v1")
    assert bodies_of(translation) == [body]


def test_a_request_keeps_to_250_texts_and_to_its_tokens() -> None:
    assert [len(body["instances"]) for body in bodies_of(translate(VERTEX, MODEL, ["a"] * 251))] == [250, 1]
    assert [len(body["instances"]) for body in bodies_of(translate(VERTEX, MODEL, ["a" * 15_000] * 3))] == [2, 1]


@pytest.mark.parametrize(("statistics", "tokens"), [({"statistics": {"token_count": 2.0}}, 2), ({}, 0)])
def test_the_reply_is_read_with_its_counts(statistics: dict[str, Any], tokens: int) -> None:
    reply = {"predictions": [{"embeddings": {"values": [0.5], **statistics}}], "metadata": {}}
    body = answer(translate(VERTEX, MODEL), reply)
    assert (vectors_of(body), body["usage"]["prompt_tokens"]) == ([[0.5]], tokens)
