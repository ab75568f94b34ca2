"""The decaying average of first-byte times."""

import pytest

from proapi_gateway.candidates import Candidate
from proapi_gateway.latencies import Latencies
from proapi_gateway.settings import ProviderSettings, Route


def candidate(name: str, model: str = "m") -> Candidate:
    return Candidate(ProviderSettings(0, "openai", base_url=f"http://{name}.test/v1"), Route("m", model))


A, B = candidate("a"), candidate("b")


def test_the_newest_counts_most() -> None:
    latencies = Latencies(lambda: 0.5)
    assert latencies.of(A, True) == 0
    latencies.note(A, True, 1.0)
    assert latencies.of(A, True) == 1.0
    latencies.note(A, True, 2.0)
    assert latencies.of(A, True) == pytest.approx(1.3)
    for _ in range(20):
        latencies.note(A, True, 5.0)
    assert latencies.of(A, True) == pytest.approx(5, abs=0.01)


def test_streams_models_and_backends_are_kept_apart() -> None:
    latencies = Latencies(lambda: 0.5)
    latencies.note(A, True, 1.0)
    assert latencies.of(A, False) == latencies.of(B, True) == latencies.of(candidate("a", "other"), True) == 0


def test_what_is_gone_from_the_file_is_forgotten() -> None:
    latencies = Latencies(lambda: 0.5)
    latencies.note(A, True, 1.0)
    latencies.note(B, True, 1.0)
    latencies.keep_only([A])
    assert (latencies.of(A, True), latencies.of(B, True)) == (1.0, 0)


def test_names_that_clients_make_up_take_no_more_and_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proapi_gateway.latencies._MOST", 3)
    latencies = Latencies(lambda: 0.5)
    for name in ("used", "b", "c", "used", "d", "e"):
        latencies.note(candidate("a", name), True, 1.0)
    assert [latencies.of(candidate("a", name), True) for name in ("used", "b", "c", "d", "e")] == [1, 0, 0, 1, 1]


@pytest.mark.parametrize(("chance", "explores"), [(0.0, True), (0.049, True), (0.05, False), (0.9, False)])
def test_one_request_in_twenty_explores(chance: float, explores: bool) -> None:
    assert Latencies(lambda: chance).explores() is explores
