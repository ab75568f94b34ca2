"""Which candidate is tried after which, without any I/O."""

import pytest

from proapi_gateway.failover import Outcome, try_in_turn
from proapi_gateway.routing import Candidate
from proapi_gateway.settings import ProviderSettings, Route


def candidate(name: str, **settings: object) -> Candidate:
    return Candidate(ProviderSettings(place=0, provider="openai", name=name, **settings), Route("m", "m"))


A, B, C = candidate("a"), candidate("b"), candidate("c")


def run(candidates: list[Candidate], outcomes: list[Outcome]) -> list[str]:
    """The names that are tried while these are the outcomes."""
    plan = try_in_turn(candidates)
    tried = [next(plan)]
    for outcome in outcomes:
        try:
            tried.append(plan.send(outcome))
        except StopIteration:
            break
    return [each.provider.name for each in tried]


@pytest.mark.parametrize("status", [None, 408, 409, 429, 500, 502, 503, 529, 599])
def test_what_another_may_do_better_goes_on(status: int | None) -> None:
    assert run([A, B, C], [Outcome(status), Outcome(status)]) == ["a", "b", "c"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_is_the_requests_fault_stops(status: int) -> None:
    assert run([A, B], [Outcome(status)]) == ["a"]


def test_it_ends_with_the_last() -> None:
    assert run([A, B], [Outcome(500)] * 5) == ["a", "b"]
    assert list(try_in_turn([])) == []


@pytest.mark.parametrize(("retry_in_doubt", "tried"), [(True, ["a", "b"]), (False, ["a"])])
def test_in_doubt_the_block_decides(retry_in_doubt: bool, tried: list[str]) -> None:
    first = candidate("a", retry_in_doubt=retry_in_doubt)
    assert run([first, B], [Outcome(None, in_doubt=True)]) == tried
    assert run([first, B], [Outcome(None, in_doubt=False)]) == ["a", "b"]
