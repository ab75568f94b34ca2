"""The headers that a client gets: what may come from the backend, and what we add.

Of a backend's headers only listed ones go on: its cookies, its server's names and addresses, and the framing of a body
that we rewrite must stay behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from proapi_translate import Loss

from .exchange import Exchange

RETRY_AFTER = frozenset({"retry-after", "retry-after-ms"})
_KEPT = RETRY_AFTER | {"x-should-retry"}
_KEPT_PREFIXES = ("x-ratelimit-", "openai-", "anthropic-ratelimit-")
# Of a body that is passed on as it is, what describes it stays true.
_KEPT_OF_RAW_BODIES = frozenset(
    {
        "accept-ranges",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-range",
        "content-type",
        "etag",
        "last-modified",
        "location",
        "vary",
    }
)
# Ours says how long the whole way took; the backend's own would be sent twice.
_OURS = frozenset({"openai-processing-ms"})

# Intermediaries must not hold a stream back: nginx reads the second one, caches the first.
STREAM_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}

# Another vendor's limits, as OpenAI's SDKs read them; its times of reset have another form and keep their own names.
# Source: https://docs.anthropic.com/en/api/rate-limits#response-headers, read 2026-11-25.
_AS_OPENAI = {
    "anthropic-ratelimit-requests-limit": "x-ratelimit-limit-requests",
    "anthropic-ratelimit-requests-remaining": "x-ratelimit-remaining-requests",
    "anthropic-ratelimit-tokens-limit": "x-ratelimit-limit-tokens",
    "anthropic-ratelimit-tokens-remaining": "x-ratelimit-remaining-tokens",
}

# A field's name is the client's own text: with a line break in it the value would go on as a header of its own.
_NOT_IN_A_LIST = re.compile(r"[^!-+\--~]+")  # all but visible ASCII without the comma
# Half a surrogate pair, which JSON can say, has no bytes; those that stand for a header's odd bytes (PEP 383) have.
_NOT_IN_A_LINE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udc7f\udd00-\udfff]+")
_LOSSY_CHARACTERS = 1024  # clients and proxies refuse long headers

_EXPOSED_TO_BROWSERS = (
    "x-request-id, retry-after, retry-after-ms, x-should-retry, openai-processing-ms, openai-version, "
    "x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, "
    "x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens, "
    "x-proapi-provider, x-proapi-model, x-proapi-attempts, x-proapi-cache, x-proapi-lossy"
)


def keep_from_backend(headers: Iterable[tuple[str, str]], *, raw_body: bool = False) -> dict[str, str]:
    """Which of a backend's headers go on: keep_from_backend([("Set-Cookie", "a=b"), ("Retry-After", "3")]) == {
    "retry-after": "3"}. `raw_body`: also those that describe the body."""
    kept = {}
    for name, value in headers:
        name = name.lower()
        wanted = name in _KEPT or name.startswith(_KEPT_PREFIXES) or (raw_body and name in _KEPT_OF_RAW_BODIES)
        if wanted and name not in _OURS:
            kept[name] = in_one_line(value)
    return {_AS_OPENAI[name]: value for name, value in kept.items() if name in _AS_OPENAI} | kept


def own_headers(exchange: Exchange, now_s: float) -> dict[str, str]:
    """x-request-id, how long it took, who answered after how many attempts, what was lost on the way there, and the
    limits of the client's token, in the place of the backend's own."""
    headers = {"x-request-id": exchange.id, "openai-processing-ms": str(round((now_s - exchange.started_s) * 1000))}
    if exchange.permit is not None:
        headers |= exchange.permit.headers()
    if exchange.cache:
        headers["x-proapi-cache"] = exchange.cache
    if exchange.attempts:
        headers["x-proapi-attempts"] = str(exchange.attempts)
    if exchange.sent is not None:
        headers["x-proapi-provider"] = in_one_line(exchange.label)
        headers["x-proapi-model"] = in_one_line(exchange.sent.candidate.route.upstream)
        if exchange.sent.translation is not None and exchange.sent.translation.losses:
            headers["x-proapi-lossy"] = list_losses(exchange.sent.translation.losses)
    return {name: value for name, value in headers.items() if value} | cors_headers(exchange)


def in_one_line(value: str) -> str:
    """A header's value that stays one: in_one_line("a\\r\\nset-cookie: b") == "a set-cookie: b"."""
    return _NOT_IN_A_LINE.sub(" ", value)


def list_losses(losses: Iterable[Loss]) -> str:
    """The fields' names: "seed,logprobs". Of very many the first ones, and how many more: "a,b,+4980"."""
    names = list(dict.fromkeys(_NOT_IN_A_LIST.sub("?", loss.field) for loss in losses))
    listed, room = 0, _LOSSY_CHARACTERS
    for name in names:
        room -= len(name) + 1
        if room < 0:
            break
        listed += 1
    more = [f"+{len(names) - listed}"] if listed < len(names) else []
    return ",".join(names[:listed] + more)


def cors_headers(exchange: Exchange) -> dict[str, str]:
    """A browser page may call us from anywhere, as it could the seed system; its key is what counts."""
    if not exchange.origin:
        return {}
    return {"access-control-allow-origin": "*", "access-control-expose-headers": _EXPOSED_TO_BROWSERS}
