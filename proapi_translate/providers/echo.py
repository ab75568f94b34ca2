"""The built-in provider that answers by itself."""

from __future__ import annotations

from .row import PROMPT_APIS, Provider, ProviderKeys

ECHO_URL = "echo:"

PROVIDERS = (
    Provider(
        name="echo",
        dialects=dict.fromkeys(PROMPT_APIS, "echo") | {"embeddings": "echo_embeddings"},
        base_url=ECHO_URL,
        url=lambda target, operation: ECHO_URL,
        headers=lambda target: {},
        keys=ProviderKeys(api_key=False),
    ),
)
