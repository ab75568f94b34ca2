"""The one table of providers. A new backend is a row in one of these families, or a family of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from ..errors import ClientFault
from ..target import Target
from .row import Provider, ProviderKeys

_FAMILIES = ("openai_compatible", "anthropic", "google", "cohere", "cloudflare", "bedrock", "echo")


@cache
def providers() -> Mapping[str, Provider]:
    """Every provider by the name that api.yaml uses: {"openai": Provider(...), "anthropic": …}."""
    rows: Iterable[Provider] = (
        row for family in _FAMILIES for row in import_module(f".{family}", __package__).PROVIDERS
    )
    return MappingProxyType({row.name: row for row in rows})


def provider_of(target: Target) -> Provider:
    """The target's row. A name without a row is an OpenAI-compatible backend at its own `base_url`.

    Raises ClientFault where there is neither (the configuration's loader refuses such names before).
    """
    row = providers().get(target.provider)
    if row is None and target.base_url:
        row = import_module(".openai_compatible", __package__).UNNAMED
    if row is None:
        raise ClientFault(f"unknown provider {target.provider!r} without a base_url", status=500, type="server_error")
    return row


def provider_keys() -> Mapping[str, ProviderKeys]:
    """What api.yaml may say of each provider: {"cloudflare": ProviderKeys(required=("account_id",)), …}."""
    return MappingProxyType({name: row.keys for name, row in providers().items()})
