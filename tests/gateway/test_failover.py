"""Which candidate is tried after which, without any I/O."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_gateway.candidates import Candidate
from proapi_gateway.failover import ATTEMPT_BUDGET, LONGEST_WAIT_S, PASSED_OVER, Outcome, Step, rank, try_in_turn
from proapi_gateway.settings import KeySource, ProviderSettings, Route, Secret
from proapi_translate import Cause

TOO_LONG = Outcome(400, Cause.PROMPT_TOO_LONG)
KEY_REFUSED = Outcome(401, Cause.KEY_REFUSED)
NO_SUCH_MODEL = Outcome(404, Cause.NO_SUCH_MODEL)


def candidate(name: str, place: int, key: int = 0, location: str = "", **settings: object) -> Candidate:
    block = ProviderSettings(place=place, provider="openai", name=name, **settings)
    return Candidate(block, Route("m", "m"), Secret(f"key-{key}"), key_position=key, location=location)


A, B, C = candidate("a", 0), candidate("b", 1), candidate("c", 2)
A1, A2 = candidate("a1", 0, 1), candidate("a2", 0, 2)


def run(candidates: list[Candidate], *outcomes: Outcome, **settings: object) -> list[str]:
    """The names that are tried while these are the outcomes; "a+3" for one that is waited for."""
    plan = try_in_turn(candidates, **settings)
    tried: list[Step] = []
    try:
        tried.append(next(plan))
        for outcome in outcomes:
            tried.append(plan.send(outcome))
    except StopIteration:
        pass
    return [step.candidate.provider.name + (f"+{step.after_s:g}" if step.after_s else "") for step in tried]


@pytest.mark.parametrize("status", [None, 408, 409, 429, 500, 502, 503, 529, 599])
def test_what_another_may_do_better_goes_on(status: int | None) -> None:
    assert run([A, B, C], Outcome(status), Outcome(status)) == ["a", "b", "c"]


@pytest.mark.parametrize("status", [400, 404, 405, 413, 415, 422, 451])
def test_what_is_the_requests_fault_stops(status: int) -> None:
    assert run([A, B], Outcome(status)) == ["a"]


@pytest.mark.parametrize("outcome", [KEY_REFUSED, Outcome(403, Cause.KEY_REFUSED), Outcome(429, Cause.KEY_REFUSED)])
def test_a_key_of_ours_that_is_refused_leaves_it_to_the_next(outcome: Outcome) -> None:
    assert run([A, A1, B], outcome, outcome) == ["a", "a1", "b"]


def test_a_clients_own_key_that_is_refused_is_the_clients_matter() -> None:
    assert run([candidate("a", 0, key_source=KeySource.CLIENT), B], KEY_REFUSED) == ["a"]


def test_a_model_that_one_backend_lacks_may_be_elsewhere() -> None:
    assert run([A, B], NO_SUCH_MODEL) == ["a", "b"]


def test_it_ends_with_the_last() -> None:
    assert run([A, B], *[Outcome(500)] * 5) == ["a", "b"]
    assert list(try_in_turn([])) == []


# ---- The order.


def test_after_a_limit_the_next_key_is_tried() -> None:
    assert run([A, A1, B], Outcome(429), Outcome(429)) == ["a", "a1", "b"]


@pytest.mark.parametrize("outcome", [Outcome(503), Outcome(None)])
def test_the_other_keys_of_a_backend_that_fails_come_last(outcome: Outcome) -> None:
    assert run([A, A1, A2, B, C], *[outcome] * 4) == ["a", "b", "c", "a1", "a2"]


def test_another_model_of_a_backend_that_is_up_keeps_its_place() -> None:
    other_model = Candidate(A.provider, Route("n", "other"))
    assert run([A, other_model, B], Outcome(503)) == ["a", "a"]
    assert run([A, other_model, B], Outcome(None)) == ["a", "b"]  # one that cannot be reached has no models


@pytest.mark.parametrize("outcome", [Outcome(503), Outcome(None)])
def test_another_location_is_another_backend(outcome: Outcome) -> None:
    assert run([candidate("here", 0, location="x"), candidate("there", 0, location="y"), B], outcome) == [
        "here",
        "there",
    ]


def test_what_cannot_be_asked_is_passed_over_with_its_other_keys_and_is_no_attempt() -> None:
    assert run([A, A1, B, C], PASSED_OVER, Outcome(500), budget=2) == ["a", "b", "c"]


def test_without_what_all_of_a_block_needs_nobody_else_of_it_is_tried() -> None:
    there = candidate("there", 0, location="y")
    assert run([A, there, A1, B, C], Outcome(not_ready=True), Outcome(500), budget=2) == ["a", "b"]


def test_the_budget_bounds_the_attempts() -> None:
    many = [candidate(f"k{place}", place) for place in range(20)]
    assert len(run(many, *[Outcome(500)] * 20)) == ATTEMPT_BUDGET
    assert run(many, *[Outcome(500)] * 20, budget=2) == ["k0", "k1"]


def pool(name: str, place: int, keys: int) -> list[Candidate]:
    return [candidate(name, place, key) for key in range(keys)]


@pytest.mark.parametrize(
    ("queue", "tried"),
    [
        (pool("a", 0, 8), ["a"] * 8),
        ([*pool("a", 0, 8), B], ["a"] * 7 + ["b"]),
        ([*pool("a", 0, 8), *pool("b", 1, 8), C], ["a"] * 6 + ["b", "c"]),
        ([*pool("a", 0, 5), *pool("b", 1, 8), C], ["a"] * 5 + ["b", "b", "c"]),
        ([*pool("a", 0, 2), *pool("b", 1, 2)], ["a", "a", "b", "b"]),
        ([*pool("a", 0, 3), *(candidate(f"k{place}", place) for place in range(1, 9))],
         ["a", *(f"k{place}" for place in range(1, 8))]),
        # another model of the same block has limits of its own
        ([*pool("a", 0, 8), Candidate(candidate("small", 0).provider, Route("n", "small"))], ["a"] * 7 + ["small"]),
    ],
)  # fmt: skip
def test_a_long_pool_of_limited_keys_leaves_an_attempt_for_everybody_else(
    queue: list[Candidate], tried: list[str]
) -> None:
    assert run(queue, *[Outcome(429, retry_after_s=60)] * 20) == tried


def test_whoever_has_no_time_left_is_not_tried() -> None:
    assert run([A, B, C], *[Outcome(500)] * 3, has_time=lambda step: step.candidate is not B) == ["a", "c"]


# ---- Doubt.


@pytest.mark.parametrize(("retry_in_doubt", "tried"), [(True, ["a", "b"]), (False, ["a"])])
def test_in_doubt_the_block_decides(retry_in_doubt: bool, tried: list[str]) -> None:
    first = candidate("a", 0, retry_in_doubt=retry_in_doubt)
    assert run([first, B], Outcome(None, in_doubt=True)) == tried
    assert run([first, B], Outcome(None, in_doubt=False)) == ["a", "b"]
    assert run([first, B], Outcome(502, in_doubt=True)) == tried  # garbage


@pytest.mark.parametrize(
    ("outcome", "goes_on"),
    [
        (Outcome(None), True),  # no connection
        (Outcome(None, in_doubt=True), False),
        (Outcome(429), True),
        (Outcome(503), True),
        (Outcome(529), True),
        (KEY_REFUSED, True),
        (NO_SUCH_MODEL, True),
        (Outcome(500), False),
        (Outcome(502), False),
        (Outcome(504), False),
        (Outcome(408), False),
        (Outcome(409), False),
    ],
)
def test_what_makes_something_is_tried_again_only_if_nothing_was_made(outcome: Outcome, goes_on: bool) -> None:
    assert run([A, B], outcome, repeatable=False) == (["a", "b"] if goes_on else ["a"])


# ---- Prompts that are too long.


def test_a_prompt_that_is_too_long_goes_to_those_that_take_longer_ones() -> None:
    assert run([A, B], TOO_LONG, Outcome(500), longer=lambda: (C, A1)) == ["a", "c", "a1"]
    assert run([A, B], TOO_LONG) == ["a"]


def test_of_those_too_the_next_may_take_a_longer_one() -> None:
    assert run([A], TOO_LONG, TOO_LONG, TOO_LONG, longer=lambda: (B, C)) == ["a", "b", "c"]


def test_nobody_is_asked_again_for_a_longer_prompt() -> None:
    assert run([A, B], TOO_LONG, longer=lambda: (A, C)) == ["a", "c"]


# ---- Retry-After.


def limited(seconds: float) -> Outcome:
    return Outcome(429, retry_after_s=seconds)


def test_the_backend_that_asked_for_the_shortest_time_gets_it_when_nobody_is_left() -> None:
    assert run([A, B], limited(4), limited(2)) == ["a", "b", "b+2"]
    assert run([A, B], limited(2), Outcome(500)) == ["a", "b", "a+2"]


def test_it_is_waited_for_once() -> None:
    assert run([A], limited(1), limited(1), limited(1)) == ["a", "a+1"]
    assert run([A], limited(0)) == ["a", "a+0.1"]


def test_a_long_wait_is_the_clients() -> None:
    assert run([A], limited(LONGEST_WAIT_S)) == ["a", f"a+{LONGEST_WAIT_S:g}"]
    assert run([A], limited(LONGEST_WAIT_S + 1)) == ["a"]


def test_no_wait_beyond_budget_and_deadline() -> None:
    assert run([A], limited(2), budget=1) == ["a"]
    assert run([A], limited(2), has_time=lambda step: step.after_s < 1) == ["a"]


def test_a_final_outcome_ends_the_waiting_too() -> None:
    assert run([A, B], limited(2), Outcome(400)) == ["a", "b"]


# ---- What the client gets.


def test_the_ranks_of_failures() -> None:
    ranked = [Outcome(429), Outcome(500), Outcome(None), TOO_LONG, NO_SUCH_MODEL, KEY_REFUSED]
    assert [rank(outcome) for outcome in ranked] == [0, 1, 2, 3, 4, 5]
    assert rank(Outcome(400)) == rank(Outcome(429))
    assert rank(Outcome(408)) == rank(Outcome(409)) == rank(Outcome(503))


# ---- All of it, on anything.

OUTCOMES = st.builds(
    Outcome,
    status=st.sampled_from([None, 400, 401, 404, 408, 409, 429, 500, 503, 529]),
    cause=st.sampled_from(Cause),
    in_doubt=st.booleans(),
    retry_after_s=st.sampled_from([None, 0.0, 0.5, 4.0, 60.0]),
)
CANDIDATES = st.builds(candidate, st.just("x"), st.integers(0, 3), st.integers(0, 2))
POOLS = st.lists(CANDIDATES, max_size=12, unique_by=lambda each: each.here)


@given(POOLS, POOLS, st.lists(st.one_of(OUTCOMES, st.just(PASSED_OVER)), max_size=30), st.booleans())
def test_no_candidate_is_tried_twice_but_for_a_wait(
    pool: list[Candidate], longer: list[Candidate], outcomes: list[Outcome], repeatable: bool
) -> None:
    plan = try_in_turn(pool, longer=lambda: longer, repeatable=repeatable)
    tried, attempts, waits = set[object](), 0, 0
    try:
        step = next(plan)
        for outcome in outcomes:
            if step.after_s:
                waits += 1
                assert step.candidate.here in tried
            else:
                assert step.candidate.here not in tried or outcome.passed_over
            if not outcome.passed_over:
                tried.add(step.candidate.here)
                attempts += 1
            step = plan.send(outcome)
    except StopIteration:
        pass
    assert attempts <= ATTEMPT_BUDGET
    assert waits <= 1
