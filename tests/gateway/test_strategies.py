"""The orders beside the weights, as the router gives them."""

import pytest

from proapi_gateway.candidates import Candidate
from proapi_gateway.failover import Outcome
from proapi_gateway.health import Health
from proapi_gateway.routing import Router
from proapi_gateway.settings import ProviderSettings, Route, ServerSettings
from tests.gateway.sample_settings import block, client, settings

GOOD = Outcome(200)


class Run:
    def __init__(self, strategy: str, *blocks: ProviderSettings, chance: float = 0.5, **server: object) -> None:
        self.now = 0.0
        self.health = Health(lambda: self.now, lambda: chance)
        configured = settings(*blocks, server=ServerSettings(strategy=strategy, **server))
        self.router = Router(configured, health=self.health)

    def order(self, *, streaming: bool = False) -> list[str]:
        found = self.router.candidates("m", client(), streaming=streaming)
        return [f"{each.provider.place}.{each.key_position}" for each in found]

    def candidate(self, name: str) -> Candidate:
        place, key = map(int, name.split("."))
        return next(each for each in self.router.everybody() if each.here[:2] == (place, key))

    def replied(self, name: str, after_s: float, *, streaming: bool = False) -> None:
        use = self.health.begin(self.candidate(name), streaming=streaming)
        self.now += after_s
        use.replied()
        use.end(GOOD)


def two(first_weight: float = 1, second_weight: float = 1) -> tuple[ProviderSettings, ProviderSettings]:
    return (
        block(0, Route("m", "A", first_weight), keys=("key-a",)),
        block(1, Route("m", "B", second_weight), keys=("key-b",)),
    )


def test_weighted_takes_no_notice_of_what_is_open() -> None:
    run = Run("weighted", *two())
    run.health.begin(run.candidate("0.0"))
    assert [run.order()[0] for _ in range(4)] == ["0.0", "1.0", "0.0", "1.0"]


def test_the_least_busy_is_first() -> None:
    run = Run("least_busy", *two())
    uses = [run.health.begin(run.candidate("0.0")) for _ in range(2)]
    assert [run.order()[0] for _ in range(3)] == ["1.0"] * 3
    for use in uses:
        use.end(GOOD)
    assert {run.order()[0] for _ in range(2)} == {"0.0", "1.0"}  # of equals each takes its turn


def test_twice_the_weight_carries_twice_as_much() -> None:
    run = Run("least_busy", *two(2, 1))
    for _ in range(30):
        run.health.begin(run.candidate(run.order()[0]))
    assert run.health.open_requests(run.candidate("0.0")) == 20


def test_of_a_pool_the_least_busy_key_is_first() -> None:
    run = Run("least_busy", block(0, "m", keys=("k0", "k1", "k2")))
    for name in ("0.0", "0.1", "0.0"):
        run.health.begin(run.candidate(name))
    assert [run.order() for _ in range(2)] == [["0.2", "0.1", "0.0"]] * 2


def test_a_member_is_as_busy_as_all_its_keys() -> None:
    run = Run("least_busy", block(0, "m", keys=("k0", "k1")), block(1, "m", keys=("k2",)))
    run.health.begin(run.candidate("0.0"))
    run.health.begin(run.candidate("0.1"))
    run.health.begin(run.candidate("1.0"))
    assert run.order()[0] == "1.0"


def test_the_fastest_is_first_once_all_are_known() -> None:
    run = Run("lowest_latency", *two())
    run.replied("0.0", 0.9)
    assert run.order()[0] == "1.0"  # never measured
    run.replied("1.0", 2.0)
    assert [run.order()[0] for _ in range(3)] == ["0.0"] * 3


def test_streams_have_a_latency_of_their_own() -> None:
    run = Run("lowest_latency", *two())
    for name, whole_s, stream_s in (("0.0", 1.0, 0.5), ("1.0", 2.0, 0.1)):
        run.replied(name, whole_s)
        run.replied(name, stream_s, streaming=True)
    assert (run.order()[0], run.order(streaming=True)[0]) == ("0.0", "1.0")


def test_some_requests_explore() -> None:
    run = Run("lowest_latency", *two(), chance=0.01)
    run.replied("0.0", 1.0)
    run.replied("1.0", 2.0)
    assert {run.order()[0] for _ in range(2)} == {"0.0", "1.0"}


@pytest.mark.parametrize("strategy", ["weighted", "least_busy", "lowest_latency"])
def test_who_is_ill_comes_after_the_fallbacks(strategy: str) -> None:
    run = Run(strategy, *two(), block(2, "f", keys=("key-f",)), fallback={"m": ("f",)})
    for name in ("0.0", "1.0"):
        run.health.begin(run.candidate(name)).end(Outcome(None))
    assert run.order() == ["2.0", "0.0", "1.0"]


@pytest.mark.parametrize("strategy", ["weighted", "least_busy", "lowest_latency"])
def test_a_member_of_weight_0_stays_out(strategy: str) -> None:
    assert Run(strategy, *two(0, 1)).order() == ["1.0"]
