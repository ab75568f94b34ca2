"""Where one request goes: the frozen value that routing hands to the translator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Target:
    """One backend model at one address with one credential.

    Target(provider="anthropic", model="claude-sonnet-4-5", credential="sk-ant-…")
    `base_url` "" means the provider's own address. `credential` is what the provider's table row calls for: an API
    key, or a short-lived access token. `options`: the provider's own keys (account_id, PROJECT_ID, location,
    api_version, region, `api` …). `headers`: extra ones from api.yaml, sent as they stand.
    """

    provider: str
    model: str
    base_url: str = ""
    credential: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    strict: bool = False
