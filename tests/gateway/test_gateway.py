from __future__ import annotations

import pytest

from proapi_gateway.gateway import Gateway
from proapi_gateway.settings import Route, Settings
from proapi_translate import ClientFault

from .sample_settings import KEY, block, settings, token

TWO = block(0, "m"), block(1, "m")


def _gateway(first: Settings) -> Gateway:
    return Gateway(first, clock=lambda: 1_764_000_000.9, speaks_openai=lambda provider: provider == "openai")


def _place(gateway: Gateway, model: str = "m") -> int:
    here = gateway.snapshot
    return here.router.candidates(model, here.clients.identify(f"Bearer {KEY}"))[0].provider.place


def test_a_snapshot_holds_all_that_follows_from_its_settings() -> None:
    first = settings(*TWO)
    here = _gateway(first).snapshot
    caller = here.clients.identify(f"Bearer {KEY}")
    assert here.settings is first
    assert here.models.entry("m", caller)["created"] == 1_764_000_000
    assert here.router.candidates("m", caller)[0].provider is first.providers[0]
    assert here.passthrough.candidates("m", caller)[0].provider is first.providers[1]


def test_a_swap_changes_what_comes_and_not_what_has_begun() -> None:
    gateway = _gateway(settings(*TWO))
    begun = gateway.snapshot
    assert gateway.swap(settings(block(0, "n"), tokens=(token(key="sk-new"),))) is gateway.snapshot
    caller = begun.clients.identify(f"Bearer {KEY}")
    assert begun.router.candidates("m", caller)
    with pytest.raises(ClientFault, match="Incorrect API key"):
        gateway.snapshot.clients.identify(f"Bearer {KEY}")


def test_turns_of_unchanged_names_outlive_many_swaps() -> None:
    gateway = _gateway(settings(*TWO))
    places = []
    for _ in range(4):
        places.append(_place(gateway))
        gateway.swap(settings(*TWO))
    assert places == [0, 1, 0, 1]


def test_settings_that_cannot_be_compiled_leave_the_old_ones_in_force() -> None:
    gateway = _gateway(settings(*TWO))
    with pytest.raises(ValueError, match="inf"):
        gateway.swap(settings(block(0, Route("m", "x", float("inf")))))
    assert _place(gateway) == 0


def test_models_keep_their_time_over_a_swap() -> None:
    clock = iter([100.0, 200.0])
    gateway = Gateway(settings(*TWO), lambda: next(clock), lambda provider: True)
    here = gateway.swap(settings(*TWO))
    assert here.models.entry("m", here.clients.identify(f"Bearer {KEY}"))["created"] == 100
