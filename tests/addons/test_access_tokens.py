"""Which candidates get an access token, and which reply makes one worthless."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import http

from addons.access_tokens import get_access_token, notice_refusal
from addons.answers import Answers
from addons.attempt import attach_attempt
from addons.deadlines import Overdue, ReplyClock
from addons.dispatch import Dispatch
from addons.error_replies import ErrorReplies
from addons.exchange import Exchange, Sent, attach_exchange
from addons.loops import LoopGuard
from proapi_gateway.candidates import Candidate
from proapi_gateway.settings import KeySource, ProviderSettings, Route, Secret, Timeouts
from tests.addons.exchanges import exchange, flow
from tests.addons.test_deadlines import FakeLoop

TOKEN = Secret("ya29.short-lived")


@dataclass
class Tokens:
    hangs: bool = False
    forgotten: list[tuple[int, Secret]] = field(default_factory=list)

    async def token_for(self, provider: ProviderSettings) -> Secret:
        if self.hangs:
            await asyncio.Event().wait()
        return TOKEN

    def forget(self, provider: ProviderSettings, refused: Secret) -> None:
        self.forgotten.append((provider.place, refused))


def started(tokens: Tokens, source: KeySource = KeySource.EXCHANGED) -> tuple[Exchange, Sent]:
    provider = ProviderSettings(3, "vertexai_gemini", key_source=source, timeouts=Timeouts(connect=0.01))
    sent = Sent(Candidate(provider, Route("m", "m")))
    snapshot: Any = SimpleNamespace(google_tokens=tokens)
    return exchange(snapshot=snapshot, sent=sent), sent


def get(tokens: Tokens, source: KeySource = KeySource.EXCHANGED) -> tuple[str, str]:
    made, sent = started(tokens, source)
    token = asyncio.run(get_access_token(made, sent))
    return token.reveal(), sent.access_token.reveal()


def test_only_a_block_whose_credential_is_exchanged_gets_one() -> None:
    assert get(Tokens()) == (TOKEN.reveal(), TOKEN.reveal())
    for source in set(KeySource) - {KeySource.EXCHANGED}:
        assert get(Tokens(hangs=True), source) == ("", "")


def test_one_that_does_not_come_is_a_connection_that_does_not() -> None:
    with pytest.raises(Overdue, match=r"no access token within 0.01 s \(timeout: connect\)"):
        get(Tokens(hangs=True))


@pytest.mark.parametrize(
    ("status", "token", "forgotten"),
    [(401, TOKEN, [(3, TOKEN)]), (403, TOKEN, []), (None, TOKEN, []), (401, Secret(""), [])],
)
def test_after_a_401_the_token_is_forgotten(status: int | None, token: Secret, forgotten: list[object]) -> None:
    tokens = Tokens()
    made, sent = started(tokens)
    made.sent = replace(sent, access_token=token)
    notice_refusal(made, status)
    assert tokens.forgotten == forgotten


def test_a_401_is_noticed_when_it_comes() -> None:
    tokens = Tokens()
    made, sent = started(tokens)
    made.sent = replace(sent, access_token=TOKEN)
    made.clock = ReplyClock(FakeLoop(), lambda expired: None)
    failed = flow()
    failed.response = http.Response.make(401, b"{}")
    attach_attempt(failed)
    answers = Answers(lambda: 0.0)
    dispatch = Dispatch(answers, ErrorReplies(answers), LoopGuard(dict), FakeLoop, lambda flow, why: None)
    attach_exchange(failed, made)
    asyncio.run(dispatch.proapi_attempt(failed))
    assert tokens.forgotten == [(3, TOKEN)]
