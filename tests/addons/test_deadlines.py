"""Which deadline runs out when, on a clock that the test moves."""

from collections.abc import Callable

import pytest

from addons.deadlines import Expired, ReplyClock
from proapi_gateway.settings import Timeouts

TIMEOUTS = Timeouts(connect=10, first_byte=60, idle=30, total=200)


class FakeTimer:
    def __init__(self, due: float, callback: Callable[[], object]) -> None:
        self.due, self.callback, self.cancelled = due, callback, False

    def cancel(self) -> None:
        self.cancelled = True


class FakeLoop:
    def __init__(self) -> None:
        self.now, self.timers = 1000.0, []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], object]) -> FakeTimer:
        timer = FakeTimer(self.now + delay, callback)
        self.timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [timer for timer in self.timers if not timer.cancelled and timer.due <= end]:
            timer = min(due, key=lambda t: t.due)
            self.timers.remove(timer)
            self.now = timer.due
            timer.callback()
        self.now = end

    @property
    def armed(self) -> int:
        return sum(not timer.cancelled for timer in self.timers)


class Run:
    def __init__(self) -> None:
        self.loop, self.expired = FakeLoop(), []
        self.clock = ReplyClock(self.loop, self.expired.append)
        self.stands_since: float | None = None
        self.read_again_at: float | None = 0.0  # None: the client is slow

    def connected_for_s(self) -> float | None:
        return None if self.stands_since is None else self.loop.now - self.stands_since

    def begin(self, timeouts: Timeouts = TIMEOUTS, *, uploads: bool = False) -> None:
        self.clock.begin_attempt(timeouts, self.connected_for_s, lambda: self.read_again_at, uploads=uploads)


@pytest.fixture
def run() -> Run:
    return Run()


def test_no_connection(run: Run) -> None:
    run.begin()
    run.loop.advance(9.9)
    assert run.expired == []
    run.loop.advance(0.1)
    assert run.expired == [Expired("connect", 10)]
    assert run.loop.armed == 0


def test_the_first_byte_is_awaited_from_the_connection_on(run: Run) -> None:
    run.begin()
    run.loop.advance(8)
    run.stands_since = run.loop.now
    run.loop.advance(59.9)
    assert run.expired == []
    run.loop.advance(0.2)
    assert run.expired == [Expired("first_byte", 60)]


def test_an_older_connection_gives_an_attempt_its_whole_time(run: Run) -> None:
    run.stands_since = run.loop.now - 500
    run.begin()
    run.loop.advance(59.9)
    assert run.expired == []
    run.loop.advance(0.2)
    assert run.expired == [Expired("first_byte", 60)]


def test_a_first_byte_deadline_shorter_than_that_of_the_connection_is_kept(run: Run) -> None:
    run.begin(Timeouts(connect=10, first_byte=1, idle=30, total=200))
    run.stands_since = run.loop.now + 0.1
    run.loop.advance(2.1)
    assert run.expired == [Expired("first_byte", 1)]


def test_a_connection_that_never_stands_is_not_called_a_late_reply(run: Run) -> None:
    run.begin(Timeouts(connect=10, first_byte=1, idle=30, total=200))
    run.loop.advance(9.9)
    assert run.expired == []
    run.loop.advance(0.2)
    assert run.expired == [Expired("connect", 10)]


def test_silence_between_pieces(run: Run) -> None:
    run.stands_since = run.loop.now
    run.begin()
    run.clock.reply_began()
    for _ in range(5):
        run.loop.advance(29)
        run.clock.piece_came()
    assert run.expired == []
    run.loop.advance(30)
    assert run.expired == [Expired("idle", 30)]


@pytest.mark.parametrize("begun", [True, False], ids=["idle", "first_byte"])
def test_a_slow_client_is_not_the_backends_silence(run: Run, begun: bool) -> None:
    limit = 30 if begun else 60
    run.stands_since = run.loop.now
    run.begin()
    if begun:
        run.clock.reply_began()
    run.loop.advance(limit - 1)
    run.read_again_at = None
    run.loop.advance(50)
    run.read_again_at = run.loop.now
    run.loop.advance(limit - 0.1)
    assert run.expired == []
    run.loop.advance(0.2)
    assert run.expired == [Expired("idle" if begun else "first_byte", limit)]


def test_a_slow_client_has_the_total_all_the_same(run: Run) -> None:
    run.stands_since = run.loop.now
    run.begin()
    run.clock.reply_began()
    run.read_again_at = None
    run.loop.advance(200)
    assert run.expired == [Expired("total", 200)]


def test_an_upload_takes_its_own_time(run: Run) -> None:
    run.stands_since = run.loop.now
    run.begin(uploads=True)
    run.loop.advance(100)
    run.clock.request_ended()
    run.loop.advance(59)
    assert run.expired == []
    run.loop.advance(1)
    assert run.expired == [Expired("first_byte", 60)]


def test_a_reply_before_the_uploads_end_is_a_reply(run: Run) -> None:
    run.stands_since = run.loop.now
    run.begin(uploads=True)
    run.clock.reply_began()
    run.clock.request_ended()
    run.loop.advance(29)
    assert run.expired == []
    run.loop.advance(1)
    assert run.expired == [Expired("idle", 30)]


def test_an_upload_needs_a_connection_all_the_same(run: Run) -> None:
    run.begin(uploads=True)
    run.loop.advance(10)
    assert run.expired == [Expired("connect", 10)]


def test_the_total_counts_over_all_attempts(run: Run) -> None:
    run.stands_since = run.loop.now
    run.begin(Timeouts(connect=10, first_byte=150, idle=30, total=200))
    run.loop.advance(149)
    run.begin(Timeouts(connect=10, first_byte=150, idle=30, total=200))
    run.loop.advance(50)
    assert run.expired == []
    run.loop.advance(1)
    assert run.expired == [Expired("total", 200)]


def test_the_total_counts_what_was_awaited_before_the_first_attempt(run: Run) -> None:
    run.stands_since = run.loop.now
    run.loop.advance(150)
    assert run.clock.total_left_s(TIMEOUTS) == 50
    run.begin()
    run.loop.advance(50)
    assert run.expired == [Expired("total", 200)]
    run.loop.advance(50)
    assert run.clock.total_left_s(TIMEOUTS) == 0


def test_a_piece_sets_no_timer(run: Run) -> None:
    run.begin()
    run.clock.reply_began()
    before = len(run.loop.timers)
    for _ in range(1000):
        run.clock.piece_came()
    assert len(run.loop.timers) == before


def test_nothing_runs_out_after_the_end(run: Run) -> None:
    run.begin()
    run.clock.reply_began()
    run.clock.stop()
    run.loop.advance(10_000)
    assert (run.expired, run.loop.armed) == ([], 0)


@pytest.mark.parametrize("which", ["connect", "first_byte", "idle", "total"])
def test_the_text_says_which_one_ran_out(which: str) -> None:
    assert f"timeout: {which}" in str(Expired(which, 2.5))
    assert "2.5 s" in str(Expired(which, 2.5))
