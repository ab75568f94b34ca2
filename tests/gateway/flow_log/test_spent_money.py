"""What the log knows of the money of each token."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from proapi_gateway.flow_log.database import LogDatabase, open_database
from proapi_gateway.flow_log.spent_money import read_spent
from proapi_gateway.settings import Secret
from proapi_gateway.spending import NANO, period_of

from .sample_flows import FLOW, NOON_MS, write

_DAY_MS = 86_400_000
TEAM_A, TEAM_B, TEAM_C = Secret("sk-a"), Secret("sk-b"), Secret("sk-c")


def test_by_token_and_each_in_its_own_period(database: LogDatabase) -> None:
    earlier = replace(FLOW, started_ms=NOON_MS - _DAY_MS)
    last_month = replace(FLOW, started_ms=NOON_MS - 31 * _DAY_MS)
    unpriced = replace(FLOW, usage=None)
    write(database, FLOW, earlier, last_month, unpriced)
    write(database, replace(FLOW, token="team-b"), replace(earlier, token="team-b"))
    day, month = period_of("day", NOON_MS / 1000), period_of("month", NOON_MS / 1000)
    wanted = {TEAM_A: ("team-a", month), TEAM_B: ("team-b", day), TEAM_C: ("team-c", day)}
    assert read_spent(database, wanted) == {TEAM_A: 2 * NANO // 10, TEAM_B: NANO // 10, TEAM_C: 0}


def test_a_log_that_cannot_be_read_is_no_zero(tmp_path: Path) -> None:
    empty = open_database(f"sqlite:///{tmp_path}/new.db")  # its tables are still in the making
    assert read_spent(empty, {TEAM_A: ("team-a", period_of("day", 0.0))}) is None
