"""Google's access tokens: one for each credential, used until shortly before it ends and renewed before that.

For one event loop. What blocks (google-auth, reading files) runs in a thread, one at a time for each credential.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from proapi_translate import BackendFailure

from .daemon_threads import run_in_daemon_thread
from .google_exchange import AccessToken, ExchangeFailure, GoogleCredential, credential_of, exchange
from .settings import KeySource, ProviderSettings, Secret

logger = logging.getLogger(__name__)

# The last part of a token's life in which it is renewed while it still serves, and in which it serves no more: so many
# seconds, but of a short life only its share (the metadata server hands out tokens whose life is half over).
_RENEWING_S, _RENEWING_SHARE = 300.0, 0.2
_ENDING_S, _ENDING_SHARE = 30.0, 0.05
# For how long a failure is believed before the token address is asked again.
_REFUSED_S, _UNREACHABLE_S = 30.0, 5.0
# A backend that refuses a token younger than this means something else.
_TOO_YOUNG_TO_BE_STALE_S = 60.0


@dataclass(slots=True)
class _Held:
    """What is known of one credential. All times are the clock's."""

    token: AccessToken | None = None
    got_at: float = 0.0
    renew_from: float = 0.0
    serves_until: float = 0.0
    failure: ExchangeFailure | None = None
    believed_until: float = 0.0
    running: asyncio.Task[None] | None = None

    def take(self, token: AccessToken, now: float) -> None:
        life = max(token.expires_at - now, 0.0)
        self.token, self.got_at, self.failure, self.believed_until = token, now, None, 0.0
        self.renew_from = token.expires_at - min(_RENEWING_S, life * _RENEWING_SHARE)
        self.serves_until = token.expires_at - min(_ENDING_S, life * _ENDING_SHARE)

    def note(self, failure: ExchangeFailure, now: float) -> None:
        self.failure = failure
        self.believed_until = now + (_REFUSED_S if failure.refused else _UNREACHABLE_S)


class GoogleTokens:
    """`clock`: Unix seconds. `exchange(credential)` blocks, and raises ExchangeFailure."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        exchange: Callable[[GoogleCredential], AccessToken] = exchange,
    ) -> None:
        self._clock = clock
        self._exchange = exchange
        self._held: dict[GoogleCredential, _Held] = {}

    async def token_for(self, provider: ProviderSettings) -> Secret:
        """A token of this block's credential, which serves now.

        Waits only where there is none: for the one exchange that runs for this credential. Raises BackendFailure (502)
        that says what is wrong with the credential; the caller tries the next candidate.
        """
        credential = credential_of(provider)
        held = self._held.setdefault(credential, _Held())
        now = self._clock()
        if held.token is not None and now < held.serves_until:
            if now >= held.renew_from and now >= held.believed_until:
                self._renew(credential, held, provider.label)
            return held.token.value
        if held.failure is None or now >= held.believed_until:
            # Shielded: who stops waiting (a deadline, a client that left) does not take it from the others.
            await asyncio.shield(self._renew(credential, held, provider.label))
        if held.failure is not None or held.token is None:
            why = held.failure or "no token came"
            said = f"The backend {provider.label} got no access token: {why}."
            raise BackendFailure(said, status=502, kind="upstream_error", code="no_access_token")
        return held.token.value

    def forget(self, provider: ProviderSettings, refused: Secret) -> None:
        """A backend refused this token though its time is not over (revoked): the next request gets a new one."""
        held = self._held.get(credential_of(provider))
        if held is None or held.token is None or held.token.value != refused:
            return
        if self._clock() - held.got_at >= _TOO_YOUNG_TO_BE_STALE_S:
            held.token = None

    def keep_only(self, providers: Iterable[ProviderSettings]) -> None:
        """After a reload: the tokens of credentials that no block has any more are forgotten."""
        wanted = {credential_of(each) for each in providers if each.key_source is KeySource.EXCHANGED}
        self._held = {credential: held for credential, held in self._held.items() if credential in wanted}

    def _renew(self, credential: GoogleCredential, held: _Held, label: str) -> asyncio.Task[None]:
        if held.running is None:
            held.running = asyncio.get_running_loop().create_task(self._run(credential, held, label))
        return held.running

    async def _run(self, credential: GoogleCredential, held: _Held, label: str) -> None:
        try:
            token = await run_in_daemon_thread(partial(self._exchange, credential), "google-token")
            held.take(token, self._clock())
        except ExchangeFailure as failure:
            held.note(failure, self._clock())
            logger.warning("%s got no access token: %s", label, failure)
        except Exception as error:  # noqa: BLE001 - the library has many; their texts may hold the credential
            held.note(ExchangeFailure("the exchange failed", refused=True), self._clock())
            logger.error("%s got no access token: %s", label, type(error).__name__)
        finally:
            held.running = None
