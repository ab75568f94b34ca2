"""Statistics of the log, from the sums of its days alone: a million flows cost no more than ten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from .database import LogDatabase
from .flow_views import Sums, sums_view
from .models import DAY_COUNTS, FIRST_BUCKETS, TOTAL_BUCKETS, FlowDay

GROUPS = ("day", "model", "provider", "token")


class FlowStatistics:
    """Days are UTC's, as numbers: 20261125."""

    def __init__(self, database: LogDatabase) -> None:
        self._database = database

    def total(self, first_day: int, last_day: int) -> Sums:
        """All of these days together."""
        (row,) = self._sums(peewee.Value(""), first_day, last_day, grouped=False)
        return row

    def by(self, group: str, first_day: int, last_day: int) -> Sequence[Sums]:
        """`by("model", 20261119, 20261125)`: one for each model, the most asked first; days in their order."""
        found = self._sums(FlowDay._meta.fields[group], first_day, last_day, grouped=True)
        return sorted(found, key=lambda sums: (sums.key,) if group == "day" else (-sums.requests, sums.key))

    def names(self, group: str) -> Sequence[str]:
        """What there is to choose from: every model, provider or token that the days know."""
        field = FlowDay._meta.fields[group]
        query = FlowDay.select(field.alias("name")).distinct().order_by(field)
        with self._database.connected() as database:
            return [str(row["name"]) for row in database.rows(query)]

    def _sums(self, key: Any, first_day: int, last_day: int, *, grouped: bool) -> list[Sums]:
        fields = FlowDay._meta.fields
        summed = [peewee.fn.SUM(fields[name]).alias(name) for name in (*DAY_COUNTS, *FIRST_BUCKETS, *TOTAL_BUCKETS)]
        query = FlowDay.select(key.alias("key"), *summed).where(FlowDay.day.between(first_day, last_day))
        with self._database.connected() as database:
            return [sums_view(row) for row in database.rows(query.group_by(key) if grouped else query)]
