"""Tracebacks in the log, without the secrets that an exception's words may quote.

What we log ourselves names no secret. Of a crash nobody knows what it says: a library that does not like a header shows
its value. So a traceback is written once, by us, before any handler of the log writes it: mitmweb's list and the file
of errors show the same.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

from mitmproxy.log import MitmFormatter

from proapi_gateway.gateway import Gateway
from proapi_gateway.settings import Secret, Settings

from .secret_redaction import HIDDEN, scrub_text, secrets_of_headers

# Of clients and token servers, which are in no file; and a database's or proxy's password in its address.
_BEARER = re.compile(r"\b(bearer\s+)[^\s'\",;]+", re.IGNORECASE)
_PASSWORD = re.compile(r"(://[^\s/:@]*:)[^\s/@]+@")


class LoggedTracebacks(logging.Filter):
    """An addon, and a filter that lets all pass: the first handler that asks it has the traceback written for all."""

    def __init__(self, gateway: Callable[[], Gateway]) -> None:
        super().__init__()
        self._gateway = gateway
        self._plain = logging.Formatter()

    # -- hooks -------------------------------------------------------------------------------------------------------
    def running(self) -> None:
        for handler in logging.getLogger().handlers:
            handler.addFilter(self)
            if isinstance(handler.formatter, MitmFormatter):  # it looks for no text that is there already
                handler.formatter.formatException = self._write  # type: ignore[assignment, method-assign]

    def done(self) -> None:
        for handler in logging.getLogger().handlers:
            handler.removeFilter(self)

    # -- as a filter -------------------------------------------------------------------------------------------------
    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and not record.exc_text:  # which every formatter takes where it is there
            record.exc_text = self._write(record.exc_info)
        return True

    def _write(self, raised: Any) -> str:
        return without_secrets(self._plain.formatException(raised), self._gateway().snapshot.settings)


def without_secrets(text: str, settings: Settings) -> str:
    """`text` without any key, password or token of api.yaml, and without what looks like one of a request."""
    hidden = scrub_text(text, _secrets_of(settings))
    return _PASSWORD.sub(rf"\1{HIDDEN}@", _BEARER.sub(rf"\1{HIDDEN}", hidden))


def _secrets_of(settings: Settings) -> Iterator[Secret]:
    for provider in settings.providers:
        yield from provider.api_keys
        yield from provider.secret_options.values()
        yield from secrets_of_headers(provider.headers.items())
    yield from (token.api_key for token in settings.tokens)
    server = settings.server
    yield from (server.password, server.jwt_secret_key, server.proxy_auth, server.cache_url, server.state_url)
    yield Secret(server.proxy_auth.reveal().partition(":")[2])
