"""The surface: which path and method is what, without a look at the body."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import parse_qs, unquote

from .faults import foreign_api, unknown_url, wrong_method


class Kind(Enum):
    """What has to be done with a request."""

    TRANSLATED = "translated"  # `dialect` says how to read it
    MODELS = "models"
    MODEL = "model"  # `model` is the id asked for
    ROOT = "root"
    HEALTHZ = "healthz"
    READYZ = "readyz"
    RELOAD = "reload"
    ADMIN = "admin"  # the pages, which are on another port
    METRICS = "metrics"
    PREFLIGHT = "preflight"
    STORED_RESPONSE = "stored_response"  # `response_id` and `action`; passed through where a backend keeps it
    PASSTHROUGH = "passthrough"  # `model_in` and `model` say how to find who takes it


# Asked for every few seconds by whatever watches over us.
PROBES = frozenset({Kind.HEALTHZ, Kind.READYZ, Kind.METRICS})


class ResponseAction(Enum):
    """What is done with a stored response."""

    RETRIEVE = "retrieve"
    DELETE = "delete"
    CANCEL = "cancel"
    INPUT_ITEMS = "input_items"


class ModelIn(Enum):
    """Where a request that is passed through names its model: the documented form, which its content type overrides."""

    NOWHERE = "nowhere"  # routed by its path alone: its body can be streamed, whatever its size
    URL = "url"  # `Endpoint.model` holds it already
    JSON = "json"
    SESSION = "session"  # {"session": {"model": …}}
    MULTIPART = "multipart"


_IN_THE_BODY = frozenset({ModelIn.JSON, ModelIn.SESSION, ModelIn.MULTIPART})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a request line means.

    `model`: a name that the URL itself gives (Azure's deployments, /v1/models/{id}, realtime); it wins over the body's.
    `repeatable`: whether it does no harm should a backend serve it twice: false for what makes something (an image, a
    file, a batch, a fine-tuning job).
    `dialect`: of a PASSTHROUGH, for backends that it must be translated for; "" where there is no translation.
    `upstream_path`: for PASSTHROUGH, what goes below a backend's base_url, with its query: "files/f-1/content?x=1".
    """

    kind: Kind
    dialect: str = ""
    model: str = ""
    model_in: ModelIn = ModelIn.NOWHERE
    upstream_path: str = ""
    response_id: str = ""
    action: ResponseAction = ResponseAction.RETRIEVE
    repeatable: bool = True

    @property
    def is_read_whole(self) -> bool:
        """Is all of a request's body read before it goes anywhere: to be translated, or for the model that it names?"""
        return self.kind is Kind.TRANSLATED or self.model_in in _IN_THE_BODY


_Segments = tuple[str, ...]

_EXACT: dict[_Segments, tuple[str, Endpoint]] = {
    (): ("GET", Endpoint(Kind.ROOT)),
    ("healthz",): ("GET", Endpoint(Kind.HEALTHZ)),
    ("readyz",): ("GET", Endpoint(Kind.READYZ)),
    ("reload_config",): ("GET", Endpoint(Kind.RELOAD)),
    ("metrics",): ("GET", Endpoint(Kind.METRICS)),
    ("models",): ("GET", Endpoint(Kind.MODELS)),
    ("chat", "completions"): ("POST", Endpoint(Kind.TRANSLATED, dialect="chat")),
    ("responses",): ("POST", Endpoint(Kind.TRANSLATED, dialect="responses")),
    ("responses", "compact"): ("POST", Endpoint(Kind.TRANSLATED, dialect="compaction")),
    ("completions",): ("POST", Endpoint(Kind.TRANSLATED, dialect="completions")),
    ("embeddings",): ("POST", Endpoint(Kind.TRANSLATED, dialect="embeddings")),
}
_PREFLIGHT = Endpoint(Kind.PREFLIGHT)
_ADMIN = "admin"

