"""The depth walk: one word of what a chat client may ask, at every backend. Its tables are the test_depth_* beside it.

A row expects what the word adds to, or changes in, the body that is sent without it (None: a field that goes), and what
is reported lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from proapi_translate import ClientFault, Target, translate_request

Body = dict[str, Any]
# (what is sent otherwise, "field what" of each loss); REFUSED and the field that a 400 names.
Expected = tuple[Body, str] | tuple[str, str]
# Word → (the client's fields, {backends: what each of them gets}).
Table = Mapping[str, tuple[Body, Mapping[str, Expected]]]

REFUSED = "400"
USER: Body = {"role": "user", "content": "hi"}
_VERTEX = {"PROJECT_ID": "p", "location": "global", "access_token": "t"}
_AWS = {"region": "us-east-1", "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "none"}
TARGETS: Mapping[str, Target] = {
    "claude": Target("anthropic", "claude-sonnet-4-5"),
    "claude4.8": Target("anthropic", "claude-opus-4-8"),
    "vertex_claude": Target("vertexai_claude", "claude-sonnet-4-5", options=_VERTEX),
    "gemini": Target("gemini", "gemini-2.5-flash"),
    "gemini3": Target("gemini", "gemini-3-pro-preview"),
    "vertex_gemini": Target("vertexai_gemini", "gemini-2.5-flash", options=_VERTEX),
    "cohere": Target("cohere", "command-a-reasoning-08-2025"),
    "cloudflare": Target("cloudflare", "@cf/meta/llama-3.1-8b-instruct", options={"account_id": "a"}),
    "bedrock_claude": Target("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", options=_AWS),
    "nova": Target("bedrock", "amazon.nova-pro-v1:0", options=_AWS),
    "azure": Target("azure", "gpt-4o", "https://r.openai.azure.com"),
    "mistral": Target("mistral", "mistral-medium-latest"),
    "deepseek": Target("deepseek", "deepseek-v4-pro"),
    "responses": Target("openai", "gpt-5", options={"api": "responses"}),
}


def rows(table: Table) -> Iterator[tuple[str, str]]:
    """Every (word, backend). Raises AssertionError for a word that leaves a backend out, or names one twice."""
    for word, (_, expected) in table.items():
        named = [backend for group in expected for backend in group.split()]
        assert sorted(named) == sorted(TARGETS), word
        yield from ((word, backend) for backend in named)


def expected_of(table: Table, word: str, backend: str) -> Expected:
    return next(found for group, found in table[word][1].items() if backend in group.split())


def walk(backend: str, fields: Body, base: Body) -> Expected:
    """What the fields add to the base, in the form of a table's cell."""
    plain, _ = send(backend, base)
    try:
        sent, lost = send(backend, {**base, **fields})
    except ClientFault as fault:
        return str(fault.status), fault.param or ""
    changed = {name: value for name, value in sent.items() if plain.get(name) != value}
    removed = dict.fromkeys(plain.keys() - sent.keys())
    return changed | removed, ", ".join(lost)


def send(backend: str, fields: Body) -> tuple[Body, list[str]]:
    """The body that a backend gets, and "field what" of each loss. Raises ClientFault for what it cannot do."""
    body = json.dumps({"model": "m", "messages": [USER], **fields}).encode()
    translation = translate_request("chat", body, TARGETS[backend])
    return json.loads(translation.upstream.body), [f"{loss.field} {loss.what}" for loss in translation.losses]
