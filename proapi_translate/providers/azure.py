"""Azure OpenAI: where its deployments are, and its key's header.

Source: learn.microsoft.com/azure/foundry/openai/api-version-lifecycle (v1 needs no api-version; until then every call
had a dated one), …/openai/reference and …/openai/how-to/realtime-audio-websockets, and lib/azure.py of the `openai`
package; read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, urlencode

from ..target import Target
from .openai_apis import API_NAMES, PATHS, choose_by_api, list_apis, strip_ending
from .openai_quirks import OPENAI, OPENAI_RULES, pick_quirks
from .row import Operation, Provider, ProviderKeys

# Option api_version → the query of the v1 API, whose body names the deployment. Dated versions name it in the path.
# None given means v1: every resource has it, while dated versions retire.
_V1_QUERIES: Mapping[str, str] = MappingProxyType(
    {"": "", "v1": "", "latest": "", "preview": "?api-version=preview"}
)
_V1_ENDING = "/openai/v1"
# Paths that a dated version has under a deployment; all others are at /openai/<path>.
_OF_DEPLOYMENTS = frozenset(
    {
        "/chat/completions", "/completions", "/embeddings", "/images/generations", "/images/edits",
        "/audio/speech", "/audio/transcriptions", "/audio/translations",
    }
)  # fmt: skip
# A path that names its deployment in its query: as `model`, and in dated versions as `deployment`.
_REALTIME = "/realtime"
# A base_url with one of these in its path is an address of another kind (a deployment's own, the model inference API
# at …/models, a gateway in front) and is kept as it stands.
_KEPT = ("/openai/deployments/", "/models/")
_JWT_START = "eyJ"


def _url(target: Target, operation: Operation) -> str:
    """("https://r.openai.azure.com", api_version "2024-10-21", model "d") →
    "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"."""
    return _address(target, PATHS[operation.dialect])


def _passed_url(target: Target, path: str) -> str:
    """("realtime?model=d&intent=x", api_version "2025-04-01-preview") →
    "…/openai/realtime?api-version=2025-04-01-preview&deployment=d&intent=x"."""
    path, _, query = f"/{path}".partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    url = _address(target, path)
    if path == _REALTIME and _V1_ENDING not in url:
        given = [("deployment" if name == "model" else name, value) for name, value in given]
    own = urlencode(given, safe="", quote_via=quote)
    return url + ("&" if "?" in url else "?") * bool(own) + own


def _address(target: Target, path: str) -> str:
    address, _, query = target.base_url.partition("?")
    address = strip_ending(address)
    version = target.options.get("api_version", "")
    if any(kept in address + "/" for kept in _KEPT):
        query = f"api-version={quote(version, safe='')}" if version else query
        return address + path + (f"?{query}" if query else "")
    resource = address.removesuffix(_V1_ENDING).removesuffix("/openai")
    if version in _V1_QUERIES or address.endswith(_V1_ENDING):
        return resource + _V1_ENDING + path + _V1_QUERIES.get(version, "")
    deployment = f"/deployments/{quote(target.model, safe='')}" if path in _OF_DEPLOYMENTS else ""
    return f"{resource}/openai{deployment}{path}?api-version={quote(version, safe='')}"


def _headers(target: Target) -> dict[str, str]:
    """{"api-key": <key>}; an Entra ID token, which is a JWT, goes as the bearer instead."""
    if target.credential.startswith(_JWT_START) and target.credential.count(".") == 2:
        return {"authorization": f"Bearer {target.credential}"}
    return {"api-key": target.credential} if target.credential else {}


_APIS = list_apis(responses=True, completions=True, compaction=True)

AZURE = Provider(
    name="azure",
    dialects=_APIS[""],
    base_url="",
    url=_url,
    passed_url=_passed_url,
    headers=_headers,
    keys=ProviderKeys(optional=("api", "api_version"), base_url=True, apis=API_NAMES),
    profile=partial(pick_quirks, OPENAI, OPENAI_RULES),  # a deployment is commonly named after its model
    dialects_at=partial(choose_by_api, _APIS),
)
