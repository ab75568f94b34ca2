"""Trials: small requests by which the admin tries one backend with one key, through all of the gateway's machinery.

A trial comes in by the base_url door like any other request. Its bearer names what is to be tried, signed: so any of
several workers can serve it, none keeps a list, and nobody else can make one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace

from .settings import ProviderSettings, Secret, Settings, TokenSettings

_PREFIX = "proapi-trial"
_SCHEME = f"Bearer {_PREFIX}."
_GOOD_FOR_S = 60
TRIAL_TOKEN = "admin"  # the token's name that the log shows


@dataclass(frozen=True, slots=True)
class Trial:
    """Places in the settings in force: of the block, its route, its key and its location; 0 where it has none."""

    block: int
    route: int = 0
    key: int = 0
    location: int = 0


class TrialKeys:
    """`secret`: the same in all processes that share the doors. `clock()`: Unix seconds."""

    def __init__(self, secret: bytes, clock: Callable[[], float]) -> None:
        self._secret = secret
        self._clock = clock

    def make(self, trial: Trial) -> Secret:
        """The bearer of one trial, good for a minute."""
        until = int(self._clock()) + _GOOD_FOR_S
        told = f"{trial.block}.{trial.route}.{trial.key}.{trial.location}.{until}"
        return Secret(f"{_PREFIX}.{told}.{self._sign(told)}")

    def read(self, authorization: str | None) -> tuple[Trial, Secret] | None:
        """The trial of an Authorization header, with its bearer; None for anything else, also for one that is over."""
        if authorization is None or not authorization.startswith(_SCHEME):
            return None
        bearer = authorization.removeprefix("Bearer ")
        told, _, signature = bearer.removeprefix(f"{_PREFIX}.").rpartition(".")
        if not hmac.compare_digest(signature.encode("utf-8", "replace"), self._sign(told).encode()):
            return None
        block, route, key, location, until = map(int, told.split("."))
        return (Trial(block, route, key, location), Secret(bearer)) if self._clock() <= until else None

    def _sign(self, told: str) -> str:
        return hmac.new(self._secret, told.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def trial_settings(settings: Settings, trial: Trial, bearer: Secret) -> Settings | None:
    """Settings in which there is nobody but the one who is tried; None: that place is not there any more."""
    try:
        block = settings.providers[trial.block]
        only = _only(block, trial)
    except IndexError:
        return None
    token = TokenSettings(place=0, api_key=bearer, patterns=("all",), name=TRIAL_TOKEN)
    server = replace(settings.server, default_model="", fallback={}, context_fallback={})
    return replace(settings, providers=(only,), tokens=(token,), server=server)


def _only(block: ProviderSettings, trial: Trial) -> ProviderSettings:
    return replace(
        block,
        routes=(replace(block.routes[trial.route], weight=1.0),),
        api_keys=(block.api_keys[trial.key],) if block.api_keys else (),
        locations=(block.locations[trial.location],) if block.locations else (),
    )
