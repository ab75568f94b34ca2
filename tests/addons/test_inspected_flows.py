"""Flows that mitmproxy keeps: from the hooks in their order; as a user sees them in tests/end_to_end."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from mitmproxy import ctx, http
from mitmproxy.flow import Error

from addons.content_views import APP_REQUEST, DIALECT
from addons.exchange import Exchange, Sent, attach_exchange
from addons.inspected_flows import InspectedFlows, KeptStream
from proapi_gateway.surface import Endpoint, Kind
from proapi_translate import Usage

from . import exchanges

KEY = "sk-test-of-the-backend"


class Inspected:
    """A flow on its way through the hooks of a master that has the addons `keepers`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *keepers: str) -> None:
        there = dict.fromkeys(keepers, object())
        master = SimpleNamespace(addons=SimpleNamespace(get=there.get))
        monkeypatch.setattr(ctx, "master", master, raising=False)
        monkeypatch.setattr(ctx, "options", SimpleNamespace(proapi_kept_bytes=10), raising=False)
        self.addon = InspectedFlows()
        self.flow = exchanges.flow()
        self.flow.request = http.Request.make("POST", "http://api.openai.com/v1/chat/completions?key=abc", b"{}")
        self.exchange: Exchange = exchanges.exchange(
            endpoint=Endpoint(Kind.TRANSLATED, dialect="chat"), model="m", body=b'{"model": "m"}'
        )
        attach_exchange(self.flow, self.exchange)

    def send(self) -> None:
        self.addon.requestheaders(self.flow)
        snapshot = self.exchange.snapshot
        client = snapshot.clients.identify(f"Bearer {exchanges.TOKEN}")
        self.exchange.sent = Sent(*snapshot.router.candidates("m", client))
        self.exchange.sent.reply = SimpleNamespace(usage=Usage(7, 5))  # type: ignore[assignment]
        self.exchange.attempts = 1
        self.flow.request = http.Request.make("POST", "http://backend.test/v1", b"{}", {"authorization": KEY})
        self.addon.request(self.flow)

    def stream(self, *pieces: bytes) -> None:
        self.flow.response = http.Response.make(200)
        self.flow.response.data.content = None
        self.flow.response.stream = lambda data: [data] if data else []
        self.addon.responseheaders(self.flow)
        for piece in (*pieces, b""):
            assert list(self.flow.response.stream(piece)) == ([piece] if piece else [])


def test_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    inspected = Inspected(monkeypatch, "view")
    flow = inspected.flow
    inspected.send()
    assert flow.request.headers["authorization"] == KEY
    inspected.stream(b"hello ", b"world")
    assert flow.request.headers["authorization"] == "[hidden]"  # from its head on
    inspected.addon.response(flow)
    assert flow.response is not None
    assert flow.response.content == b"hello worl"  # the option's ten bytes
    assert flow.comment.startswith("m → openai m")
    assert flow.metadata[DIALECT] == "chat"
    assert flow.metadata[APP_REQUEST] == b'POST /v1/chat/completions?key=[hidden]\n\n{"model": '
    assert KEY not in repr(flow.get_state())


def test_a_path_of_odd_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    inspected = Inspected(monkeypatch, "view")
    inspected.flow.request.data.path = b"/v1/chat/completions?x=\xff"
    inspected.addon.requestheaders(inspected.flow)
    assert inspected.flow.metadata[APP_REQUEST] == b"POST /v1/chat/completions?x=\xff"


def test_a_whole_reply_is_hidden_at_its_end_for_until_then_another_backend_may_be_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inspected = Inspected(monkeypatch, "save")
    inspected.send()
    inspected.flow.response = http.Response.make(200, b"hello")
    inspected.addon.responseheaders(inspected.flow)
    assert inspected.flow.request.headers["authorization"] == KEY
    inspected.addon.response(inspected.flow)
    assert inspected.flow.request.headers["authorization"] == "[hidden]"
    assert inspected.flow.response.content == b"hello"


def test_one_that_began_before_somebody_looked_is_saved_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    inspected = Inspected(monkeypatch, "view")
    monkeypatch.setattr(inspected.addon, "requestheaders", lambda flow: None)
    inspected.send()
    inspected.flow.error = Error(f"{KEY} was refused")
    inspected.addon.error(inspected.flow)
    assert KEY not in repr(inspected.flow.get_state())
    assert "was refused" in repr(inspected.flow.get_state())


def test_a_stream_that_breaks_keeps_what_came(monkeypatch: pytest.MonkeyPatch) -> None:
    inspected = Inspected(monkeypatch, "view")
    inspected.send()
    inspected.stream(b"hel")
    inspected.addon.error(inspected.flow)
    inspected.addon.error(inspected.flow)  # some flows end by two hooks
    assert inspected.flow.response is not None
    assert inspected.flow.response.content == b"hel"


def test_somebodys_own_comment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    inspected = Inspected(monkeypatch, "view")
    inspected.send()
    inspected.flow.comment = "look at this one"
    inspected.stream()
    inspected.addon.response(inspected.flow)
    assert inspected.flow.comment == "look at this one"


def test_where_no_flow_is_kept_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    inspected = Inspected(monkeypatch)
    inspected.send()
    inspected.stream(b"hello")
    inspected.addon.response(inspected.flow)
    assert inspected.flow.request.headers["authorization"] == KEY
    assert inspected.flow.response is not None
    assert inspected.flow.response.raw_content is None
    assert (inspected.flow.comment, inspected.flow.metadata) == ("", {})


def test_a_flow_that_is_not_ours_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    inspected = Inspected(monkeypatch, "view")
    strange = exchanges.flow()
    strange.request.headers["authorization"] = "theirs"
    for hook in (inspected.addon.requestheaders, inspected.addon.request, inspected.addon.error):
        hook(strange)
    assert strange.request.headers["authorization"] == "theirs"
    assert strange.comment == ""


def test_a_kept_stream_changes_nothing_on_its_way() -> None:
    def once(data: bytes) -> Iterator[bytes]:
        yield data
        yield b"!"

    kept = KeptStream(once, 5)
    assert list(kept(b"one")) == [b"one", b"!"]
    assert list(kept(b"two")) == [b"two", b"!"]
    assert kept.content == b"one!t"
    assert KeptStream(lambda data: data, 5)(b"x") == b"x"
