"""The providers that api.yaml may name and the keys that each takes: the one place that knows where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol


class ProviderKeys(Protocol):
    """A provider's own keys in api.yaml, beside those that every provider has. `secret` ones are masked everywhere.
    `api_key`: must the block have one? `base_url`: must it have one, because there is no address of its own?"""

    @property
    def required(self) -> tuple[str, ...]: ...
    @property
    def optional(self) -> tuple[str, ...]: ...
    @property
    def secret(self) -> tuple[str, ...]: ...
    @property
    def api_key(self) -> bool: ...
    @property
    def base_url(self) -> bool: ...


KnownProviders = Mapping[str, ProviderKeys]


@dataclass(frozen=True, slots=True)
class _Keys:
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    api_key: bool = True
    base_url: bool = False


_COMPATIBLE = _Keys(optional=("api",))
_LOCAL = _Keys(optional=("api",), api_key=False)
_VERTEX = _Keys(
    required=("PROJECT_ID",),
    optional=("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN", "location", "service_account_file"),
    secret=("CLIENT_SECRET", "REFRESH_TOKEN"),
    api_key=False,
)
_TABLE: KnownProviders = MappingProxyType(
    {
        "echo": _Keys(api_key=False),
        "openai": _COMPATIBLE,
        "azure": _Keys(optional=("api", "api_version"), base_url=True),
        "anthropic": _Keys(),
        "gemini": _Keys(),
        "vertexai_gemini": _VERTEX,
        "vertexai_claude": _VERTEX,
        "cohere": _Keys(),
        "cloudflare": _Keys(required=("account_id",)),
        "bedrock": _Keys(
            required=("region",),
            optional=("aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
            secret=("aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
            api_key=False,
        ),
        "ollama": _LOCAL,
        "vllm": _LOCAL,
        **dict.fromkeys(
            (
                "openrouter", "deepbricks", "deepseek", "glm", "doubao", "siliconflow", "groq", "mistral", "xai",
                "together", "perplexity", "cerebras", "moonshot", "qwen", "dashscope",
            ),
            _COMPATIBLE,
        ),
    }
)  # fmt: skip


def known_providers() -> KnownProviders:
    """Every provider by name, with its keys: known_providers()["cloudflare"].required is ("account_id",)."""
    return _TABLE
