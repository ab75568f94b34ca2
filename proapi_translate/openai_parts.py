"""What chat completions and Responses write alike within a message: sound, a file's data, and marks for the cache.

Sources: types/chat/chat_completion_content_part_*_param.py and types/responses/response_input_*_param.py of the
`openai` package, read 2026-11-25.
"""

from __future__ import annotations

from typing import Any

from .fields import Fields
from .media import media_from_base64, media_from_url
from .prompt import Audio, Media

_AUDIO_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}
# OpenAI's lifetimes of a cache mark, 30 minutes where none is told → Anthropic's that lasts as long; a longer one is
# reported (platform.openai.com/docs/guides/prompt-caching,
# platform.claude.com/docs/en/build-with-claude/prompt-caching, read 2026-11-25).
_KEPT_AS_LONG = (None, "30m")
_LIFETIME = "1h"


def read_cache_mark(item: Fields) -> dict[str, Any]:
    """A part's `extra` by its mark: Anthropic's own, as clients of several gateways put it on a part, or OpenAI's.

    {"prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}} → {"anthropic": {"cache_control": {"type":
    "ephemeral", "ttl": "1h"}}}; {} where there is none. Raises ClientFault.
    """
    mark = item.mapping("cache_control") or _read_breakpoint(item.object("prompt_cache_breakpoint"))
    return {"anthropic": {"cache_control": mark}} if mark else {}


def _read_breakpoint(told: Fields | None) -> dict[str, Any] | None:
    if told is None:
        return None
    told.pass_over("mode")  # it has one value only
    if told.peek("ttl") in _KEPT_AS_LONG:
        told.pass_over("ttl")
    return {"type": "ephemeral", "ttl": _LIFETIME}


def read_audio(item: Fields) -> Audio:
    """{"input_audio": {"data": "UklGRg==", "format": "wav"}} → Audio(Media("base64", "UklGRg==", "audio/wav"), "wav").

    Raises ClientFault.
    """
    audio = item.object("input_audio")
    if audio is None:
        raise item.fault("input_audio", "is required")
    kind = audio.required_text("format")
    if kind not in _AUDIO_TYPES:
        raise audio.fault("format", f"expected one of {', '.join(_AUDIO_TYPES)}, found {kind!r}")
    media = media_from_base64(audio.required_text("data"), _AUDIO_TYPES[kind], audio.at("data"))
    return Audio(media, kind, read_cache_mark(item))


def read_file_data(item: Fields) -> Media:
    """The field `file_data`: OpenAI's documents show both a data URL and bare base64; OpenRouter's an address, too.

    Raises ClientFault.
    """
    data, field = item.required_text("file_data"), item.at("file_data")
    return media_from_url(data, field) if ":" in data[:8] else media_from_base64(data, "", field)
