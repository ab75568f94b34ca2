"""The clients: who calls, told by their token, and which models they may ask for."""

from __future__ import annotations

import fnmatch
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .faults import quote, unauthorized
from .settings import Secret, Settings, TokenSettings

# A token entry of this name takes any bearer, as the seed system's did. The loader warns of it loudly.
_ANY_BEARER = "all"
_EVERY_MODEL = frozenset({"all", "*"})
_GLOB_MARK = re.compile(r"[*?\[]")


class ModelPatterns:
    """The `model:` list of a token, compiled: exact names, `prefix*`, full globs (`*`, `?`, `[…]`), `all`.

    ModelPatterns(("gpt-4*", "o1")).match("gpt-4o") is True. Case counts. A pattern also stands for itself, so that a
    model whose name holds a bracket can be allowed by that name.
    """

    __slots__ = ("_every", "_exact", "_globs")

    def __init__(self, patterns: Iterable[str]) -> None:
        self._exact = frozenset(patterns)
        self._every = not self._exact.isdisjoint(_EVERY_MODEL)
        globs = [fnmatch.translate(pattern) for pattern in sorted(self._exact) if _GLOB_MARK.search(pattern)]
        self._globs = re.compile("|".join(globs)) if globs else None

    def match(self, model: str) -> bool:
        if self._every or model in self._exact:
            return True
        return self._globs is not None and self._globs.match(model) is not None


@dataclass(frozen=True, slots=True)
class Client:
    """One caller: its entry of `tokens:`, and the key it really sent (they differ under the literal token `all`).

    `bearer` goes to a backend only where the file says `api_key: passthrough`.
    """

    token: TokenSettings
    bearer: Secret
    patterns: ModelPatterns

    @property
    def owner(self) -> str:
        """Whose the things are that we keep for this caller: a digest of the key that it really sent."""
        return key_digest(self.bearer).hex()

    def may_use(self, model: str) -> bool:
        """Whether the token's `model:` list covers this name, which is the one that the client asked for."""
        return self.patterns.match(model)


@dataclass(frozen=True, slots=True)
class _Entry:
    digest: bytes
    token: TokenSettings
    patterns: ModelPatterns


class Clients:
    """All tokens of the settings.

    A listed token has its own permissions even where the literal token `all` stands beside it: the seed system gave
    every caller those of `all`, which widened or narrowed the listed ones unseen. Of two entries with one key the
    last counts, as in the seed system.
    """

    __slots__ = ("_any_bearer", "_entries")

    def __init__(self, settings: Settings) -> None:
        self._entries = tuple(
            _Entry(key_digest(token.api_key), token, ModelPatterns(token.patterns)) for token in settings.tokens
        )
        any_bearer = [entry for entry in self._entries if entry.token.api_key == _ANY_BEARER]
        self._any_bearer = any_bearer[-1] if any_bearer else None

    def identify(self, authorization: str | None, api_key_headers: Sequence[str] = ()) -> Client:
        """The caller behind `Authorization: Bearer KEY`, or else behind `api-key: KEY` (clients made for Azure).

        `api_key_headers`: the values of every such header, in order. Raises ClientFault (401 invalid_api_key): the
        caller answers with it and reads no further.
        """
        presented = _presented_key(authorization, api_key_headers)
        digest = key_digest(presented)
        found = self._any_bearer
        # Every entry is compared, also after a match: the time must not tell which key, or how much of it, was right.
        for entry in self._entries:
            if hmac.compare_digest(entry.digest, digest):
                found = entry
        if found is None:
            masked = quote(Secret(presented).masked())
            raise unauthorized(f"Incorrect API key provided: {masked}. It is none of this gateway's `tokens:`.")
        return Client(found.token, Secret(presented), found.patterns)


def key_digest(key: str) -> bytes:
    """By which a key is known where it must not stand itself."""
    # Digests have one length, whatever the key's: compare_digest returns early on unequal lengths. "surrogatepass":
    # bytes of a header that are no UTF-8 arrive as lone surrogates, and must be a wrong key, not a fault of ours.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def _presented_key(authorization: str | None, api_key_headers: Sequence[str]) -> str:
    scheme, _, bearer = (authorization or "").strip().partition(" ")
    keys = [bearer if scheme.lower() == "bearer" else "", *api_key_headers]
    presented = next((key.strip() for key in keys if key.strip()), "")
    if presented:
        return presented
    if scheme and scheme.lower() != "bearer":
        raise unauthorized("The Authorization header has no Bearer scheme; send `Authorization: Bearer YOUR_KEY`.")
    raise unauthorized("No API key came with the request; send `Authorization: Bearer YOUR_KEY`.")
