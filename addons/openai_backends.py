"""The backends that speak OpenAI's API themselves: which they are, and where a path of it is on them."""

from __future__ import annotations

from proapi_translate import Target
from proapi_translate.providers.row import Operation
from proapi_translate.providers.table import provider_of, providers

_OPENAI_CHAT = "openai_chat"
_OPENAI_RESPONSES = "openai_responses"
_RESPONSES = "responses"


def speaks_openai(provider: str) -> bool:
    """Can paths that nobody translates go to this provider as they are?"""
    row = providers().get(provider)
    return row is not None and _OPENAI_CHAT in row.dialects.values() and (bool(row.base_url) or row.keys.base_url)


def responses_address(target: Target, path: str) -> tuple[str, dict[str, str]]:
    """As `openai_address`, of a path below /responses ("responses/resp_1?x=1"), also where that lies elsewhere."""
    row = provider_of(target)
    url, _, query = row.url(target, Operation(_OPENAI_RESPONSES, streaming=False)).partition("?")
    below, _, own_query = path.removeprefix(_RESPONSES).partition("?")
    queries = "&".join(filter(None, (query, own_query)))
    own = {name.lower(): value for name, value in target.headers.items()}
    address = url + below + (f"?{queries}" if queries else "")
    return address, {**row.static_headers, **row.headers(target), **own}


def openai_address(target: Target, path: str) -> tuple[str, dict[str, str]]:
    """The URL of `path` ("files/f-1?x=1") on this backend, and the headers that open it."""
    row = provider_of(target)
    if row.passed_url is not None:
        url = row.passed_url(target, path)
    else:
        url = f"{(target.base_url or row.base_url).rstrip('/')}/{path}"
    own = {name.lower(): value for name, value in target.headers.items()}
    return url, {**row.static_headers, **row.headers(target), **own}
