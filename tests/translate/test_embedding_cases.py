"""Public bug reports about embeddings, each by its number."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ClientFault, Target, translate_request

from .embedding_wire import answer, bodies_of, translate, vectors_of
from .recorded import case_input, needs_cases

pytestmark = needs_cases
MODELS = {"gemini": "gemini-embedding-001", "cohere": "embed-v4.0", "cloudflare": "@cf/baai/bge-m3", "ollama": "nomic"}
HELLO = {"Hello, world": [9906, 11, 1917], "Hello": [9906]}


def native(provider: str, *vectors: list[float]) -> dict[str, Any]:
    replies: dict[str, Any] = {
        "gemini": {"embeddings": [{"values": vector} for vector in vectors]},
        "cohere": {"id": "i", "embeddings": {"float": vectors}},
        "cloudflare": {"result": {"data": vectors}, "success": True},
        "ollama": {"object": "list", "data": [{"embedding": vector} for vector in vectors]},
    }
    return dict(replies[provider])


def decode(model: str, tokens: Any) -> str:
    return next(text for text, ids in HELLO.items() if ids == list(tokens))


@pytest.mark.parametrize("provider", MODELS)
@pytest.mark.parametrize(("number", "embedding"), [(0, "AAAAPwAAAMAAAKA/"), (1, None), (2, None)])
def test_C064_the_client_gets_the_form_it_asked_for(provider: str, number: int, embedding: str | None) -> None:
    case = case_input("C064")
    request, vector = case["client_requests"][number], case["upstream_vector"]
    target = Target(provider, MODELS[provider], options={"account_id": "acc"})
    translation = translate_request("embeddings", json.dumps(request).encode(), target)
    assert b"encoding_format" not in translation.upstream.body
    body = answer(translation, native(provider, vector))
    assert body == {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": embedding or vector}],
        "model": "e",
        "usage": {"prompt_tokens": 0, "total_tokens": 0},
    }


@pytest.mark.parametrize("provider", MODELS)
def test_C065_token_ids_become_text_or_a_400(provider: str) -> None:
    one, two, empty, blank = (request["input"] for request in case_input("C065")["client_requests"])
    for given, texts in ((one, ["Hello, world"]), (two, ["Hello, world", "Hello"])):
        translation = translate(provider, MODELS[provider], given, decode=decode)
        sent = json.dumps(bodies_of(translation))
        assert "9906" not in sent
        assert [sent.count(json.dumps(text)) for text in texts] == [1] * len(texts)
        assert len(vectors_of(answer(translation, native(provider, *[[0.5]] * len(texts))))) == len(texts)
        with pytest.raises(ClientFault, match="check_embedding_ctx_length=False") as raised:
            translate(provider, MODELS[provider], given)
        assert (raised.value.status, raised.value.param) == (400, "input")
    for given in (empty, blank):
        with pytest.raises(ClientFault) as raised:
            translate(provider, MODELS[provider], given)
        assert (raised.value.status, raised.value.param) == (400, "input")


@pytest.mark.parametrize("provider", ["openai", "azure"])
def test_C065_openais_own_models_get_the_token_ids(provider: str) -> None:
    for request in case_input("C065")["client_requests"][:2]:
        target = Target(provider, "text-embedding-3-small", base_url="https://r.openai.azure.com")
        sent = translate_request("embeddings", json.dumps(request).encode(), target).upstream.body
        assert json.loads(sent)["input"] == request["input"]
