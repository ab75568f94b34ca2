"""The days that sums are shown of."""

from __future__ import annotations

import pytest

from admin.periods import chosen_days, first_and_last_day
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
