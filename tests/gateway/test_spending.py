"""Days and months are UTC's, and begin again at nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from proapi_gateway.spending import Period, Spending, period_of


def unix(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("per", "at", "period"),
    [
        ("day", unix(2026, 11, 25, 15, 30), Period(20261125, 20261125, unix(2026, 11, 26))),
        ("day", unix(2026, 11, 25), Period(20261125, 20261125, unix(2026, 11, 26))),
        ("day", unix(2026, 12, 31, 23, 59), Period(20261231, 20261231, unix(2027, 1, 1))),
        ("month", unix(2026, 11, 25, 15, 30), Period(20261101, 20261130, unix(2026, 12, 1))),
        ("month", unix(2028, 2, 1), Period(20280201, 20280229, unix(2028, 3, 1))),
        ("month", unix(2026, 12, 31, 23, 59), Period(20261201, 20261231, unix(2027, 1, 1))),
    ],
)
def test_periods(per: str, at: float, period: Period) -> None:
    assert period_of(per, at) == period


def test_a_new_day_begins_at_nothing() -> None:
    noon, midnight = unix(2026, 11, 25, 12), unix(2026, 11, 26)
    spending = Spending("day")
    spending.add(5, noon)
    spending.add(7, midnight - 1)
    assert spending.spent_nano(midnight - 1) == 12
    assert spending.spent_nano(midnight) == 0
    spending.add(1, midnight)
    assert spending.spent_nano(midnight) == 1


def test_the_larger_sum_counts_and_only_of_this_period() -> None:
    noon, tomorrow = unix(2026, 11, 25, 12), unix(2026, 11, 26, 12)
    spending = Spending("day")
    today = spending.period(noon)
    spending.add(5, noon)
    spending.raise_to(3, today, noon)  # the log has not written all of it yet
    assert spending.spent_nano(noon) == 5
    spending.raise_to(9, today, noon)  # another process has spent, too
    assert spending.spent_nano(noon) == 9
    spending.raise_to(100, today, tomorrow)  # read before midnight, told after it
    assert spending.spent_nano(tomorrow) == 0