# POST paths whose request names a model. Source: https://platform.openai.com/docs/api-reference, read 2026-11-25;
# rerank is no path of OpenAI's but many compatible backends have it.
_NAMES_ITS_MODEL: dict[_Segments, ModelIn] = {
    ("images", "generations"): ModelIn.JSON,
    ("images", "edits"): ModelIn.MULTIPART,
    ("images", "variations"): ModelIn.MULTIPART,
    ("audio", "speech"): ModelIn.JSON,
    ("audio", "transcriptions"): ModelIn.MULTIPART,
    ("audio", "translations"): ModelIn.MULTIPART,
    ("moderations",): ModelIn.JSON,
    ("videos",): ModelIn.MULTIPART,
    ("rerank",): ModelIn.JSON,
    ("realtime", "sessions"): ModelIn.JSON,
    ("realtime", "client_secrets"): ModelIn.SESSION,
    ("responses", "input_tokens"): ModelIn.JSON,
}
# What only reads or computes; every other POST that is passed through may make something.
_REPEATABLE_POSTS = frozenset(
    {
        *(("audio", "speech"), ("audio", "transcriptions"), ("audio", "translations")),
        *(("moderations",), ("rerank",), ("responses", "input_tokens")),
    }
)
_REPEATABLE_METHODS = frozenset({"GET", "HEAD", "DELETE"})
# Of these, the paths that backends without OpenAI's API can serve as well, by a translation from this dialect.
_TRANSLATABLE: dict[_Segments, str] = {("images", "generations"): "images"}
# Paths that name it in their query: realtime is a GET that becomes a WebSocket.
_NAMES_ITS_MODEL_IN_QUERY = frozenset({("realtime",)})
# What a client made for Azure says in a query: its own name for the model, and a version that is Azure's alone.
_AZURES_MODEL = re.compile(r"(^|&)deployment=")
_AZURES_VERSION = re.compile(r"(^|&)api-version=[^&]*")

# First segments that are passed through also where the client's base_url lacks /v1. With /v1 any other one is, too
# (OpenAI adds new ones), except below paths of ours, where it is a slip: POST /v1/chat/completion.
_FAMILIES = frozenset(
    {
        *("assistants", "audio", "batches", "chatkit", "containers", "conversations", "evals", "files", "fine_tuning"),
        *("images", "moderations", "realtime", "rerank", "responses", "threads", "uploads", "vector_stores", "videos"),
    }
)
# First segments of other vendors' APIs, whose clients are sometimes pointed at us → whose they are.
_FOREIGN = {"messages": "Anthropic's Messages API"}
_OURS = frozenset({"chat", "completions", "embeddings", "healthz", "metrics", "models", "readyz", "reload_config"})
# Below /v1/responses/{id}: what is done by which method.
_RESPONSE_ACTIONS: dict[_Segments, dict[str, ResponseAction]] = {
    (): {"GET": ResponseAction.RETRIEVE, "DELETE": ResponseAction.DELETE},
    ("input_items",): {"GET": ResponseAction.INPUT_ITEMS},
    ("cancel",): {"POST": ResponseAction.CANCEL},
}
_STORED_COMPLETIONS = ("chat", "completions")  # /v1/chat/completions/{id} is a stored object: passed through

# A next segment is the model: /openai/deployments/{model}/chat/completions (Azure), /v1/engines/{model}/completions
# (OpenAI's SDK before 1.0).
_MODEL_PREFIXES = frozenset({"deployments", "engines"})

# "..", also percent-encoded, would climb out of the backend's base_url.
_DOT_SEGMENT = re.compile(r"(?:^|[/\\])\.\.?(?:[/\\]|$)")
# A byte of a request line that is no UTF-8, as Python's texts hold it (PEP 383).
_ODD_BYTE = re.compile(r"[\udc80-\udcff]")


