"""Google's two doors to the Gemini models: the Gemini API with a key, and Vertex AI with a project, a location and an
access token.

Vertex in express mode (a key, no project) is `gemini` with base_url https://aiplatform.googleapis.com/v1/publishers/google.
Sources: https://ai.google.dev/api, https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference and
_api_client.py of google-genai 3.6 (hosts by location), read 2026-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..target import Target
from .row import PROMPT_APIS, Operation, Provider, ProviderKeys

GEMINI_BASE_URL = "https://generativelanguage.googleapis.com/v1beta"
VERTEX_VERSION = "v1"

# Where the seed system sent Vertex requests in turn; the turn is taken outside, `options["location"]` is one of them.
VERTEX_GEMINI_LOCATIONS = (
    "us-central1", "us-east4", "us-west1", "us-west4", "europe-west1", "europe-west2",
)  # fmt: skip

# Locations whose host has another form than {location}-aiplatform.googleapis.com.
_VERTEX_HOSTS: Mapping[str, str] = {
    "global": "aiplatform.googleapis.com",
    "us": "aiplatform.us.rep.googleapis.com",
    "eu": "aiplatform.eu.rep.googleapis.com",
}
_VERSION = re.compile(r"/v\d\w*(/|$)")

# (the backend's dialect, streaming) → the method, as it ends the address.
_METHODS: Mapping[tuple[str, bool], str] = {
    ("gemini", False): "generateContent",
    ("gemini", True): "streamGenerateContent?alt=sse",
    ("gemini_embeddings", False): "batchEmbedContents",
    ("vertex_embeddings", False): "batchEmbedContents",
    ("vertex_predicted_embeddings", False): "predict",
    ("gemini_images", False): "generateContent",
    ("vertex_images", False): "generateContent",
    ("imagen", False): "predict",
}

VERTEX_KEYS = ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN", "token_uri", "location", "service_account_file")
# Where google-genai itself asks for another version of Vertex's API: it is not in v1.
_VERTEX_VERSIONS = {"vertex_embeddings": "v1beta1"}


def gemini_url(target: Target, operation: Operation) -> str:
    """base_url with or without version, slash, or /models at its end, as the seed's users wrote it:
    "https://relay.example/" → "https://relay.example/v1beta/models/gemini-2.5-pro:generateContent"."""
    base = (target.base_url or GEMINI_BASE_URL).rstrip("/").removesuffix("/models")
    if not _VERSION.search(base):
        base += "/v1beta"
    return f"{base}/{_model_path(target.model)}:{_METHODS[operation.dialect, operation.streaming]}"


def vertex_url(target: Target, publisher: str, method: str, version: str = VERTEX_VERSION) -> str:
    """The address of a publisher's model: vertex_url(target, "google", "generateContent") ==
    "https://us-central1-aiplatform.googleapis.com/v1/projects/P/locations/us-central1/publishers/google/models/M:…"."""
    # A list is taken in turn outside; one that comes here whole (from the command line) means its first.
    location = target.options.get("location", "").partition(",")[0].strip() or VERTEX_GEMINI_LOCATIONS[0]
    host = _VERTEX_HOSTS.get(location, f"{location}-aiplatform.googleapis.com")
    base = (target.base_url or f"https://{host}").rstrip("/")
    if not _VERSION.search(base):
        base += f"/{version}"
    project = quote(target.options.get("PROJECT_ID", ""), safe=":")  # old projects have a domain: "example.com:p"
    model = quote(target.model.rpartition("/")[2], safe="@")
    return f"{base}/projects/{project}/locations/{location}/publishers/{publisher}/models/{model}:{method}"


def bearer_headers(target: Target) -> dict[str, str]:
    """The credential is a short-lived access token, got outside."""
    return {"authorization": f"Bearer {target.credential}"}


def _model_path(model: str) -> str:
    """"gemini-2.5-pro" and "models/gemini-2.5-pro" → "models/gemini-2.5-pro"; tuned models keep their own path."""
    kind, _, name = model.rpartition("/")
    return f"{kind if kind == 'tunedModels' else 'models'}/{quote(name, safe='')}"


def _vertex_gemini_url(target: Target, operation: Operation) -> str:
    method = _METHODS[operation.dialect, operation.streaming]
    return vertex_url(target, "google", method, _VERTEX_VERSIONS.get(operation.dialect, VERTEX_VERSION))


def _gemini_headers(target: Target) -> dict[str, str]:
    return {"x-goog-api-key": target.credential}


def _mix_tools(body: dict[str, Any], target: Target, operation: Operation) -> None:
    """Google's own tools beside functions are refused unless the request asks to be told of their use, and AUTO with
    it. Vertex has no such field. Source: ai.google.dev/gemini-api/docs/tool-combination, read 2026-11-25."""
    kinds = {"functionDeclarations" in tool for tool in body.get("tools") or ()}
    if len(kinds) < 2:
        return
    config = body.setdefault("toolConfig", {})
    config["includeServerSideToolInvocations"] = True
    if config.get("functionCallingConfig") == {"mode": "AUTO"}:
        del config["functionCallingConfig"]


def _gemini_dialects(target: Target) -> Mapping[str, str]:
    return _GEMINI_OTHERS if "imagen" in target.model else GEMINI.dialects


def _vertex_dialects(target: Target) -> Mapping[str, str]:
    """Vertex has embeddings and images at two addresses: a Gemini model's, and that of the models before it."""
    is_gemini = "gemini" in target.model.rpartition("/")[2]
    return VERTEXAI_GEMINI.dialects if is_gemini else _VERTEX_OTHERS


GEMINI = Provider(
    name="gemini",
    dialects=dict.fromkeys(PROMPT_APIS, "gemini") | {"embeddings": "gemini_embeddings", "images": "gemini_images"},
    base_url=GEMINI_BASE_URL,
    url=gemini_url,
    headers=_gemini_headers,
    # It fetches https addresses since January 2026, but not for every model, nor from every site: bytes always work.
    fetches_media=False,
    keys=ProviderKeys(optional=("input_type",)),
    adjust=_mix_tools,
    dialects_at=_gemini_dialects,
)
VERTEXAI_GEMINI = Provider(
    name="vertexai_gemini",
    dialects=dict.fromkeys(PROMPT_APIS, "gemini") | {"embeddings": "vertex_embeddings", "images": "vertex_images"},
    base_url="https://aiplatform.googleapis.com",
    url=_vertex_gemini_url,
    headers=bearer_headers,
    keys=ProviderKeys(
        required=("PROJECT_ID",),
        optional=(*VERTEX_KEYS, "input_type"),
        secret=("CLIENT_SECRET", "REFRESH_TOKEN"),
        api_key=False,
        exchanged=True,
        locations=VERTEX_GEMINI_LOCATIONS,
    ),
    dialects_at=_vertex_dialects,
)
_GEMINI_OTHERS = {**GEMINI.dialects, "images": "imagen"}
_VERTEX_OTHERS = {**VERTEXAI_GEMINI.dialects, "embeddings": "vertex_predicted_embeddings", "images": "imagen"}
PROVIDERS = (GEMINI, VERTEXAI_GEMINI)
