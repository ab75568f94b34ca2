"""What of an exception's words reaches the log."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any, cast

import pytest
from mitmproxy.log import MitmFormatter

from addons.logged_tracebacks import LoggedTracebacks, without_secrets
from proapi_gateway.log_output import log_formatter
from tests.addons.exchanges import settings

SETTINGS = settings(
    """
providers:
  - provider: openai
    api_key: sk-of-the-backend-1234
    headers: { x-custom-key: custom-key-998877665544, x-plain: words }
    model: [ m ]
  - { provider: vertexai_gemini, PROJECT_ID: p, CLIENT_ID: id.apps, CLIENT_SECRET: client/secret-1,
      REFRESH_TOKEN: 1//refresh-token, model: [ m ] }
tokens: [ { api_key: sk-of-the-client-5678, model: [ all ] } ]
server: { password: of-the-admin, jwt_secret_key: of-the-sessions, proxy_auth: "user:of-the-door",
          cache_url: "redis://:of-redis@h/0" }
"""
)
SECRETS = [
    "sk-of-the-backend-1234", "custom-key-998877665544", "client/secret-1", "1//refresh-token", "sk-of-the-client-5678",
    "of-the-admin", "of-the-sessions", "of-the-door",
]  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_of_the_file(secret: str) -> None:
    for shown in (secret, secret.replace("/", "\\/"), repr({"x": secret})):
        assert secret not in without_secrets(f"ValueError: bad {shown}", SETTINGS).replace("\\/", "/")


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("{'authorization': 'Bearer ya29.any'}", "{'authorization': 'Bearer [hidden]'}"),
        ("no postgresql://u:of-some-db@h/x", "no postgresql://u:[hidden]@h/x"),
        ("KeyError: 'choices' at http://h:80/v1", "KeyError: 'choices' at http://h:80/v1"),
    ],
)
def test_what_looks_like_a_secret(words: str, left: str) -> None:
    assert without_secrets(words, SETTINGS) == left


@pytest.mark.parametrize("form", ["text", "json"])
def test_every_handler_of_the_log_gets_the_same(form: str) -> None:
    gateway = SimpleNamespace(snapshot=SimpleNamespace(settings=SETTINGS))
    scrubbing, log = LoggedTracebacks(lambda: cast(Any, gateway)), logging.getLogger("tests.tracebacks")
    handlers = [_Lines(log_formatter(form)), _Lines(MitmFormatter(colorize=False)), _Lines(log_formatter(form))]
    for handler in handlers[:2]:
        logging.getLogger().addHandler(handler)
    scrubbing.running()
    logging.getLogger().addHandler(handlers[2])  # as a reload does that turns the log's file on
    try:
        try:
            raise ValueError("bad sk-of-the-backend-1234")
        except ValueError:
            log.exception("it failed")
    finally:
        scrubbing.done()
        for handler in handlers:
            logging.getLogger().removeHandler(handler)
    for lines in (handler.lines for handler in handlers):
        assert "it failed" in lines[0]
        assert "Traceback" in lines[0]
        assert "ValueError: bad [key]" in lines[0]


class _Lines(logging.Handler):
    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
