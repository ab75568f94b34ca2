"""About how many tokens a request will take, before anybody has counted them: good for a limit, not for a bill."""

from __future__ import annotations

from typing import Any

import msgspec

_BYTES_A_TOKEN = 4  # of English prose, by OpenAI's own rule of thumb
_MEDIA_TOKENS = 1000  # a picture is some hundreds to some thousands, whatever its bytes are
_DATA = b";base64,"  # of a data URL
_MOST = 10_000_000


class _Bounds(msgspec.Struct):
    """Of the three names each API has its own; anything may stand there, as the translator has not looked yet."""

    max_tokens: Any = None
    max_completion_tokens: Any = None
    max_output_tokens: Any = None
    n: Any = None


_decode = msgspec.json.Decoder(_Bounds).decode


def estimate_tokens(body: bytes) -> int:
    """The prompt by its bytes, without those of data URLs, and all of the answer that the request allows.

    b'{"model": "m", "messages": […], "max_tokens": 100}' of 400 bytes → 200. A body that is no JSON object counts by
    its bytes: the translator refuses it.
    """
    media, media_bytes = _measure_media(body)
    prompt = (len(body) - media_bytes) // _BYTES_A_TOKEN + media * _MEDIA_TOKENS
    return min(prompt + _answer_tokens(body), _MOST)


def _measure_media(body: bytes) -> tuple[int, int]:
    count = size = 0
    start = body.find(_DATA)
    while start >= 0:
        end = body.find(b'"', start)
        end = len(body) if end < 0 else end
        count, size = count + 1, size + end - start
        start = body.find(_DATA, end)
    return count, size


def _answer_tokens(body: bytes) -> int:
    try:
        bounds = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return 0
    told = (bounds.max_tokens, bounds.max_completion_tokens, bounds.max_output_tokens)
    most = max((count for count in told if _is_count(count)), default=0)
    return most * (bounds.n if _is_count(bounds.n) else 1)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST
