"""Bedrock's embeddings: one body for each family of models, signed, by InvokeModel."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ClientFault, Context, Target, translate_request, upstream_part

from ...embedding_wire import answer, bodies_of, lost, translate, vectors_of

TITAN, COHERE, NOVA = "amazon.titan-embed-text-v2:0", "cohere.embed-v4:0", "amazon.nova-2-multimodal-embeddings-v1:0"


def nova(text: str, **fields: Any) -> dict[str, Any]:
    parameters = {"embeddingPurpose": "GENERIC_INDEX", **fields, "text": {"truncationMode": "NONE", "value": text}}
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": parameters}


def of_cohere(*texts: str, **fields: Any) -> dict[str, Any]:
    return {"texts": list(texts), "input_type": "search_document", "embedding_types": ["float"], **fields}


@pytest.mark.parametrize(
    ("model", "fields", "bodies", "losses"),
    [
        (TITAN, {}, [{"inputText": "kelp"}, {"inputText": "eel"}], set()),
        (
            TITAN,
            {"dimensions": 256},
            [{"inputText": "kelp", "dimensions": 256}, {"inputText": "eel", "dimensions": 256}],
            set(),
        ),
        (
            "amazon.titan-embed-text-v1",
            {"dimensions": 256, "input_type": "query"},
            [{"inputText": "kelp"}, {"inputText": "eel"}],
            {"dimensions", "input_type"},
        ),
        (
            "amazon.titan-embed-image-v1",
            {"dimensions": 256},
            [{"inputText": text, "embeddingConfig": {"outputEmbeddingLength": 256}} for text in ("kelp", "eel")],
            set(),
        ),
        (COHERE, {"dimensions": 256}, [of_cohere("kelp", "eel", output_dimension=256)], set()),
        ("us.cohere.embed-v4:0", {"input_type": "query"}, [of_cohere("kelp", "eel", input_type="search_query")], set()),
        ("cohere.embed-english-v3", {"dimensions": 256}, [of_cohere("kelp", "eel")], {"dimensions"}),
        (NOVA, {}, [nova("kelp"), nova("eel")], set()),
        (
            NOVA,
            {"dimensions": 256, "input_type": "query"},
            [nova(text, embeddingPurpose="TEXT_RETRIEVAL", embeddingDimension=256) for text in ("kelp", "eel")],
            set(),
        ),
    ],
)
def test_each_family_has_its_own_body(
    model: str, fields: dict[str, Any], bodies: list[dict[str, Any]], losses: set[str]
) -> None:
    translation = translate("bedrock", model, ["kelp", "eel"], **fields)
    assert bodies_of(translation) == bodies
    assert lost(translation) == losses


def test_a_family_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ClientFault, match="not by twelvelabs") as raised:
        translate("bedrock", "twelvelabs.marengo-embed-3-0-v1:0")
    assert (raised.value.status, raised.value.param) == (400, "model")


def test_cohere_takes_96_texts() -> None:
    assert [len(body["texts"]) for body in bodies_of(translate("bedrock", COHERE, ["a"] * 97))] == [96, 1]


@pytest.mark.parametrize(
    ("model", "native", "headers", "tokens"),
    [
        (TITAN, {"embedding": [0.5], "inputTextTokenCount": 3, "embeddingsByType": {"float": [0.5]}}, {}, 3),
        (COHERE, {"embeddings": {"float": [[0.5]]}}, {"X-Amzn-Bedrock-Input-Token-Count": "4"}, 4),
        (COHERE, {"embeddings": [[0.5]], "response_type": "embeddings_floats"}, {}, 0),
        (NOVA, {"embeddings": [{"embeddingType": "TEXT", "embedding": [0.5]}]}, {}, 0),
    ],
)
def test_each_family_is_read(model: str, native: dict[str, Any], headers: dict[str, str], tokens: int) -> None:
    body = answer(translate("bedrock", model), native, headers=headers)
    assert (vectors_of(body), body["usage"]["prompt_tokens"]) == ([[0.5]], tokens)


def test_each_part_is_signed_when_its_turn_comes() -> None:
    options = {"region": "us-east-1", "aws_access_key_id": "AK", "aws_secret_access_key": "SK"}
    body = json.dumps({"model": "asked", "input": ["kelp", "eel"]}).encode()
    translation = translate_request("embeddings", body, Target("bedrock", TITAN, options=options), Context(now=1.0))
    later = upstream_part(translation, 1, 61.0)
    assert later.url == translation.upstream.url
    assert later.url.endswith("/model/amazon.titan-embed-text-v2%3A0/invoke")
    assert json.loads(later.body) == {"inputText": "eel"}
    dates = [request.headers["x-amz-date"] for request in (translation.upstream, later)]
    assert dates == ["19700101T000001Z", "19700101T000101Z"]
    assert later.headers["authorization"] != translation.upstream.headers["authorization"]
