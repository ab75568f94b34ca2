"""Workers AI's embeddings by ai/run."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate import ReplyTranslator

from ...embedding_wire import answer, bodies_of, lost, translate, vectors_of

MODEL = "@cf/baai/bge-m3"


def test_the_texts_are_all_that_is_sent() -> None:
    translation = translate("cloudflare", MODEL, ["kelp", "eel"], dimensions=8, input_type="query")
    assert translation.upstream.url.endswith("/accounts/acc/ai/run/@cf/baai/bge-m3")
    assert bodies_of(translation) == [{"text": ["kelp", "eel"]}]
    assert lost(translation) == {"dimensions", "input_type"}
    assert [len(body["text"]) for body in bodies_of(translate("cloudflare", MODEL, ["a"] * 101))] == [100, 1]


@pytest.mark.parametrize(
    ("result", "tokens"),
    [
        ({"shape": [1, 1], "data": [[0.5]], "pooling": "cls"}, 0),
        ({"data": [[0.5]], "usage": {"prompt_tokens": 3, "total_tokens": 3}}, 3),
    ],
)
def test_the_envelope_is_opened(result: dict[str, Any], tokens: int) -> None:
    for native in ({"result": result, "success": True, "errors": []}, result):
        body = answer(translate("cloudflare", MODEL), native)
        assert (vectors_of(body), body["usage"]["prompt_tokens"]) == ([[0.5]], tokens)


def test_an_error_in_a_200_is_an_error() -> None:
    reply = ReplyTranslator(translate("cloudflare", MODEL), "", 7)
    reply.start(200, {})
    body = reply.whole(b'{"success": false, "result": null, "errors": [{"code": 3040, "message": "busy"}]}')
    assert reply.status == 429
    assert b"busy" in body
