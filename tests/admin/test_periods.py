"""The days that sums are shown of."""

from __future__ import annotations

from pathlib import Path

import pytest

from admin.periods import chosen_days, first_and_last_day, today_began_ms
from tests.admin.flow_pages import pages_over
from tests.admin.flows import record
from tests.admin.pages import Clock, admin_app


@pytest.mark.parametrize(
    ("query", "days"), [("", 7), ("?days=1", 1), ("?days=30", 30), ("?days=2", 7), ("?days=x", 7), ("?days=-1", 7)]
)
def test_only_known_periods_are_chosen(query: str, days: int) -> None:
    with admin_app().test_request_context(f"/admin/tokens{query}"):
        assert chosen_days() == days


def test_today_is_the_last_of_the_days() -> None:
    clock = Clock(1_772_323_200.0)  # 2026-03-01 00:00 UTC
    assert first_and_last_day(clock, 1) == (20260301, 20260301)
    assert first_and_last_day(clock, 7) == (20260223, 20260301)


@pytest.mark.parametrize("now", [1_772_323_200.0, 1_772_323_200.9, 1_772_409_599.0])
def test_when_today_began(now: float) -> None:
    assert today_began_ms(Clock(now)) == 1_772_323_200_000


@pytest.mark.parametrize("page", ["overview", "tokens"])
def test_pages_tell_when_their_days_begin(page: str, tmp_path: Path) -> None:
    client, _ = pages_over(tmp_path, record(0))  # 2025-11-24 16:00 UTC
    assert "today's began at <time datetime=\"2025-11-24T00:00:00" in client.get(f"/admin/{page}").text
