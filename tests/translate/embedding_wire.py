"""Embeddings through the two halves of the library, and what an official SDK sends for the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from proapi_translate import Context, ReplyTranslator, Target, Translation, translate_request
from proapi_translate.embeddings import read_base64

OPTIONS = {"PROJECT_ID": "p", "region": "us-east-1", "account_id": "acc"}


def translate(
    provider: str,
    model: str,
    given: Any = "kelp",
    *,
    options: dict[str, str] | None = None,
    decode: Callable[[str, Sequence[int]], str] | None = None,
    **fields: Any,
) -> Translation:
    target = Target(provider, model, credential="k", options={**OPTIONS, **(options or {})})
    body = json.dumps({"model": "asked", "input": given, **fields}).encode()
    return translate_request("embeddings", body, target, Context(decode_tokens=decode))


def bodies_of(translation: Translation) -> list[dict[str, Any]]:
    return [json.loads(body) for body in (translation.upstream.body, *translation.later_bodies)]


def lost(translation: Translation) -> set[str]:
    return {loss.field for loss in translation.losses}


def answer(translation: Translation, *replies: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """The client's body of these replies, one a part, held against the openai SDK's own type."""
    reply = ReplyTranslator(translation, "", 7)
    *earlier, last = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in replies]
    for number, part in enumerate(earlier, 1):
        reply.start(200, headers or {})
        assert reply.next_part == number
        reply.keep_part(part)
    reply.start(200, headers or {})
    assert reply.next_part == 0
    body: dict[str, Any] = json.loads(reply.whole(last))
    if reply.status == 200:
        response = pytest.importorskip("openai.types", reason="the openai package is not installed here")
        response.CreateEmbeddingResponse.model_validate(_in_numbers(body), strict=True)
    return body


def _in_numbers(body: dict[str, Any]) -> dict[str, Any]:
    """As the SDK sees it, which turns base64 back into numbers before it looks."""
    vectors = [item["embedding"] for item in body["data"]]
    numbers = [read_base64(vector) if isinstance(vector, str) else vector for vector in vectors]
    return {**body, "data": [{**item, "embedding": n} for item, n in zip(body["data"], numbers, strict=True)]}


def vectors_of(body: dict[str, Any]) -> list[Any]:
    assert [item["index"] for item in body["data"]] == list(range(len(body["data"])))
    return [item["embedding"] for item in body["data"]]


class SentBySdk:
    """A transport for an SDK's own httpx client: keeps what is sent, and answers with `reply`."""

    def __init__(self, reply: dict[str, Any]) -> None:
        self.httpx = pytest.importorskip("httpx", reason="the httpx package is not installed here")
        self.paths: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self._reply = reply

    def client(self) -> Any:
        return self.httpx.Client(transport=self.httpx.MockTransport(self._answer))

    def _answer(self, request: Any) -> Any:
        self.paths.append(request.url.path)
        self.bodies.append(json.loads(request.content))
        return self.httpx.Response(200, json=self._reply)
