"""Short hands of the Responses client's tests: a body to a backend, a backend's bytes back."""

from __future__ import annotations

import json
from typing import Any

from proapi_translate import Context, ReplyTranslator, Target, Translation, translate_request
from tests.translate.chat_contract import feed_in_pieces

MODEL = "asked"
REPLY_ID = "resp_0123abcd"
CREATED = 1_700_000_000
MODELS = {"anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-pro", "cohere": "command-a-03-2025"}
NOTHING_KNOWN = Context()
OPTIONS = {"account_id": "a", "region": "us-east-1", "PROJECT_ID": "p"}


def target(provider: str, model: str = "", **options: str) -> Target:
    return Target(provider, model or MODELS.get(provider, "some-model"), credential="k", options=OPTIONS | options)


def translate(
    body: dict[str, Any], provider: str = "anthropic", model: str = "", context: Context = NOTHING_KNOWN
) -> Translation:
    full = {"model": MODEL, "input": "hi", **body}
    return translate_request("responses", json.dumps(full).encode(), target(provider, model), context)


def sent(body: dict[str, Any], provider: str = "anthropic", model: str = "", context: Context = NOTHING_KNOWN) -> Any:
    """The body that the backend is sent."""
    return json.loads(translate(body, provider, model, context).upstream.body)


def losses(body: dict[str, Any], provider: str = "anthropic", model: str = "") -> dict[str, str]:
    """What is lost: field → how."""
    return {loss.field: loss.what for loss in translate(body, provider, model).losses}


def reply_to(body: dict[str, Any], provider: str = "anthropic", model: str = "") -> ReplyTranslator:
    return ReplyTranslator(translate(body, provider, model), REPLY_ID, CREATED)


def streamed(
    data: bytes, body: dict[str, Any] | None = None, provider: str = "anthropic", model: str = "", *, broken: str = ""
) -> tuple[bytes, ReplyTranslator]:
    """The client's stream, the same for every cut, and its translator."""
    made = []
    for size in (0, 1, 7):
        reply = reply_to({**(body or {}), "stream": True}, provider, model)
        assert reply.start(200, {}).streaming
        made.append((feed_in_pieces(reply.feed, data, size) + reply.finish(broken), reply))
    assert len({stream for stream, _ in made}) == 1
    return made[0]


def whole(
    data: bytes, body: dict[str, Any] | None = None, provider: str = "anthropic", model: str = ""
) -> tuple[Any, ReplyTranslator]:
    """The client's whole body, and its translator."""
    reply = reply_to(body or {}, provider, model)
    reply.start(200, {})
    return json.loads(reply.whole(data)), reply
