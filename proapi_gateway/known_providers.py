"""The providers that api.yaml may name and the keys that each takes: the one place that knows where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from proapi_translate import ProviderKeys, provider_keys

KnownProviders = Mapping[str, ProviderKeys]

_VERTEX = ProviderKeys(
    required=("PROJECT_ID",),
    optional=("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN", "location", "service_account_file"),
    secret=("CLIENT_SECRET", "REFRESH_TOKEN"),
    api_key=False,
)
# Names that a file may use although the translator's table has no row for them; its own rows come first.
_BESIDE_THE_TABLE: KnownProviders = MappingProxyType(
    {
        "gemini": ProviderKeys(),
        "vertexai_gemini": _VERTEX,
        "vertexai_claude": _VERTEX,
        "cohere": ProviderKeys(),
        "cloudflare": ProviderKeys(required=("account_id",)),
        "bedrock": ProviderKeys(
            optional=("region", "aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
            secret=("aws_secret_access_key", "aws_session_token"),
            api_key=False,
        ),
    }
)


def known_providers() -> KnownProviders:
    """Every provider by name, with its keys: known_providers()["cloudflare"].required is ("account_id",)."""
    return MappingProxyType({**_BESIDE_THE_TABLE, **provider_keys()})
