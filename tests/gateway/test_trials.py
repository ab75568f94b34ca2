"""A trial's bearer opens one place for a minute, and nobody but us can make one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proapi_gateway.gateway import Gateway
from proapi_gateway.health import Health
from proapi_gateway.settings import Route, Secret
from proapi_gateway.trials import Trial, TrialKeys, trial_settings
from proapi_translate import ClientFault

from .sample_settings import KEY, block, settings

NOW = 1_764_000_000.5
KEYS = TrialKeys(b"secret", lambda: NOW)
TRIAL = Trial(1, 0, 1)
TWO = settings(
    replace(block(0, "m"), api_keys=(Secret("sk-zero"),)),
    replace(block(1, Route("m", "up", 0.0), "n"), api_keys=(Secret("sk-a"), Secret("sk-b"))),
)


def test_what_is_made_is_read() -> None:
    bearer = KEYS.make(TRIAL)
    assert KEYS.read(f"Bearer {bearer.reveal()}") == (TRIAL, bearer)
    assert TrialKeys(b"secret", lambda: NOW + 59).read(f"Bearer {bearer.reveal()}") == (TRIAL, bearer)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        f"Bearer {KEY}",
        "Bearer proapi-trial.",
        "Bearer proapi-trial.1.0.0.0.9999999999.",
        "Bearer proapi-trial.1.0.0.0.9999999999." + "0" * 64,
        "Bearer proapi-trial.x.\ud800",
        f"Bearer {TrialKeys(b'another', lambda: NOW).make(TRIAL).reveal()}",
        f"Bearer {TrialKeys(b'secret', lambda: NOW - 62).make(TRIAL).reveal()}",
        f"Bearer {KEYS.make(TRIAL).reveal().replace('.1.0.', '.0.0.', 1)}",
    ],
)
def test_anything_else_is_no_trial(authorization: str | None) -> None:
    assert KEYS.read(authorization) is None


def test_in_a_trial_there_is_nobody_else() -> None:
    gateway = Gateway(TWO, lambda: NOW, lambda provider: True)
    bearer = KEYS.make(TRIAL)
    here = gateway.trial_snapshot(TRIAL, bearer)
    assert here is not None
    client = here.clients.identify(f"Bearer {bearer.reveal()}")
    (candidate,) = here.router.candidates("m", client)
    assert (candidate.provider.place, candidate.route.upstream, candidate.api_key.reveal()) == (1, "up", "sk-b")
    with pytest.raises(ClientFault):
        here.router.candidates("n", client)
    with pytest.raises(ClientFault):
        here.clients.identify(f"Bearer {KEY}")
    assert here.settings.server == TWO.server  # what is made from it (the cache, the log) stays the one of all
    assert gateway.snapshot.settings is TWO


def test_its_outcome_counts_for_the_health_of_all() -> None:
    gateway = Gateway(TWO, lambda: NOW, lambda provider: True, Health(lambda: NOW, lambda: 0.5))
    here = gateway.trial_snapshot(TRIAL, KEYS.make(TRIAL))
    assert here is not None
    assert here.health is gateway.snapshot.health
    tried = next(here.router.everybody())
    assert tried.identity in {candidate.identity for candidate in gateway.snapshot.router.everybody()}


@pytest.mark.parametrize("trial", [Trial(2), Trial(0, 1), Trial(1, 0, 2)])
def test_a_place_that_is_gone(trial: Trial) -> None:
    assert trial_settings(TWO, trial, Secret("x")) is None
