"""When a credential is exchanged, and when not, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine

import pytest

from proapi_gateway.google_exchange import AccessToken, ExchangeFailure, GoogleCredential, credential_of
from proapi_gateway.google_tokens import GoogleTokens
from proapi_gateway.settings import KeySource, ProviderSettings, Secret
from proapi_translate import BackendFailure

LIFE_S = 3600.0


def vertex(place: int = 0, refresh_token: str = "1//refresh-a", **fields: object) -> ProviderSettings:
    return ProviderSettings(
        place,
        "vertexai_gemini",
        key_source=KeySource.EXCHANGED,
        options={"CLIENT_ID": "shared-client-id"},
        secret_options={"CLIENT_SECRET": Secret("shared-secret"), "REFRESH_TOKEN": Secret(refresh_token)},
        **fields,
    )


class Exchanges:
    """Counts them, and answers each with "REFRESH_TOKEN#N"; `hold`: each waits for it; `failure`: each raises it."""

    def __init__(self) -> None:
        self.now, self.life = 1000.0, LIFE_S
        self.asked: list[GoogleCredential] = []
        self.failure: Exception | None = None
        self.hold: threading.Event | None = None
        self.tokens = GoogleTokens(lambda: self.now, self._exchange)

    def _exchange(self, credential: GoogleCredential) -> AccessToken:
        self.asked.append(credential)
        number = len(self.asked)
        if self.hold:
            assert self.hold.wait(20)
        if self.failure:
            raise self.failure
        return AccessToken(Secret(f"{credential.refresh_token.reveal()}#{number}"), self.now + self.life)

    async def get(self, provider: ProviderSettings | None = None) -> str:
        return (await self.tokens.token_for(provider or vertex())).reveal()

    async def settled(self) -> None:
        """Until no exchange runs."""
        for held in self.tokens._held.values():
            if held.running:
                await held.running


def in_loop(test: Callable[[Exchanges], Coroutine[None, None, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(asyncio.wait_for(test(Exchanges()), 30))

    run.__name__ = test.__name__
    return run


@in_loop
async def test_many_requests_one_exchange(run: Exchanges) -> None:
    first = await asyncio.gather(*(run.get() for _ in range(1000)))
    run.now += LIFE_S - 301
    assert set(first) == {await run.get()} == {"1//refresh-a#1"}
    assert len(run.asked) == 1


@in_loop
async def test_a_token_is_renewed_before_its_end_while_nobody_waits(run: Exchanges) -> None:
    await run.get()
    run.hold = threading.Event()
    run.now += LIFE_S - 299
    assert [await run.get() for _ in range(10)] == ["1//refresh-a#1"] * 10  # the exchange hangs, and none waits
    run.hold.set()
    await run.settled()
    assert await run.get() == "1//refresh-a#2"
    assert len(run.asked) == 2


@in_loop
async def test_a_token_that_ends_serves_no_more(run: Exchanges) -> None:
    await run.get()
    run.now += LIFE_S - 29
    assert await run.get() == "1//refresh-a#2"


@in_loop
async def test_a_short_life_is_not_renewed_all_the_time(run: Exchanges) -> None:
    run.life = 250.0  # what is left of a token of the metadata server's
    await run.get()
    run.now += 190
    await run.get()
    await run.settled()
    assert len(run.asked) == 1
    run.now += 15
    await run.get()
    await run.settled()
    assert len(run.asked) == 2


@in_loop
async def test_a_renewal_that_fails_leaves_the_old_token_in_use(run: Exchanges) -> None:
    await run.get()
    run.failure = ExchangeFailure("no connection", refused=False)
    run.now += LIFE_S - 299
    for _ in range(50):
        assert await run.get() == "1//refresh-a#1"
        await run.settled()
    assert len(run.asked) == 2
    run.now += 6
    await run.get()
    await run.settled()
    assert len(run.asked) == 3


@in_loop
async def test_a_refusal_is_remembered_and_names_no_secret(run: Exchanges) -> None:
    run.failure = ExchangeFailure("the refresh token was refused (invalid_grant)", refused=True)
    for _ in range(1000):
        with pytest.raises(BackendFailure, match=r"vertexai_gemini got no access token: .*invalid_grant") as failed:
            await run.get()
    assert len(run.asked) == 1
    assert failed.value.status == 502
    assert "1//refresh-a" not in str(failed.value) + repr(failed.value)
    run.failure = None
    run.now += 29
    with pytest.raises(BackendFailure):
        await run.get()
    run.now += 2
    assert await run.get() == "1//refresh-a#2"


@in_loop
async def test_those_who_wait_are_told_of_a_failure_together(run: Exchanges) -> None:
    run.failure = ExchangeFailure("no connection", refused=False)
    outcomes = await asyncio.gather(*(run.get() for _ in range(100)), return_exceptions=True)
    assert {type(each) for each in outcomes} == {BackendFailure}
    assert len(run.asked) == 1


@in_loop
async def test_who_stops_waiting_does_not_take_it_from_the_others(run: Exchanges) -> None:
    run.hold = threading.Event()
    impatient, patient = asyncio.ensure_future(run.get()), asyncio.ensure_future(run.get())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    run.hold.set()
    assert await patient == "1//refresh-a#1"


@in_loop
async def test_a_token_serves_only_the_credential_that_made_it(run: Exchanges) -> None:
    # gcloud's own CLIENT_ID is everybody's: two accounts share it
    assert await run.get(vertex(0)) == "1//refresh-a#1"
    assert await run.get(vertex(1, "1//refresh-b")) == "1//refresh-b#2"
    assert await run.get(vertex(2)) == "1//refresh-a#1"
    assert await run.get(vertex(3, proxy="http://127.0.0.1:1")) == "1//refresh-a#3"


@in_loop
async def test_a_reload_keeps_the_tokens_of_credentials_that_stayed(run: Exchanges) -> None:
    await run.get(vertex(0))
    await run.get(vertex(1, "1//refresh-b"))
    run.tokens.keep_only([vertex(5), ProviderSettings(1, "openai")])
    assert await run.get(vertex(5)) == "1//refresh-a#1"
    assert await run.get(vertex(1, "1//refresh-b")) == "1//refresh-b#3"


@in_loop
async def test_a_token_that_a_backend_refuses_is_got_anew(run: Exchanges) -> None:
    refused = Secret(await run.get())
    run.tokens.forget(vertex(), refused)
    assert await run.get() == refused  # too young: it is something else that is refused
    run.now += 61
    run.tokens.forget(vertex(), Secret("another"))
    run.tokens.forget(vertex(9, "1//never-seen"), refused)
    assert await run.get() == refused
    run.tokens.forget(vertex(), refused)
    assert await run.get() == "1//refresh-a#2"


@in_loop
async def test_an_unexpected_error_is_a_failure_without_its_text(run: Exchanges) -> None:
    run.failure = ValueError("1//refresh-a in a library's text")
    with pytest.raises(BackendFailure) as failed:
        await run.get()
    assert "1//" not in str(failed.value)


def test_nothing_of_a_credential_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(run: Exchanges, failure: Exception) -> None:
        run.failure = failure
        with pytest.raises(BackendFailure):
            await run.get()
        run.failure, run.now = None, run.now + 100
        await run.get()

    with caplog.at_level(logging.DEBUG):
        for failure in (ExchangeFailure("was refused", refused=True), ValueError("1//refresh-a")):
            wait: Awaitable[None] = fail(Exchanges(), failure)
            asyncio.run(wait)  # type: ignore[arg-type]
    assert "vertexai_gemini got no access token: was refused" in caplog.text
    assert "ValueError" in caplog.text
    assert "1//" not in caplog.text


def test_a_printed_credential_shows_nothing() -> None:
    printed = repr(credential_of(vertex(proxy="http://user:secret-of-proxy@h:1")))
    assert not [secret for secret in ("shared-secret", "1//refresh-a", "secret-of-proxy") if secret in printed]
