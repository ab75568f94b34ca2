"""The request side of /v1/embeddings to a backend that speaks it too: its bytes go on, but for what it cannot take.

Only OpenAI's own models know OpenAI's token ids, and many services know no base64: `passthrough/embeddings.py` then
makes it of their numbers.
"""

from __future__ import annotations

from typing import Any

from .embeddings import DecodeTokens, are_tokens, input_fault, text_of_tokens
from .json_text import encode, parse_object, replace_top_level
from .providers.openai_quirks import RequestQuirks


def prepare_embeddings(body: bytes, model: str, quirks: RequestQuirks, decode: DecodeTokens | None) -> bytes:
    """The body for the backend, with its name of the model.

    For a backend whose embeddings are not OpenAI's: b'{"model": "a", "input": [[9906]], "encoding_format": "base64"}' →
    b'{"model":"b","input":["Hello"]}'. Raises ClientFault (400) for what is no JSON object, and then for an empty input
    and for token ids that nobody can turn into text.
    """
    if quirks.openai_embeddings:
        return replace_top_level(body, {"model": model})
    tree = parse_object(body)
    changed = _without_tokens(tree, decode)
    if "encoding_format" in tree:
        changed = {name: value for name, value in changed.items() if name != "encoding_format"}
    return replace_top_level(body, {"model": model}) if changed == tree else encode({**changed, "model": model})


def _without_tokens(tree: dict[str, Any], decode: DecodeTokens | None) -> dict[str, Any]:
    value: Any = tree.get("input")
    inputs = value if isinstance(value, list) and not are_tokens(value) else [value]
    if not inputs or "" in inputs:
        raise input_fault("it may not be empty")  # some servers answer with no vector, or with one that means nothing
    if not any(map(are_tokens, inputs)):
        return tree
    model = str(tree.get("model"))
    return {**tree, "input": [text_of_tokens(item, model, decode) if are_tokens(item) else item for item in inputs]}
