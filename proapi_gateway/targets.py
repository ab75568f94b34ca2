"""The targets: what the translator is told of a candidate."""

from __future__ import annotations

from collections.abc import Callable

from proapi_translate import Target

from .candidates import Candidate
from .clients import Client
from .settings import KeySource

# The client's own bearer leaves the gateway by this one row, for blocks that say `api_key: passthrough`.
_CREDENTIALS: dict[KeySource, Callable[[Candidate, Client], str]] = {
    KeySource.CONFIGURED: lambda candidate, client: candidate.api_key.reveal(),
    KeySource.CLIENT: lambda candidate, client: client.bearer.reveal(),
    KeySource.EXCHANGED: lambda candidate, client: "",
    KeySource.NONE: lambda candidate, client: "",
}


def target_of(candidate: Candidate, client: Client, access_token: str = "") -> Target:
    """The target of one attempt. `access_token`: a short-lived one, got for this block; it takes the key's place."""
    provider = candidate.provider
    own = {name: secret.reveal() for name, secret in provider.secret_options.items()}
    if candidate.location:
        own["location"] = candidate.location
    return Target(
        provider=provider.provider,
        model=candidate.route.upstream,
        base_url=provider.base_url,
        credential=access_token or _CREDENTIALS[provider.key_source](candidate, client),
        options={**provider.options, **own} if own else provider.options,
        headers=provider.headers,
        strict=provider.strict or client.token.strict,
    )
