"""Cloudflare's Workers AI: its two addresses, and which of them is spoken to.

`api: run` is the native ai/run (model in the path, replies in an envelope), `api: openai` the OpenAI-compatible ai/v1,
passed through. Without `api`, base_url tells by its end; else it is ai/run, as in the seed's configurations: every
chat model is there, LoRA adapters too, and its reader knows both reply shapes. Who needs finish reasons from older
models, or fields that only pass-through keeps, says `api: openai`.
Source: developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from ..errors import ClientFault
from ..target import Target
from .openai_apis import PATHS, bearer_headers, choose_by_api, strip_ending
from .openai_quirks import CLOUDFLARE, RequestQuirks
from .row import PROMPT_APIS, Operation, Provider, ProviderKeys

_API = "https://api.cloudflare.com/client/v4"
_RUN = dict.fromkeys(PROMPT_APIS, "cloudflare") | {"embeddings": "cloudflare_embeddings"}
_OPENAI = dict.fromkeys(PROMPT_APIS, "openai_chat") | {"embeddings": "openai_embeddings"}
_APIS = MappingProxyType({"": _RUN, "run": _RUN, "openai": _OPENAI, "chat": _OPENAI})
# The end of a base_url → the API that answers there.
_ENDINGS: Mapping[str, Mapping[str, str]] = MappingProxyType({"/ai/run": _RUN, "/ai/v1": _OPENAI})
_MODEL_SAFE = "/@:"  # of a model's name in a path: Cloudflare's own examples spell it "@cf/meta/…"
# Models whose ai/run takes another body (OpenAI's Responses) and does not stream.
_OPENAI_ONLY = ("@cf/openai/",)


def _dialects_at(target: Target) -> Mapping[str, str]:
    if "api" in target.options:
        return choose_by_api(_APIS, target)
    address = strip_ending(target.base_url)
    told = next((dialects for ending, dialects in _ENDINGS.items() if address.endswith(ending)), None)
    return told or (_OPENAI if target.model.startswith(_OPENAI_ONLY) else _RUN)


def _url(target: Target, operation: Operation) -> str:
    """…/accounts/<account_id>/ai/run/@cf/meta/llama-3.1-8b-instruct, or …/ai/v1/chat/completions.

    A base_url may stand for the API's root, for the account's …/ai, or for either of the two below it. Raises
    ClientFault (500) where neither it nor `account_id` tells the account.
    """
    root = _ai_root(target)
    path = PATHS.get(operation.dialect)
    return f"{root}/v1{path}" if path else f"{root}/run/{quote(target.model, safe=_MODEL_SAFE)}"


def _ai_root(target: Target) -> str:
    address = strip_ending(target.base_url) or _API
    for ending in _ENDINGS:
        if address.endswith(ending):
            return address.removesuffix(ending) + "/ai"
    if address.endswith("/ai"):
        return address
    account = target.options.get("account_id", "")
    if not account:
        raise ClientFault(f"{target.provider}: account_id is required", status=500, type="server_error")
    return f"{address}/accounts/{quote(account, safe='')}/ai"


def _profile(model: str) -> RequestQuirks:
    return CLOUDFLARE


PROVIDERS = (
    Provider(
        name="cloudflare",
        dialects=_RUN,
        base_url=_API,
        url=_url,
        headers=bearer_headers,
        keys=ProviderKeys(required=("account_id",), optional=("api",), apis=("run", "openai")),
        profile=_profile,
        dialects_at=_dialects_at,
    ),
)
