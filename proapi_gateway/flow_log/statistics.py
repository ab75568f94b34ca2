"""Statistics of the log, from the sums of its days alone: a million flows cost no more than ten thousand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from .database import LogDatabase
from .flow_views import Sums, sums_view
from .models import COUNTS, FIRST_BUCKETS, TOTAL_BUCKETS, FlowSum, FlowUse

_DAY = "day"
_ALL_TOGETHER = ""  # the kind of the sums of everything


class FlowStatistics:
    """Days are UTC's, as numbers: 20261125. Groups: "day", "model", "provider", "token"."""

    def __init__(self, database: LogDatabase) -> None:
        self._database = database

    def total(self, first_day: int, last_day: int) -> Sums:
        """All of these days together."""
        (row,) = self._sums(_ALL_TOGETHER, None, first_day, last_day)
        return row

    def by(self, group: str, first_day: int, last_day: int) -> Sequence[Sums]:
        """`by("model", 20261119, 20261125)`: one for each model, the most asked first; days in their order."""
        if group == _DAY:
            return sorted(self._sums(_ALL_TOGETHER, FlowSum.day, first_day, last_day), key=lambda sums: sums.key)
        return _most_asked_first(self._sums(group, FlowSum.name, first_day, last_day))

    def uses(
        self, group: str, first_day: int, last_day: int, *, model: str = "", provider: str = "", token: str = ""
    ) -> Sequence[Sums]:
        """The same of one model, provider or token: `uses("model", …, token="team-a")`; without latencies."""
        fields = FlowUse._meta.fields
        given = {"model": model, "provider": provider, "token": token}
        conditions = [FlowUse.day.between(first_day, last_day)]
        conditions += [fields[name] == value for name, value in given.items() if value]
        query = FlowUse.select(fields[group].alias("key"), *_summed(FlowUse, COUNTS)).where(*conditions)
        with self._database.connected() as database:
            return _most_asked_first([sums_view(row) for row in database.rows(query.group_by(fields[group]))])

    def names(self, group: str) -> Sequence[str]:
        """What there is to choose from: every model, provider or token that the days know."""
        query = FlowSum.select(FlowSum.name).where(FlowSum.kind == group).distinct().order_by(FlowSum.name)
        with self._database.connected() as database:
            return [str(row["name"]) for row in database.rows(query)]

    def _sums(self, kind: str, key: Any, first_day: int, last_day: int) -> list[Sums]:
        summed = _summed(FlowSum, (*COUNTS, *FIRST_BUCKETS, *TOTAL_BUCKETS))
        shown = peewee.Value("") if key is None else key
        query = FlowSum.select(shown.alias("key"), *summed)
        query = query.where(FlowSum.kind == kind, FlowSum.day.between(first_day, last_day))
        with self._database.connected() as database:
            return [sums_view(row) for row in database.rows(query if key is None else query.group_by(key))]


def _summed(model: type[peewee.Model], names: Sequence[str]) -> list[Any]:
    return [peewee.fn.SUM(model._meta.fields[name]).alias(name) for name in names]


def _most_asked_first(found: list[Sums]) -> Sequence[Sums]:
    return sorted(found, key=lambda sums: (-sums.requests, sums.key))
