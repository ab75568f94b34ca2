"""The opening of a stream: held until it is clear that it is no error, and no longer."""

import json

import pytest
from mitmproxy import http

from addons.attempt import attach_attempt
from addons.exchange import Exchange, Sent
from addons.reply_opening import COMMENTS_HELD_S, open_reply
from proapi_gateway.candidates import Candidate
from proapi_gateway.settings import ProviderSettings, Route
from proapi_translate import Context, ReplyTranslator, Target, translate_request
from tests.addons.exchanges import exchange, flow

CHUNK = b'data: {"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
ERROR = b'data: {"error": {"message": "overloaded", "type": "overloaded_error"}}\n\n'


class Opening:
    """A reply of a backend that begins: `say` gives pieces as the failover layer does."""

    def __init__(self, stream: bool = True, provider: str = "openai", status: int = 200, **headers: str) -> None:
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": stream}).encode()
        translation = translate_request("chat", body, Target(provider, "u", credential="k"), Context())
        sent = Sent(Candidate(ProviderSettings(place=0, provider=provider), Route("m", "u")), translation=translation)
        sent.reply = ReplyTranslator(translation, "chatcmpl-1", 1)
        self.exchange: Exchange = exchange(sent=sent)
        self.flow = flow()
        self.flow.response = http.Response.make(status, headers={"content-type": "text/event-stream", **headers})
        self.attempt = attach_attempt(self.flow)
        self.now_s = 0.0
        self.opened = open_reply(self.flow, self.exchange, self.attempt, self.now_s)

    def say(self, piece: bytes = b"", ended: bool = False):
        if piece:
            self.attempt.held.append(piece)
        self.attempt.ended = ended
        return open_reply(self.flow, self.exchange, self.attempt, self.now_s)

    def streamed(self) -> bytes:
        assert self.exchange.sent is not None
        adapter = self.exchange.sent.adapter
        assert adapter is not None
        return b"".join(piece for held in [*self.attempt.held, b""] for piece in adapter(held))


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("headers", "where"),
    [({"location": "https://other.test:8/v1/x?key=1"}, "https://other.test:8/v1/x"), ({}, "elsewhere")],
)
def test_a_redirect_is_a_failure_that_says_where_to(headers: dict[str, str], where: str, stream: bool) -> None:
    failure = Opening(stream, status=308, **headers).opened
    assert failure is not None
    assert (failure.status, failure.code) == (502, "redirected")
    assert failure.message == f"The backend openai redirects to {where} (308): see its base_url."


def test_the_first_good_event_releases_it() -> None:
    opening = Opening()
    assert opening.opened is None
    assert opening.attempt.hold
    assert opening.say(CHUNK[:10]) is None
    assert opening.attempt.hold
    assert opening.say(CHUNK[10:]) is None
    assert not opening.attempt.hold
    assert opening.streamed().count(b'"content":"a"') == 1


def test_an_error_as_the_first_event_is_a_failure() -> None:
    opening = Opening()
    assert opening.say(ERROR[:30]) is None
    failure = opening.say(ERROR[30:])
    assert failure is not None
    assert failure.message == "overloaded"


def test_a_busy_backends_comments_are_no_event_and_go_out_when_it_takes_long() -> None:
    opening = Opening()
    assert opening.say(b": PROCESSING\n\n") is None
    opening.now_s = COMMENTS_HELD_S - 0.1
    assert opening.say(b": PROCESSING\n\n") is None
    assert opening.attempt.hold
    opening.now_s = COMMENTS_HELD_S
    assert opening.say(b": PROCESSING\n\n") is None
    assert not opening.attempt.hold


def test_an_error_after_comments_is_a_failure() -> None:
    opening = Opening()
    assert opening.say(b": PROCESSING\n\n") is None
    failure = opening.say(ERROR)
    assert failure is not None
    assert failure.message == "overloaded"


def test_an_event_after_comments_goes_out_at_once() -> None:
    opening = Opening()
    assert opening.say(b": PROCESSING\n\n" + CHUNK[:9]) is None
    assert opening.say(CHUNK[9:]) is None
    assert not opening.attempt.hold
    assert opening.streamed().count(b'"content":"a"') == 1


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_stream_without_any_event_is_a_failure_or_says_so(provider: str) -> None:
    opening = Opening(provider=provider)
    failure = opening.say(ended=True)
    assert failure is not None or b'"error"' in opening.streamed()


# ---- Replies that come whole.

MESSAGE = {"role": "assistant", "content": "a"}
WHOLE = {"id": "1", "choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop"}]}


def test_a_whole_reply_is_held_to_its_end_and_translated_once() -> None:
    opening, said = Opening(stream=False), json.dumps(WHOLE).encode()
    assert (opening.attempt.hold, opening.attempt.hold_whole) == (True, True)
    opening.attempt.held.append(said[:20])
    assert opening.say(said[20:], ended=True) is None
    assert not opening.attempt.hold
    assert json.loads(opening.exchange.sent.whole)["choices"][0]["message"]["content"] == "a"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b'{"error": {"message": "overloaded", "type": "overloaded_error"}}', 503),
        (b'{"error": {"message": "slow", "code": 429}}', 429),
        (b"<html>", 502),
        (b"", 502),
        (json.dumps(WHOLE).encode()[:30], 502),
    ],
)
def test_a_whole_reply_that_is_an_error_is_a_failure(said: bytes, status: int) -> None:
    failure = Opening(stream=False).say(said, ended=True)
    assert failure is not None
    assert failure.status == status


def test_a_whole_reply_that_cannot_be_unpacked_is_a_failure() -> None:
    opening = Opening(stream=False)
    opening.flow.response.headers["content-encoding"] = "gzip"
    failure = opening.say(b"no gzip", ended=True)
    assert failure is not None
    assert failure.code == "bad_upstream_reply"


def test_a_reply_that_is_too_long_to_be_held_stands() -> None:
    opening = Opening(stream=False)
    assert opening.say(b'{"data": [') is None
    assert not opening.attempt.hold
    assert opening.exchange.sent.whole is None
