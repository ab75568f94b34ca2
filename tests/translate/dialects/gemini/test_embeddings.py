"""batchEmbedContents, at the Gemini API and at Vertex AI: the very requests that google-genai makes."""

from __future__ import annotations

from typing import Any

import pytest

from ...embedding_wire import SentBySdk, answer, bodies_of, lost, translate, vectors_of

genai = pytest.importorskip("google.genai", reason="the google-genai package is not installed here")
GEMINI, VERTEX = "gemini", "vertexai_gemini"
REPLY = {"embeddings": [{"values": [0.5, -2]}, {"values": [1, 0]}], "usageMetadata": {"promptTokenCount": 3}}


def sent_by_sdk(provider: str, model: str, **config: Any) -> tuple[str, dict[str, Any]]:
    sdk = SentBySdk(REPLY)
    options = genai.types.HttpOptions(httpx_client=sdk.client())
    if provider == GEMINI:
        client = genai.Client(api_key="k", http_options=options)
    else:
        credentials = pytest.importorskip("google.oauth2.credentials", reason="google-auth is not installed here")
        token = credentials.Credentials(token="t")
        client = genai.Client(
            vertexai=True, project="p", location="us-central1", credentials=token, http_options=options
        )
    client.models.embed_content(model=model, contents=["kelp", "eel"], config=config)
    return sdk.paths[0], sdk.bodies[0]


@pytest.mark.parametrize("provider", [GEMINI, VERTEX])
@pytest.mark.parametrize(
    ("fields", "config"),
    [
        ({}, {}),
        ({"dimensions": 256}, {"output_dimensionality": 256}),
        ({"input_type": "search_query"}, {"task_type": "RETRIEVAL_QUERY"}),
        ({"input_type": "document", "dimensions": 9}, {"task_type": "RETRIEVAL_DOCUMENT", "output_dimensionality": 9}),
    ],
)
def test_the_request_is_the_sdks_own(provider: str, fields: dict[str, Any], config: dict[str, Any]) -> None:
    translation = translate(provider, "gemini-embedding-001", ["kelp", "eel"], **fields)
    path, body = sent_by_sdk(provider, "gemini-embedding-001", **config)
    if "instances" in body:
        pytest.skip(f"google-genai {genai.__version__} still has Vertex's older address for this model")
    # Where the SDK takes v1 of the Gemini API, v1beta, which has all of it, does as well.
    assert translation.upstream.url.partition(".com")[2].replace("/v1beta/", "/v1/") == path.replace("/v1beta/", "/v1/")
    assert bodies_of(translation) == [body]
    assert not translation.losses


@pytest.mark.parametrize("provider", [GEMINI, VERTEX])
def test_the_reply_is_read_in_order(provider: str) -> None:
    body = answer(translate(provider, "gemini-embedding-001", ["kelp", "eel"]), REPLY)
    assert (vectors_of(body), body["usage"]["prompt_tokens"]) == ([[0.5, -2.0], [1.0, 0.0]], 3)


def test_a_hundred_and_one_texts_are_two_batches() -> None:
    bodies = bodies_of(translate(GEMINI, "gemini-embedding-001", [str(number) for number in range(101)]))
    assert [len(body["requests"]) for body in bodies] == [100, 1]
    assert bodies[1]["requests"][0]["content"]["parts"] == [{"text": "100"}]


def test_a_tuned_name_keeps_its_own_path() -> None:
    requests = bodies_of(translate(GEMINI, "tunedModels/mine"))[0]["requests"]
    assert requests[0]["model"] == "tunedModels/mine"
    assert lost(translate(GEMINI, "m", user="u")) == {"user"}
