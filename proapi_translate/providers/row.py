"""The shape of a provider's row in `table.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..target import Target

# The client dialects that any model which answers a prompt can serve.
PROMPT_APIS = ("chat", "responses", "completions", "compaction", "messages")


@dataclass(frozen=True, slots=True)
class Operation:
    """What is done at the address: `dialect` is the backend's ("anthropic", "openai_embeddings" …)."""

    dialect: str
    streaming: bool


@dataclass(frozen=True, slots=True)
class ProviderKeys:
    """The provider's own keys in api.yaml, beside those that every provider has. `secret` ones are masked everywhere.
    `api_key`: must the block have one? `base_url`: must it have one, because there is no address of its own?
    `exchanged`: is the credential an access token of Google's, got outside in exchange for these keys?
    `locations`: where requests go in turn if the block's `location` names none; () for a provider without locations.
    `apis`: the values of its key `api`."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    api_key: bool = True
    base_url: bool = False
    exchanged: bool = False
    locations: tuple[str, ...] = ()
    apis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """One row. All functions are pure.

    `dialects`: client dialect → backend dialect, e.g. {"chat": "anthropic"}; a client dialect that is absent cannot be
    served. `url(target, operation)`: the full address. `headers(target)`: authentication and version headers.
    `profile(model)`: the data that its dialect's writer and reader are handed for this model (their own frozen class).
    `dialects_at(target)`, `profile_at(target)`: where a target's options or base_url choose among several, these stand
    in for the two plain ones; ask through `dialects_of` and `profile_of`.
    `adjust(body, target, operation)`: the last change to a written body (Vertex Claude: no model, a version), in place.
    `passed_url(target, path)`: where a path that nobody translates is ("files/f-1?x=1"); None: below the base_url.
    `fetches_media`: does the backend fetch files from addresses of the web itself?
    `sign(method, url, headers, body, target, now)`: headers of a signed request; None where none is needed.
    """

    name: str
    dialects: Mapping[str, str]
    base_url: str
    url: Callable[[Target, Operation], str]
    headers: Callable[[Target], dict[str, str]]
    keys: ProviderKeys = ProviderKeys()
    profile: Callable[[str], Any] = lambda model: None
    adjust: Callable[[dict[str, Any], Target, Operation], None] | None = None
    sign: Callable[[str, str, dict[str, str], bytes, Target, float], dict[str, str]] | None = None
    static_headers: Mapping[str, str] = field(default_factory=dict)
    dialects_at: Callable[[Target], Mapping[str, str]] | None = None
    profile_at: Callable[[Target], Any] | None = None
    passed_url: Callable[[Target, str], str] | None = None
    fetches_media: bool = True

    def dialects_of(self, target: Target) -> Mapping[str, str]:
        """Client dialect → backend dialect for this target. Raises ClientFault (500) for an `api` that it has not."""
        return self.dialects if self.dialects_at is None else self.dialects_at(target)

    def profile_of(self, target: Target) -> Any:
        """The profile of this target's model at this target's address."""
        return self.profile(target.model) if self.profile_at is None else self.profile_at(target)
