"""Cohere's v2 embed: the very requests that its own SDK makes."""

from __future__ import annotations

from typing import Any

import pytest

from ...embedding_wire import SentBySdk, answer, bodies_of, lost, translate, vectors_of

cohere = pytest.importorskip("cohere", reason="the cohere package is not installed here")
MODEL = "embed-v4.0"


@pytest.mark.parametrize(
    ("fields", "given"),
    [
        ({}, {"input_type": "search_document"}),
        ({"input_type": "query"}, {"input_type": "search_query"}),
        ({"dimensions": 256}, {"input_type": "search_document", "output_dimension": 256}),
    ],
)
def test_the_request_is_the_sdks_own(fields: dict[str, Any], given: dict[str, Any]) -> None:
    sdk = SentBySdk({"id": "i", "embeddings": {"float": [[0.5]]}})
    client = cohere.ClientV2(api_key="k", httpx_client=sdk.client())
    client.embed(model=MODEL, texts=["kelp", "eel"], embedding_types=["float"], **given)
    translation = translate("cohere", MODEL, ["kelp", "eel"], **fields)
    assert translation.upstream.url == "https://api.cohere.com" + sdk.paths[0]
    assert bodies_of(translation) == sdk.bodies


def test_a_call_has_at_most_96_texts() -> None:
    assert [len(body["texts"]) for body in bodies_of(translate("cohere", MODEL, ["a"] * 97))] == [96, 1]


def test_a_size_is_only_sent_to_models_that_have_several() -> None:
    translation = translate("cohere", "embed-multilingual-v3.0", dimensions=256)
    assert "output_dimension" not in bodies_of(translation)[0]
    assert lost(translation) == {"dimensions"}


@pytest.mark.parametrize(
    ("embeddings", "meta", "tokens"),
    [
        ({"float": [[0.5]]}, {"billed_units": {"input_tokens": 3.0}}, 3),
        ({"float": [[0.5]]}, {"tokens": {"input_tokens": 4}, "billed_units": {"input_tokens": 3}}, 4),
        ([[0.5]], None, 0),  # v1's form
    ],
)
def test_the_reply_is_read(embeddings: Any, meta: Any, tokens: int) -> None:
    body = answer(translate("cohere", MODEL), {"id": "i", "embeddings": embeddings, "meta": meta})
    assert (vectors_of(body), body["usage"]["prompt_tokens"]) == ([[0.5]], tokens)
