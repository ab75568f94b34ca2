"""The providers that api.yaml may name and the keys that each takes: the one place that knows where they come from."""

from __future__ import annotations

from collections.abc import Mapping

from proapi_translate import ProviderKeys, provider_keys

KnownProviders = Mapping[str, ProviderKeys]


def known_providers() -> KnownProviders:
    """Every provider by name, with its keys: known_providers()["cloudflare"].required is ("account_id",)."""
    return provider_keys()
