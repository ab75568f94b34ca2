"""What tokens have spent, by the log's sums of days: budgets survive a restart, and hold for several processes."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import peewee

from ..settings import Secret
from ..spending import Period
from .database import LogDatabase
from .models import NAME_CHARACTERS
from .statistics import FlowStatistics

logger = logging.getLogger(__name__)


def read_spent(database: LogDatabase, wanted: Mapping[Secret, tuple[str, Period]]) -> dict[Secret, int] | None:
    """Nano-dollars by key. `wanted`: by key, the token's name in the log, and the days. None: the log cannot be read
    (now). For a thread of its own."""
    statistics = FlowStatistics(database)
    try:
        by_period = {
            period: {sums.key: sums.cost_nano for sums in statistics.by("token", period.first_day, period.last_day)}
            for _, period in wanted.values()
        }
    except (peewee.PeeweeException, OSError) as fault:
        logger.info("budgets: the flow log cannot be read: %s", type(fault).__name__)
        return None
    return {key: by_period[period].get(name[:NAME_CHARACTERS], 0) for key, (name, period) in wanted.items()}
