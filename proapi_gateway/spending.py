"""What a token has spent in the day or month that runs, in UTC.

Money is counted in nano-dollars (10⁻⁹ US dollars), whole numbers, as in the flow log: sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NANO = 1_000_000_000
_LONGEST_MONTH = timedelta(days=32)


@dataclass(frozen=True, slots=True)
class Period:
    """`first_day`, `last_day`: as 20261101; `ends_at`: Unix seconds."""

    first_day: int
    last_day: int
    ends_at: float


def period_of(per: str, at: float) -> Period:
    """The day or month (`per`) around `at`, in Unix seconds:
    period_of("month", 1_764_072_000) == Period(20251101, 20251130, 1_764_547_200.0)."""
    midnight = datetime.fromtimestamp(at, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if per == "day":
        first, following = midnight, midnight + timedelta(days=1)
    else:
        first = midnight.replace(day=1)
        following = (first + _LONGEST_MONTH).replace(day=1)
    last = following - timedelta(days=1)
    return Period(_number(first), _number(last), following.timestamp())


_LONG_AGO = Period(0, 0, 0.0)


def _number(day: datetime) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


class Spending:
    """The sum of the running period; it begins again at 0 with the next one. `serial`: that of no other sum of this
    process."""

    def __init__(self, per: str, serial: int = 0) -> None:
        self.per = per
        self.serial = serial
        self._period = _LONG_AGO
        self._nano = 0
        self._own_nano = 0

    def period(self, now: float) -> Period:
        if now >= self._period.ends_at:
            self._period = period_of(self.per, now)
            self._nano = self._own_nano = 0
        return self._period

    def spent_nano(self, now: float) -> int:
        self.period(now)
        return self._nano

    def own_nano(self, now: float) -> int:
        """What of it was added here, and not read elsewhere."""
        self.period(now)
        return self._own_nano

    def add(self, nano: int, now: float) -> None:
        self.period(now)
        self._nano += nano
        self._own_nano += nano

    def raise_to(self, nano: int, period: Period, now: float) -> None:
        """The log has this much of `period`: what was spent before a restart, or through another process. It may lack
        the last few flows of ours, so that the larger sum is the better one."""
        if self.period(now) == period:
            self._nano = max(self._nano, nano)
