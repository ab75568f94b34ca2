"""/v1/embeddings, passed through: what a service leaves out, or gives in another form, is mended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate.errors import BackendFailure
from proapi_translate.events import Usage
from proapi_translate.interface import Asked
from proapi_translate.passthrough import passthrough_reply

from .wire import MODEL, lane

types = pytest.importorskip("openai.types", reason="the openai package is not installed here")

EMBEDDINGS = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -2.0]}],
    "model": "backend-1",
    "usage": {"prompt_tokens": 5, "total_tokens": 5},
}


def test_embeddings_keep_their_bytes() -> None:
    text = json.dumps(EMBEDDINGS).replace("0.5", "0.50").encode()
    reply = lane("embeddings", stream=False)
    given = reply.whole(text)
    assert b'"embedding": [0.50, -2.0]' in given
    assert json.loads(given) == {**EMBEDDINGS, "model": MODEL}
    types.CreateEmbeddingResponse.model_validate_json(given)
    assert (reply.usage, reply.reply_model) == (Usage(5, 0, total_tokens=5), "backend-1")


@pytest.mark.parametrize(
    ("native", "status", "message"),
    [
        (b'{"error": {"message": "slow", "code": 429}}', 429, "slow"),
        (b'{"object": "list"}', 502, "no embeddings"),
        (b"data: {}\n\n", 502, "a stream for embeddings"),
        (b'data: {"error": {"message": "slow", "code": 429}}\n\n', 429, "slow"),
        (b"", 502, "not its own format"),
    ],
)
def test_failed_embeddings_are_a_failure(native: bytes, status: int, message: str) -> None:
    with pytest.raises(BackendFailure, match=message) as raised:
        lane("embeddings", stream=False).whole(native)
    assert raised.value.status == status


@pytest.mark.parametrize(
    ("form", "native", "given"),
    [
        ("base64", [0.5, -2.0, 1.25], "AAAAPwAAAMAAAKA/"),
        ("base64", "AAAAPwAAAMAAAKA/", "AAAAPwAAAMAAAKA/"),
        ("float", "AAAAPwAAAMAAAKA/", [0.5, -2.0, 1.25]),
        (None, "AAAAPwAAAMAAAKA/", [0.5, -2.0, 1.25]),
        (None, [0.5, -2.0, 1.25], [0.5, -2.0, 1.25]),
    ],
)
def test_the_form_is_the_one_that_was_asked_for(form: str | None, native: Any, given: Any) -> None:
    asked = Asked("embeddings", MODEL, body={"encoding_format": form})
    body = json.loads(passthrough_reply(asked, "", 7).whole(json.dumps({"data": [{"embedding": native}]}).encode()))
    assert body["data"] == [{"object": "embedding", "index": 0, "embedding": given}]


@pytest.mark.parametrize(
    ("usage", "mended"),
    [
        (None, {"prompt_tokens": 0, "total_tokens": 0}),
        ({"prompt_tokens": 3}, {"prompt_tokens": 3, "total_tokens": 3}),
        ({"total_tokens": 3, "prompt_tokens": None}, {"prompt_tokens": 0, "total_tokens": 3}),
        ({"prompt_tokens": 3, "total_tokens": 3, "more": 1}, {"prompt_tokens": 3, "total_tokens": 3, "more": 1}),
    ],
)
def test_what_the_sdk_needs_is_there(usage: Any, mended: dict[str, int]) -> None:
    native = {"data": [{"embedding": [1.0]}, {"embedding": [2.0], "index": 1}], "usage": usage}
    body = json.loads(lane("embeddings", stream=False).whole(json.dumps(native).encode()))
    assert body["usage"] == mended
    assert [item["index"] for item in body["data"]] == [0, 1]
    types.CreateEmbeddingResponse.model_validate(body, strict=True)


@pytest.mark.parametrize("data", ["[1]", "[{}]", '[{"embedding": "###"}]'])
def test_what_is_no_embedding_is_a_failure(data: str) -> None:
    with pytest.raises(BackendFailure, match="not its own format"):
        lane("embeddings", stream=False).whole(b'{"data": %s}' % data.encode())
