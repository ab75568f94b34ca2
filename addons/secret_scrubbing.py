"""Secrets taken out of what a backend says: some repeat the key that was refused in their error."""

from __future__ import annotations

from collections.abc import Iterable

from proapi_gateway.settings import Secret

_MASK = b"[key]"
_SHORTEST = 8  # shorter "keys" (of local servers) are words that may stand in any text


def scrub(text: bytes, secrets: Iterable[Secret]) -> bytes:
    """`text` with each of the secrets masked."""
    for secret in secrets:
        plain = secret.reveal().encode("utf-8", "surrogatepass")
        if len(plain) >= _SHORTEST:
            text = text.replace(plain, _MASK)
    return text


def scrub_text(text: str, secrets: Iterable[Secret]) -> str:
    """As `scrub`, for what goes into a log."""
    return scrub(text.encode("utf-8", "replace"), secrets).decode("utf-8", "replace")
