"""Who is left alone for how long, who comes back how, and how busy each is: on a clock that the test moves."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_gateway.candidates import Candidate
from proapi_gateway.failover import PASSED_OVER, Outcome
from proapi_gateway.health import Health, HealthState, Use
from proapi_gateway.settings import KeySource, ProviderSettings, Route, Secret
from proapi_translate import Cause

GOOD, DOWN, SILENT, FAILING = Outcome(200), Outcome(None), Outcome(None, in_doubt=True), Outcome(503)
KEY_REFUSED = Outcome(401, Cause.KEY_REFUSED)
FORBIDDEN = Outcome(403, Cause.KEY_REFUSED)


def candidate(name: str, key: str = "sk-key-0123456789", **settings: object) -> Candidate:
    block = ProviderSettings(0, "openai", name=name, base_url=f"http://{name}.test/v1", **settings)
    return Candidate(block, Route("m", "m"), Secret(key))


A, B, C = candidate("a"), candidate("b"), candidate("c")
OWN_KEY = candidate("own", key_source=KeySource.CLIENT)


class Run:
    """A health whose clock stands until a test moves it; without chance a jitter is 1."""

    def __init__(self, chance: float = 0.5) -> None:
        self.now = 1000.0
        self.health = Health(lambda: self.now, lambda: chance)

    def meet(self, candidate: Candidate, *outcomes: Outcome | None) -> None:
        """One attempt after the other, each a moment later."""
        for outcome in outcomes:
            self.now += 0.001
            use = self.health.begin(candidate)
            self.now += 0.001
            use.end(outcome)

    def state(self, candidate: Candidate) -> HealthState:
        return next(
            state for state in self.health.states() if state.provider == candidate.provider.label
        )

    def names(self, *candidates: Candidate) -> list[str]:
        return [each.provider.name for each in self.health.order(candidates)]


@pytest.fixture
def run() -> Run:
    return Run()


def test_who_is_well_keeps_the_order(run: Run) -> None:
    run.meet(A, GOOD, FAILING, GOOD)
    assert run.names(A, B) == ["a", "b"]
    assert run.state(A) == HealthState("openai/a", "sk-k…6789", "healthy", "", 0, 0.0, 0)


@pytest.mark.parametrize(
    ("outcomes", "cools_s"),
    [
        ([DOWN], 2),
        ([SILENT], 0),
        ([SILENT, SILENT], 2),
        ([FAILING, FAILING], 0),
        ([FAILING, GOOD, FAILING, FAILING], 0),  # in a row is what counts
        ([FAILING, FAILING, FAILING], 2),
        ([Outcome(408)] * 3, 2),
        ([Outcome(429)], 2),
        ([Outcome(429, retry_after_s=30)], 30),
        ([Outcome(429, retry_after_s=1e6)], 3600),
        ([Outcome(503, retry_after_s=30)] * 3, 30),
        ([KEY_REFUSED], 300),
        ([Outcome(429, Cause.KEY_REFUSED)], 300),  # an account without money
        ([FORBIDDEN, FORBIDDEN], 0),
        ([FORBIDDEN] * 3, 300),
    ],
)
def test_how_long_a_failing_backend_is_left_alone(run: Run, outcomes: list[Outcome], cools_s: float) -> None:
    run.meet(A, *outcomes)
    assert run.state(A).cools_for_s == pytest.approx(cools_s, abs=0.01)
    assert run.names(A, B) == (["b", "a"] if cools_s else ["a", "b"])


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(400),
        Outcome(404, Cause.NO_SUCH_MODEL),
        Outcome(400, Cause.PROMPT_TOO_LONG),
        Outcome(422),
        Outcome(409),
        PASSED_OVER,
        None,
    ],
)
def test_a_fault_of_the_request_is_no_ill_health_and_nor_is_a_client_that_leaves(
    run: Run, outcome: Outcome | None
) -> None:
    run.meet(A, *[outcome] * 10)
    assert (run.state(A).state, run.state(A).failures, run.state(A).open_requests) == ("healthy", 0, 0)


@pytest.mark.parametrize("outcome", [KEY_REFUSED, FORBIDDEN, Outcome(429, retry_after_s=30)])
def test_a_clients_own_key_says_nothing_of_a_backend(run: Run, outcome: Outcome) -> None:
    run.meet(OWN_KEY, *[outcome] * 5)
    assert run.state(OWN_KEY).state == "healthy"
    run.meet(OWN_KEY, DOWN)
    assert run.state(OWN_KEY).state == "cooling"


def test_a_cool_down_grows_with_each_trial_that_fails(run: Run) -> None:
    lengths = []
    for _ in range(8):
        run.meet(A, DOWN)
        lengths.append(round(run.state(A).cools_for_s))
        run.now += run.state(A).cools_for_s
    assert lengths == [2, 4, 8, 16, 32, 60, 60, 60]
    run.meet(A, GOOD, DOWN)
    assert run.state(A).cools_for_s == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 1.6), (0.5, 2.0), (0.999999, 2.4)])
def test_a_cool_down_has_its_jitter(chance: float, seconds: float) -> None:
    run = Run(chance)
    run.meet(A, DOWN)
    assert run.state(A).cools_for_s == pytest.approx(seconds, abs=0.01)


def test_what_a_backend_asks_for_itself_has_no_jitter() -> None:
    run = Run(0.0)
    run.meet(A, Outcome(429, retry_after_s=30))
    assert run.state(A).cools_for_s == 30


def test_many_that_fail_at_once_are_one_failure(run: Run) -> None:
    uses = [run.health.begin(A) for _ in range(50)]
    run.now += 1
    for use in uses:
        use.end(DOWN)
    assert run.state(A).cools_for_s == 2


def test_one_trial_decides(run: Run) -> None:
    run.meet(A, DOWN)
    run.now += 2
    assert run.state(A).state == "trial"
    assert run.names(A, B) == ["a", "b"]
    trial = run.health.begin(A)
    assert run.names(A, B) == ["b", "a"]  # while it runs nobody else tries
    trial.end(GOOD)
    assert run.names(A, B) == ["a", "b"]
    assert run.state(A).state == "healthy"


def test_a_trial_whose_client_leaves_decides_nothing(run: Run) -> None:
    run.meet(A, DOWN)
    run.now += 2
    run.health.begin(A).end(None)
    assert run.state(A).state == "trial"
    assert run.names(A, B) == ["a", "b"]


def test_a_reply_that_was_asked_for_before_the_limit_says_nothing_of_it(run: Run) -> None:
    before = run.health.begin(A)
    run.meet(A, Outcome(429, retry_after_s=30))
    before.end(GOOD)
    assert run.state(A).state == "cooling"


def test_one_that_serves_while_it_should_cool_is_well(run: Run) -> None:
    run.meet(A, DOWN, GOOD)
    assert run.state(A).state == "healthy"


def test_nobody_is_taken_out(run: Run) -> None:
    run.meet(A, DOWN)
    run.meet(B, FAILING, FAILING, FAILING)
    run.now += 0.1
    run.meet(C, KEY_REFUSED)
    assert run.names(C, B, A) == ["a", "b", "c"]  # the soonest to come back first


def test_where_all_have_told_their_time_only_the_soonest_is_asked(run: Run) -> None:
    run.meet(A, Outcome(429, retry_after_s=30))
    run.meet(B, Outcome(429, retry_after_s=10))
    assert run.names(A, B) == ["b"]
    assert run.names(A) == ["a"]
    assert run.names(A, B, C) == ["c", "b", "a"]
    run.now += 11
    assert run.names(A, B) == ["b", "a"]


def test_keys_of_one_block_are_ill_apart(run: Run) -> None:
    other_key = candidate("a", key="sk-other-0123456789")
    run.meet(A, KEY_REFUSED)
    assert [each.api_key.reveal()[:5] for each in run.health.order((A, other_key))] == ["sk-ot", "sk-ke"]


def test_open_requests_are_counted_and_given_back_once(run: Run) -> None:
    first, second = run.health.begin(A), run.health.begin(A)
    assert run.health.open_requests(A) == 2
    first.end(GOOD)
    first.end(GOOD)
    assert run.health.open_requests(A) == 1
    second.end(None)
    assert run.health.open_requests(A) == 0
    assert run.health.open_requests(B) == 0


def test_a_reload_keeps_what_is_still_in_the_file(run: Run) -> None:
    run.meet(A, DOWN)
    run.meet(B, DOWN)
    block = ProviderSettings(7, "openai", name="new name", base_url="http://a.test/v1")
    moved = Candidate(block, Route("n", "n"), A.api_key)
    use = run.health.begin(B)
    run.health.keep_only([moved])
    assert [state.provider for state in run.health.states()] == ["openai/a"]
    assert run.health.order((moved, C)) == (C, moved)
    use.end(GOOD)  # of one that is gone from the file: harmless


def test_each_change_is_logged_once_and_without_the_key(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    run.meet(A, DOWN, DOWN)
    run.now += 2
    run.meet(A, DOWN)
    run.now += 10
    run.meet(A, GOOD, GOOD)
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "openai/a (key sk-k…6789) cools for 2.0 s: it cannot be reached",
        "openai/a (key sk-k…6789) is healthy again",
    ]


OUTCOMES = st.one_of(
    st.none(),
    st.just(PASSED_OVER),
    st.builds(
        Outcome,
        status=st.sampled_from([None, 200, 400, 401, 403, 409, 429, 500, 503]),
        cause=st.sampled_from(Cause),
        in_doubt=st.booleans(),
        retry_after_s=st.sampled_from([None, 0.0, 3.0, 1e9]),
    ),
)
STEPS = st.lists(
    st.tuples(st.sampled_from([A, B, C, OWN_KEY]), st.booleans(), OUTCOMES, st.sampled_from([0.0, 0.5, 5.0, 4000.0]))
)


@given(STEPS, st.floats(0, 0.999))
def test_whatever_happens_nobody_is_lost_and_the_counters_come_back_to_zero(steps: list, chance: float) -> None:
    run, uses = Run(chance), list[Use]()
    for who, ends_one, outcome, passes_s in steps:
        everybody = (A, B, C, OWN_KEY)
        ordered = run.health.order(everybody)
        assert len(set(map(id, ordered))) == len(ordered) >= 1
        assert len(ordered) in (1, 4)
        uses.append(run.health.begin(who))
        if ends_one:
            uses.pop(0).end(outcome)
        run.now += passes_s
    for use in uses:
        use.end(GOOD)
        use.end(DOWN)
    assert all(state.open_requests == 0 for state in run.health.states())
    run.now += 10_000
    assert {state.state for state in run.health.states()} <= {"healthy", "trial"}
