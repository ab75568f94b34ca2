"""What went wrong on the way to a backend that gave no reply: mitmproxy's words → a failure that a client can read.

mitmproxy gives a text only. The table tells by it whether the request had left (it may then have been served, and
billed) and what to say; the text itself goes to the log, as it may hold addresses of the inside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from proapi_translate import BackendFailure

from .deadlines import Expired


@dataclass(frozen=True, slots=True)
class _Row:
    pattern: re.Pattern[str]
    what: str
    code: str
    in_doubt: bool = False


def _row(pattern: str, what: str, code: str, in_doubt: bool = False) -> _Row:
    return _Row(re.compile(pattern, re.IGNORECASE), what, code, in_doubt)


# Texts of mitmproxy 11.0.2 and 12.3.1, of asyncio and of OpenSSL, as seen in tests/addons/test_upstream_failures.py.
_ROWS = (
    _row(r"upstream proxy", "the proxy in front of it refused the connection", "proxy_refused"),
    _row(r"certificate verify failed|certificate verification", "its certificate is not trusted", "tls_failure"),
    _row(r"hostname mismatch|IP address mismatch", "its certificate is for another name", "tls_failure"),
    _row(r"TLS|SSL|handshake", "the TLS handshake failed", "tls_failure"),
    _row(r"getaddrinfo|name or service not known|name resolution|nodename", "its name is not known", "dns_failure"),
    _row(r"Connect call failed|refused|unreachable|no route|Multiple exceptions|Errno", "no connection", "unreachable"),
    _row(r"connection cancelled|killed", "the connection was given up", "unreachable"),
    _row(r"", "it broke the connection off before it had replied", "broken_off", in_doubt=True),
)
_EXPIRED_BEFORE_SENDING = "connect"


def describe_cut(label: str) -> str:
    """What a client reads whose reply began, and then broke off: nothing of mitmproxy's text, which the log has."""
    return f"The backend {label} broke the connection off in the middle of its answer."


def describe_failure(label: str, text: str, expired: Expired | None) -> tuple[BackendFailure, bool]:
    """(what the client reads, whether the request may have been served all the same).

    describe_failure("deepseek", "[Errno 111] Connect call failed ('10.0.0.1', 443)", None) is a 502 "The backend
    deepseek cannot be reached: no connection."; a deadline that ran out is a 504 that names it.
    """
    if expired is not None:
        failure = BackendFailure(f"The backend {label}: {expired}.", status=504, kind="timeout_error", code="timeout")
        return failure, expired.which != _EXPIRED_BEFORE_SENDING
    row = next(row for row in _ROWS if row.pattern.search(text))
    said = f"The backend {label} cannot be reached: {row.what}."
    return BackendFailure(said, status=502, kind="upstream_error", code=row.code), row.in_doubt
