"""Secrets taken out of what a backend says: some repeat the key that was refused in their error."""

from __future__ import annotations

from proapi_gateway.routing import Candidate
from proapi_gateway.settings import Secret

_MASK = b"[key]"
_SHORTEST = 8  # shorter "keys" (of local servers) are words that may stand in any text


def scrub(text: bytes, candidate: Candidate, client_key: Secret) -> bytes:
    """`text` without this candidate's credentials and without the client's key."""
    for secret in (candidate.api_key, *candidate.provider.secret_options.values(), client_key):
        plain = secret.reveal().encode("utf-8", "surrogatepass")
        if len(plain) >= _SHORTEST:
            text = text.replace(plain, _MASK)
    return text
