"""mitmproxy's words for what went wrong → what the client is told, and whether the request may have been served."""

import pytest

from addons.deadlines import Expired
from addons.upstream_failures import describe_failure

TEXTS = {
    "[Errno 111] Connect call failed ('10.0.0.1', 443)": ("unreachable", False),
    "Multiple exceptions: [Errno 111] Connect call failed ('::1', 9), [Errno 111] Connect call failed": (
        "unreachable",
        False,
    ),
    "[Errno 101] Network is unreachable": ("unreachable", False),
    "[Errno -2] Name or service not known": ("dns_failure", False),
    "[Errno -3] Temporary failure in name resolution": ("dns_failure", False),
    "[Errno 8] nodename nor servname provided, or not known": ("dns_failure", False),
    "Certificate verify failed: self-signed certificate": ("tls_failure", False),
    "Certificate verify failed: hostname mismatch": ("tls_failure", False),
    "TLS Error: [('SSL routines', '', 'wrong version number')]": ("tls_failure", False),
    "The remote server does not speak TLS.": ("tls_failure", False),
    "Upstream proxy 127.0.0.1:1 refused HTTP CONNECT request: 403 No": ("proxy_refused", False),
    "connection cancelled": ("unreachable", False),
    "server closed connection": ("broken_off", True),
    "HTTP/1 protocol error: peer closed connection without sending complete message body": ("broken_off", True),
    "stream reset by client (INTERNAL_ERROR)": ("broken_off", True),
    "": ("broken_off", True),
}


@pytest.mark.parametrize("text", TEXTS)
def test_each_text_has_its_code(text: str) -> None:
    failure, in_doubt = describe_failure("openai/b", text, None)
    assert (failure.code, in_doubt) == TEXTS[text]
    assert failure.status == 502
    assert "openai/b" in failure.message
    assert "10.0.0.1" not in failure.message


@pytest.mark.parametrize(("which", "in_doubt"), [("connect", False), ("first_byte", True), ("total", True)])
def test_a_deadline_is_a_504_that_names_it(which: str, in_doubt: bool) -> None:
    failure, doubt = describe_failure("b", "connection cancelled", Expired(which, 3))
    assert (failure.status, failure.code, doubt) == (504, "timeout", in_doubt)
    assert f"timeout: {which}" in failure.message
