"""api.yaml texts for tests: a case writes only the lines that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent, indent

from proapi_gateway.config import ConfigFaults, load_settings
from proapi_gateway.settings import ProviderSettings, Settings

GOOD_PROVIDERS = "providers:\n- {provider: echo, model: [m]}\n"
GOOD_TOKENS = "tokens:\n- {api_key: sk-1, model: [all]}\n"


def with_block(block: str) -> str:
    """A file with this provider block, given without its dash; the block's first line is line 2."""
    lines = indent(dedent(block).strip("\n"), "  ")
    return f"providers:\n- {lines[2:]}\n{GOOD_TOKENS}"


def with_token(token: str) -> str:
    lines = indent(dedent(token).strip("\n"), "  ")
    return f"{GOOD_PROVIDERS}tokens:\n- {lines[2:]}\n"


def with_server(server: str) -> str:
    return f"{GOOD_PROVIDERS}{GOOD_TOKENS}server:\n{indent(dedent(server).strip(), '  ')}\n"


def load(text: str, environment: Mapping[str, str] | None = None) -> Settings:
    return load_settings(text, file="f", environment=environment or {})


def load_block(block: str, environment: Mapping[str, str] | None = None) -> ProviderSettings:
    return load(with_block(block), environment).providers[0]


def faults_of(text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    """Each fault as the line that people read; [] for a good file."""
    try:
        load(text, environment)
    except ConfigFaults as faults:
        return str(faults).splitlines()
    return []
