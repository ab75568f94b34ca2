"""Settings as the tests need them: only what a case is about is named."""

from __future__ import annotations

from proapi_gateway.clients import Client, Clients
from proapi_gateway.settings import ProviderSettings, Route, Secret, ServerSettings, Settings, TokenSettings

KEY = "sk-client-0123456789"


def token(*patterns: str, key: str = KEY, place: int = 0, strict: bool = False) -> TokenSettings:
    return TokenSettings(place, Secret(key), patterns or ("all",), strict=strict)


def block(
    place: int,
    *routes: str | Route,
    provider: str = "openai",
    keys: tuple[str, ...] = ("sk-backend",),
    name: str = "",
    unavailable: str = "",
) -> ProviderSettings:
    """A route given as "gpt-4o" is asked for by that name, and its upstream name is "gpt-4o@PLACE"."""
    return ProviderSettings(
        place,
        provider,
        name=name,
        api_keys=tuple(map(Secret, keys)),
        routes=tuple(each if isinstance(each, Route) else Route(each, f"{each}@{place}") for each in routes),
        unavailable=unavailable,
    )


def settings(
    *blocks: ProviderSettings,
    tokens: tuple[TokenSettings, ...] | None = None,
    server: ServerSettings | None = None,
) -> Settings:
    return Settings(blocks, (token(),) if tokens is None else tokens, server or ServerSettings())


def client(*patterns: str) -> Client:
    """The client whose token has these patterns; none: it may use all."""
    return Clients(settings(tokens=(token(*patterns),))).identify(f"Bearer {KEY}")
