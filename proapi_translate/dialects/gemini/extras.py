"""The client's fields without a neutral place: Google's own go on, the rest is told as lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...losses import Losses
from ...prompt import Prompt
from .names import SERVICE_TIERS

# Fields that Gemini knows by these names, in its REST spelling or in its SDK's.
_IN_BODY: Mapping[str, str] = {
    "safetySettings": "safetySettings",
    "safety_settings": "safetySettings",
    "cachedContent": "cachedContent",
    "cached_content": "cachedContent",
    "labels": "labels",
}
_IN_CONFIG: Mapping[str, str] = {
    "thinkingConfig": "thinkingConfig",
    "thinking_config": "thinkingConfig",
    "mediaResolution": "mediaResolution",
    "media_resolution": "mediaResolution",
    "responseModalities": "responseModalities",
    "response_modalities": "responseModalities",
    "speechConfig": "speechConfig",
    "speech_config": "speechConfig",
    "imageConfig": "imageConfig",
    "image_config": "imageConfig",
}
# Requests for what Gemini does anyway.
_ALREADY_SO: Mapping[str, Any] = {"store": False, "modalities": ["text"], "verbosity": "medium"}
_WRAPPERS = frozenset({"extra_body", "google"})
_NO_PLACE = "Gemini has no such field"


def write_extras(prompt: Prompt, body: dict[str, Any], losses: Losses) -> None:
    """Put Google's own fields into `body`, in place; report every other one.

    {"safety_settings": […], "extra_body": {"google": {"thinking_config": {"thinking_budget": 0}}}, "user": "u"}
    → body["safetySettings"], body["generationConfig"]["thinkingConfig"]; `user` is told as dropped.
    """
    config = body.setdefault("generationConfig", {})
    for path, name, value in _flatten(prompt.other):
        if name in _IN_BODY:
            body[_IN_BODY[name]] = value
        elif name in _IN_CONFIG:
            config[_IN_CONFIG[name]] = _camel_keys(value) if isinstance(value, dict) else value
        elif name in _SPECIAL:
            _SPECIAL[name](value, body, losses)
        elif _ALREADY_SO.get(name) != value:
            losses.drop(path, _NO_PLACE)
    if not config:
        del body["generationConfig"]
    _write_tier(prompt.service_tier, body, losses)
    for name, given in (("user", prompt.user), ("metadata", prompt.metadata)):
        if given:
            losses.drop(name, _NO_PLACE)


def _flatten(other: Mapping[str, Any], levels: int = 2) -> Iterator[tuple[str, str, Any]]:
    """(path, name, value) of each field, also inside the `google` object of Google's own OpenAI surface."""
    for name, value in other.items():
        if name in _WRAPPERS and isinstance(value, dict) and levels:
            yield from ((f"{name}.{path}", inner, given) for path, inner, given in _flatten(value, levels - 1))
        else:
            yield name, name, value


def _write_tier(tier: str, body: dict[str, Any], losses: Losses) -> None:
    own = SERVICE_TIERS.get(tier, "")
    if own:
        body["serviceTier"] = own
    elif tier and tier not in SERVICE_TIERS:
        losses.drop("service_tier", f"Gemini has no tier {tier!r}")


def _add_search(options: Any, body: dict[str, Any], losses: Losses) -> None:
    body.setdefault("tools", []).append({"googleSearch": {}})
    if options:
        losses.approximate("web_search_options", "Google's search takes no such options")


def _set_modalities(modalities: Any, body: dict[str, Any], losses: Losses) -> None:
    wanted = [kind for kind in modalities if isinstance(kind, str)] if isinstance(modalities, list) else []
    if "audio" in wanted:
        raise losses.refuse("modalities", "answers in sound cannot be had from Gemini's generateContent")
    if wanted and wanted != ["text"]:
        body["generationConfig"]["responseModalities"] = [kind.upper() for kind in wanted]


_SPECIAL: Mapping[str, Callable[[Any, dict[str, Any], Losses], None]] = {
    "web_search_options": _add_search,
    "modalities": _set_modalities,
}


def _camel_keys(value: Mapping[str, Any]) -> dict[str, Any]:
    """{"thinking_budget": 0} → {"thinkingBudget": 0}: the two spellings side by side are a 400."""
    return {_camel(name): inner for name, inner in value.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
