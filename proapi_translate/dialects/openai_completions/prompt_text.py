"""The prompt of a completions body, in each of its four forms, as one text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...embeddings import DecodeTokens, are_tokens
from ...errors import ClientFault

_SEVERAL = (
    "this backend has no completions API of its own: one request is one conversation with it, so send one prompt at a "
    "time"
)
_NO_DECODER = (
    "this backend takes text, and these are token ids, which nothing here can turn back into text: send a string, or "
    "give the gateway tiktoken and its tables (docs/api-yaml.md)"
)


def spell_out(body: dict[str, Any], decode_tokens: DecodeTokens | None) -> dict[str, Any]:
    """The same body with its prompt as one string: ["hi"] → "hi", [12194] or [[12194]] → "hi".

    Raises ClientFault (400) for several prompts, and for token ids that nobody here can read.
    """
    prompt: Any = body.get("prompt")
    if isinstance(prompt, list) and not are_tokens(prompt):
        if len(prompt) > 1:
            raise _fault(_SEVERAL)
        prompt = prompt[0] if prompt else None
    if are_tokens(prompt):
        if decode_tokens is None:
            raise _fault(_NO_DECODER)
        prompt = decode_tokens(str(body.get("model")), prompt)
    return {**body, "prompt": prompt}


def read_prompt(body: Mapping[str, Any]) -> str:
    """The text of a body that has been spelled out. Raises ClientFault (400) where there is none."""
    prompt = body.get("prompt")
    if prompt is None or prompt == "":
        raise _fault("is required: there is no text to go on from")
    if not isinstance(prompt, str):
        raise _fault("expected a string, token ids, or an array of one of them")
    return prompt


def echoed_text(body: Mapping[str, Any]) -> str:
    """What each choice's text begins with: the prompt, if the client asked for it back (`echo`)."""
    return read_prompt(body) if body.get("echo") is True else ""


def _fault(what: str) -> ClientFault:
    return ClientFault(f"prompt: {what}", param="prompt")
