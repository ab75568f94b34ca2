"""The wire formats, each in a package of its own, imported when it is first used."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from ..interface import BackendDialect, ClientDialect
from ..parts import PartedBackend, PartedClient

# Client API → (the format that it is, the package that reads and writes it for a client).
CLIENTS = {
    "chat": "openai_chat",
    "compaction": "openai_responses.compaction",
    "completions": "openai_completions",
    "responses": "openai_responses",
}
# The formats that a request can be translated into, a package each.
BACKENDS = frozenset(
    {"anthropic", "bedrock", "cloudflare", "cohere", "echo", "gemini", "openai_chat", "openai_responses"}
)
# The same for APIs that never stream and may go in parts (parts.py).
PARTED_CLIENTS = {"embeddings": "openai_embeddings", "images": "openai_images"}
# The formats that such a request can be translated into: where each is, and its name there.
PARTED_BACKENDS = {
    "bedrock_embeddings": ("bedrock.embeddings", "BACKEND"),
    "cloudflare_embeddings": ("cloudflare.embeddings", "BACKEND"),
    "cohere_embed": ("cohere.embeddings", "BACKEND"),
    "echo_embeddings": ("echo.embeddings", "BACKEND"),
    "gemini_embeddings": ("gemini.embeddings", "GEMINI"),
    "gemini_images": ("gemini.images", "GEMINI"),
    "imagen": ("gemini.imagen", "BACKEND"),
    "vertex_embeddings": ("gemini.embeddings", "VERTEX"),
    "vertex_images": ("gemini.images", "VERTEX"),
    "vertex_predicted_embeddings": ("gemini.predicted_embeddings", "BACKEND"),
}


@cache
def client_dialect(name: str) -> ClientDialect:
    """client_dialect("chat"): what an app speaks to us. KeyError for a name that is no client dialect."""
    module = import_module(f"{__name__}.{CLIENTS[name]}")
    dialect: ClientDialect = module.CLIENT
    return dialect


@cache
def backend_dialect(name: str) -> BackendDialect:
    """backend_dialect("anthropic"): what a backend speaks."""
    module = import_module(f"{__name__}.{name}")
    dialect: BackendDialect = module.BACKEND
    return dialect


@cache
def parted_client(name: str) -> PartedClient:
    """parted_client("embeddings"). KeyError for a name that is no such API."""
    client: PartedClient = import_module(f"{__name__}.{PARTED_CLIENTS[name]}").CLIENT
    return client


@cache
def parted_backend(name: str) -> PartedBackend:
    """parted_backend("gemini_embeddings")."""
    module, attribute = PARTED_BACKENDS[name]
    backend: PartedBackend = getattr(import_module(f"{__name__}.{module}"), attribute)
    return backend
