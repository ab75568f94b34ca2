"""Wrong passwords make one wait, longer each time."""

from __future__ import annotations

import pytest

from admin import login_throttle
from admin.login_throttle import LoginThrottle
from tests.admin.pages import Clock


def test_each_further_failure_doubles_the_wait() -> None:
    clock = Clock(0.0)
    throttle = LoginThrottle(clock)
    waits = []
    for _ in range(12):
        throttle.note_failure("a")
        waits.append(throttle.wait_s("a"))
        clock.now += waits[-1]
    assert waits == [0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert throttle.wait_s("b") == 0


def test_an_hour_of_peace_or_the_right_password_forgets() -> None:
    clock = Clock(0.0)
    throttle = LoginThrottle(clock)
    for _ in range(5):
        throttle.note_failure("a")
        throttle.note_failure("b")
    throttle.forget("b")
    assert (throttle.wait_s("a"), throttle.wait_s("b")) == (8, 0)
    clock.now += 3601
    throttle.note_failure("a")
    assert throttle.wait_s("a") == 0


def test_many_addresses_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "_MOST_ADDRESSES", 3)
    throttle = LoginThrottle(Clock(0.0))
    for _ in range(3):
        for address in ("a", "b", "c"):
            throttle.note_failure(address)
    throttle.note_failure("d")
    assert [throttle.wait_s(address) for address in "abcd"] == [0, 2, 2, 0]
