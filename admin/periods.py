"""The periods that sums are shown of: the last days, today among them, in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from flask import request
from flask_babel import lazy_gettext

PERIODS = {1: lazy_gettext("Today"), 7: lazy_gettext("7 days"), 30: lazy_gettext("30 days")}
USUAL_PERIOD = 7
_DAY_S = 86_400


def chosen_days() -> int:
    """Of this request, ?days=30; one of PERIODS."""
    days = request.args.get("days", type=int)
    return days if days in PERIODS else USUAL_PERIOD


def first_and_last_day(clock: Callable[[], float], days: int) -> tuple[int, int]:
    """As the log's statistics number them: (20261119, 20261125) for 7 days."""
    today = datetime.fromtimestamp(clock(), UTC).date()
    return day_number(today - timedelta(days=days - 1)), day_number(today)


def today_began_ms(clock: Callable[[], float]) -> int:
    """When the day of UTC began: readers elsewhere see it in their own time."""
    return int(clock() // _DAY_S) * _DAY_S * 1000


def day_number(day: date) -> int:
    """day_number(date(2026, 11, 25)) == 20261125."""
    return day.year * 10_000 + day.month * 100 + day.day
