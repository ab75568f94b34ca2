"""The candidates: what can be tried for a request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from .settings import ProviderSettings, Route, Secret

NO_KEY = Secret("")

# provider, base_url, proxy, its own options, key. A block's name and place may change while its backend stays the same.
BackendIdentity = tuple[str, str, str, tuple[tuple[str, str], ...], Secret]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing to try: a block of `providers:`, one of its routes, one key of its pool and one of its locations
    ("" where it has none)."""

    provider: ProviderSettings
    route: Route
    api_key: Secret = NO_KEY
    key_position: int = 0  # another one for each location
    location: str = ""

    @property
    def here(self) -> tuple[int, int, str]:
        """Who it is within these settings: the block's place, the key's position in its pool, the backend's model."""
        return self.provider.place, self.key_position, self.route.upstream

    @property
    def account(self) -> str:
        """Where things stay that a backend keeps: the same after a reload and a restart, while address and key are."""
        named = "\n".join((self.provider.provider, self.provider.base_url, self.api_key.reveal()))
        return hashlib.sha256(named.encode()).hexdigest()[:16]

    @property
    def identity(self) -> BackendIdentity:
        """What is healthy or ill, in these settings and after a reload: one backend with one key, at one location."""
        block = self.provider
        account = (*block.options.items(), *block.secret_options.items(), ("location", self.location))
        return block.provider, block.base_url, block.proxy, account, self.api_key
