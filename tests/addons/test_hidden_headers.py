"""Keys are on the wire, and not on the flow."""

from mitmproxy import http
from mitmproxy.test import tflow, tutils

from addons.hidden_headers import as_sent, hide_secret_fields, sent_fields

FIELDS = ((b"Authorization", b"Bearer k"), (b"accept", b"*/*"), (b"x-goog-api-key", b"\xff k"))


def test_only_the_wire_gets_them() -> None:
    flow = tflow.tflow(req=tutils.treq(headers=http.Headers(FIELDS)))
    hide_secret_fields(flow.request)
    flow.request.headers["transfer-encoding"] = "chunked"
    more = (b"transfer-encoding", b"chunked")
    assert sent_fields(flow.request) == (*FIELDS, more)
    sent = as_sent(flow.request)
    assert sent.headers.fields == (*FIELDS, more)
    assert sent.raw_content == flow.request.raw_content
    assert "Bearer" not in str(flow.get_state())
    assert flow.request.headers["authorization"] == "[hidden]"


def test_a_header_that_says_hidden_itself() -> None:
    request = tutils.treq(headers=http.Headers([(b"x-note", b"[hidden]")]))
    hide_secret_fields(request)
    assert sent_fields(request) == ((b"x-note", b"[hidden]"),)
