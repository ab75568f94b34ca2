"""OpenAI and the backends that speak its API: name → address, whether a key is needed, and quirks. One row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

from ..target import Target
from . import openai_quirks as quirks
from .azure import AZURE
from .openai_apis import API_NAMES, Apis, bearer_headers, choose_by_api, join_url, list_apis
from .openai_quirks import ModelRule, RequestQuirks, pick_quirks
from .row import Operation, Provider, ProviderKeys


@dataclass(frozen=True, slots=True)
class _Service:
    """A row's data. `base_url` "": it has no address of its own. `completions`: has it the old /completions?
    `responses`: does it answer /responses too, so that a Responses client is passed through? `compaction`: and
    /responses/compact? `hosts`: further hosts of
    its own, to know it by where only a base_url is given. `fetches_media`: does it fetch pictures by their address?"""

    base_url: str
    quirks: RequestQuirks = quirks.COMPATIBLE
    rules: tuple[ModelRule, ...] = ()
    api_key: bool = True
    responses: bool = False
    completions: bool = False
    compaction: bool = False
    hosts: tuple[str, ...] = ()
    fetches_media: bool = True


_OPENAI = _Service(
    "https://api.openai.com/v1", quirks.OPENAI, quirks.OPENAI_RULES,
    responses=True, completions=True, compaction=True, hosts=("openai.azure.com", "cognitiveservices.azure.com"),
)  # fmt: skip
_GLM = _Service("https://open.bigmodel.cn/api/paas/v4", quirks.GLM, quirks.GLM_RULES, hosts=("api.z.ai",))
_QWEN = _Service(
    "https://dashscope.aliyuncs.com/compatible-mode/v1", quirks.QWEN, quirks.QWEN_RULES,
    hosts=("dashscope-intl.aliyuncs.com", "dashscope-us.aliyuncs.com"),
)  # fmt: skip
# Addresses: the vendors' own quick-start pages, read 2026-11-25.
_SERVICES: Mapping[str, _Service] = {
    "openrouter": _Service("https://openrouter.ai/api/v1", quirks.OPENROUTER, responses=True, completions=True),
    "deepbricks": _Service("https://api.deepbricks.ai/v1", quirks.RELAY),
    "deepseek": _Service("https://api.deepseek.com", quirks.DEEPSEEK, quirks.DEEPSEEK_RULES),
    "glm": _GLM,
    "zhipu": _GLM,
    "doubao": _Service("https://ark.cn-beijing.volces.com/api/v3", quirks.DOUBAO, hosts=("volces.com",)),
    "siliconflow": _Service("https://api.siliconflow.cn/v1", quirks.SILICONFLOW, hosts=("api.siliconflow.com",)),
    "moonshot": _Service(
        "https://api.moonshot.cn/v1", quirks.MOONSHOT, quirks.MOONSHOT_RULES, hosts=("api.moonshot.ai",)
    ),
    "qwen": _QWEN,
    "dashscope": _QWEN,
    "minimax": _Service("https://api.minimax.io/v1", quirks.MINIMAX, hosts=("api.minimaxi.com", "api.minimax.chat")),
    "groq": _Service("https://api.groq.com/openai/v1", quirks.GROQ, quirks.GROQ_RULES),
    "mistral": _Service("https://api.mistral.ai/v1", quirks.MISTRAL, quirks.MISTRAL_RULES),
    "xai": _Service("https://api.x.ai/v1", quirks.XAI, quirks.XAI_RULES, responses=True),
    "together": _Service("https://api.together.xyz/v1", quirks.TOGETHER, completions=True, hosts=("api.together.ai",)),
    "fireworks": _Service("https://api.fireworks.ai/inference/v1", quirks.FIREWORKS, completions=True),
    "perplexity": _Service("https://api.perplexity.ai", quirks.PERPLEXITY),
    "cerebras": _Service("https://api.cerebras.ai/v1", quirks.CEREBRAS, completions=True),
    "huggingface": _Service("https://router.huggingface.co/v1", quirks.HUGGINGFACE),
    "github": _Service("https://models.github.ai/inference", quirks.GITHUB),
    "nvidia": _Service("https://integrate.api.nvidia.com/v1", quirks.NVIDIA),
    # github.com/ollama/ollama docs/api/openai-compatibility.mdx: pictures as data alone.
    "ollama": _Service(
        "http://127.0.0.1:11434/v1", quirks.OLLAMA, api_key=False, completions=True, fetches_media=False
    ),
    # vLLM's own port, 8000, is our door's too: its address must be told.
    "vllm": _Service("", quirks.VLLM, api_key=False, completions=True),
    "lmstudio": _Service("http://127.0.0.1:1234/v1", quirks.LMSTUDIO, api_key=False, completions=True),
}


def _url(default: str, target: Target, operation: Operation) -> str:
    return join_url(target.base_url or default, operation)


def _service_at(target: Target) -> _Service:
    """Who answers at the base_url of `provider: openai`, which the seed's users write for every compatible service."""
    host = urlsplit(target.base_url).hostname
    if host is None:
        return _OPENAI
    return next((service for suffix, service in _HOSTS if _is_under(host, suffix)), _UNKNOWN)


def _quirks_at(target: Target) -> RequestQuirks:
    service = _service_at(target)
    return pick_quirks(service.quirks, service.rules, target.model)


def _dialects_at(target: Target) -> Mapping[str, str]:
    service = _service_at(target)
    return choose_by_api(_apis_of(service), target)


def _apis_of(service: _Service) -> Apis:
    return list_apis(
        responses=service.responses, completions=service.completions, compaction=service.compaction
    )


def _is_under(host: str, suffix: str) -> bool:
    return host == suffix or host.endswith("." + suffix)


def _hosts_of(service: _Service) -> tuple[str, ...]:
    host = urlsplit(service.base_url).hostname
    return (host, *service.hosts) if service.api_key and host else service.hosts


_UNKNOWN = _Service("", quirks.RELAY, responses=True, completions=True)
_HOSTS = tuple((host, service) for service in (_OPENAI, *_SERVICES.values()) for host in _hosts_of(service))


def _row(name: str, service: _Service) -> Provider:
    apis = _apis_of(service)
    return Provider(
        name=name,
        dialects=apis[""],
        base_url=service.base_url,
        url=partial(_url, service.base_url),
        headers=bearer_headers,
        keys=ProviderKeys(
            optional=("api",), api_key=service.api_key, base_url=not service.base_url, apis=API_NAMES
        ),
        profile=partial(pick_quirks, service.quirks, service.rules),
        dialects_at=partial(choose_by_api, apis),
        fetches_media=service.fetches_media,
    )


# A name that no row has, at its own base_url: chat is the one API that every compatible service is known to have.
UNNAMED = replace(_row("openai", _Service("", quirks.RELAY)), profile_at=_quirks_at)
PROVIDERS: tuple[Provider, ...] = (
    replace(_row("openai", _OPENAI), dialects_at=_dialects_at, profile_at=_quirks_at),
    *(_row(name, service) for name, service in _SERVICES.items()),
    AZURE,
)