def find_endpoint(method: str, target: str) -> Endpoint:
    """What `method` on `target` (path with query) means.

    find_endpoint("POST", "/v1/chat/completions").dialect == "chat"
    find_endpoint("GET", "/v1/files/f-1?x=1").upstream_path == "files/f-1?x=1"
    Doubled and trailing slashes are ignored, and so is a doubled /v1, which comes of a client that appends it to a
    base_url that ends in it; a missing one as well. Bytes that are no UTF-8 count as percent-encoded. Raises
    ClientFault: 404 for a path that nobody serves, 405 for a wrong method on a path of ours.
    """
    if method == "OPTIONS":
        return _PREFLIGHT
    target = _ODD_BYTE.sub(lambda found: f"%{ord(found[0]) & 0xFF:02X}", target)
    path, _, query = target.partition("?")
    segments, model, versioned = _strip_prefixes(tuple(filter(None, path.split("/"))))
    row = _EXACT.get(segments)
    if row is not None:
        return _with_model(_checked(method, path, *row), model)
    if _DOT_SEGMENT.search(unquote(path)):
        raise unknown_url(method, path)
    if segments[0] == _ADMIN and not versioned:
        return Endpoint(Kind.ADMIN)
    if segments[0] == "models":
        named = Endpoint(Kind.MODEL, model=unquote("/".join(segments[1:])))
        return _checked(method, path, "GET", named)
    if segments[0] in _FOREIGN:
        raise foreign_api(path, _FOREIGN[segments[0]])
    if not _is_passed_through(segments, versioned):
        raise unknown_url(method, path)
    passed_through = _passed_through(method, segments, query, model)
    return _stored_response(method, segments, passed_through) or passed_through


def _strip_prefixes(segments: _Segments) -> tuple[_Segments, str, bool]:
    """Drops /openai, any run of /v1, and /deployments/{model}: (what is left, that model, whether /v1 was there)."""
    start = 1 if segments[:1] == ("openai",) else 0
    while segments[start : start + 1] == ("v1",):
        start += 1
    versioned = start > 0
    if len(segments) > start + 2 and segments[start] in _MODEL_PREFIXES:
        return segments[start + 2 :], unquote(segments[start + 1]), True
    return segments[start:], "", versioned


def _checked(method: str, path: str, allowed: str, endpoint: Endpoint) -> Endpoint:
    if method == allowed or (method == "HEAD" and allowed == "GET"):
        return endpoint
    raise wrong_method(method, path, [allowed, "OPTIONS"] if allowed != "GET" else ["GET", "HEAD", "OPTIONS"])


def _with_model(endpoint: Endpoint, model: str) -> Endpoint:
    return replace(endpoint, model=model, model_in=ModelIn.URL) if model else endpoint


def _stored_response(method: str, segments: _Segments, endpoint: Endpoint) -> Endpoint | None:
    if segments[0] != "responses" or segments in _NAMES_ITS_MODEL:
        return None
    action = _RESPONSE_ACTIONS.get(segments[2:], {}).get("GET" if method == "HEAD" else method)
    if action is None:
        return None
    return replace(endpoint, kind=Kind.STORED_RESPONSE, response_id=unquote(segments[1]), action=action)


def _is_passed_through(segments: _Segments, versioned: bool) -> bool:
    first = segments[0]
    if first in _OURS:
        return segments[:2] == _STORED_COMPLETIONS
    return versioned or first in _FAMILIES


def _passed_through(method: str, segments: _Segments, query: str, model: str) -> Endpoint:
    query = _AZURES_VERSION.sub("", query).lstrip("&")
    if segments in _NAMES_ITS_MODEL_IN_QUERY:
        query = _AZURES_MODEL.sub(r"\1model=", query)
        model = model or parse_qs(query).get("model", [""])[0]
    upstream_path = "/".join(segments) + (f"?{query}" if query else "")
    repeatable = method in _REPEATABLE_METHODS or segments in _REPEATABLE_POSTS
    endpoint = Endpoint(Kind.PASSTHROUGH, upstream_path=upstream_path, repeatable=repeatable)
    if method == "POST" and segments in _NAMES_ITS_MODEL:
        dialect = _TRANSLATABLE.get(segments, "")
        return replace(endpoint, model=model, model_in=_NAMES_ITS_MODEL[segments], dialect=dialect)
    return _with_model(endpoint, model)
