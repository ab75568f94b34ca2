"""The wire formats, each in a package of its own, imported when it is first used."""

from __future__ import annotations

from importlib import import_module

from ..interface import BackendDialect, ClientDialect

# Client API → (the format that it is, the package that reads and writes it for a client).
CLIENTS = {"chat": "openai_chat"}
# The formats that a request can be translated into, a package each.
BACKENDS = frozenset({"anthropic", "bedrock", "cloudflare", "cohere", "echo", "gemini", "openai_chat"})


def client_dialect(name: str) -> ClientDialect:
    """client_dialect("chat"): what an app speaks to us. KeyError for a name that is no client dialect."""
    module = import_module(f"{__name__}.{CLIENTS[name]}")
    dialect: ClientDialect = module.CLIENT
    return dialect


def backend_dialect(name: str) -> BackendDialect:
    """backend_dialect("anthropic"): what a backend speaks."""
    module = import_module(f"{__name__}.{name}")
    dialect: BackendDialect = module.BACKEND
    return dialect
