"""The overview: what happened in some days, who asked what, and what is ill now. It reads sums of days alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from proapi_gateway.flow_log.flow_views import Sums
from proapi_gateway.flow_log.queries import FlowQueries
from proapi_gateway.flow_log.statistics import FlowStatistics
from proapi_gateway.health import HealthState

from ..flow_log_access import log_database, reads_log
from ..flow_xray.body_text import printable
from ..periods import PERIODS, chosen_days, day_number, first_and_last_day, today_began_ms
from ..services import services

blueprint = Blueprint("overview", __name__)

_GROUPS = {"model": lazy_gettext("Models"), "provider": lazy_gettext("Providers"), "token": lazy_gettext("Tokens")}
# Requests that never came so far.
_NAMELESS = {
    "model": lazy_gettext("none named"),
    "provider": lazy_gettext("none was asked"),
    "token": lazy_gettext("no valid key"),
}
_SHOWN = 8
_HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class Bar:
    """One model, provider or token. `percent`: of the most asked one."""

    name: str
    shown: str
    sums: Sums
    percent: float


@blueprint.get("/")
@blueprint.get("/admin")
def to_page() -> ResponseReturnValue:
    return redirect(url_for("overview.page"))


@blueprint.get("/admin/overview")
@reads_log
def page() -> ResponseReturnValue:
    days = chosen_days()
    today = datetime.fromtimestamp(services().clock(), UTC).date()
    first, last = first_and_last_day(services().clock, days)
    database = log_database()
    statistics = FlowStatistics(database)
    log = services().flow_log()
    rows, size_bytes = FlowQueries(database).size()
    return render_template(
        "overview.html",
        days=days,
        periods=PERIODS,
        today_began_ms=today_began_ms(services().clock),
        total=statistics.total(first, last),
        charts=json.dumps(_series(statistics.by("day", first, last), today, days)),
        groups=_GROUPS,
        nameless=_NAMELESS,
        bars={group: _bars(statistics.by(group, first, last)) for group in _GROUPS},
        ill=_ill(),
        log_rows=rows,
        log_bytes=size_bytes,
        log_stats=log.stats if log is not None else None,
    )


def _bars(found: Sequence[Sums]) -> Sequence[Bar]:
    most = max((sums.requests for sums in found), default=0) or 1
    return [Bar(sums.key, printable(sums.key), sums, 100 * sums.requests / most) for sums in found[:_SHOWN]]


def _series(found: Sequence[Sums], today: date, days: int) -> dict[str, list[float | None]]:
    """What the charts draw: one value a day, also of days without a request. `days`: Unix seconds of their noon."""
    by_day = {sums.key: sums for sums in found}
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    shown = [by_day.get(str(day_number(each)), Sums()) for each in dates]
    return {
        "days": [datetime(each.year, each.month, each.day, 12, tzinfo=UTC).timestamp() for each in dates],
        "requests": [sums.requests for sums in shown],
        "errors": [sums.errors for sums in shown],
        "tokens": [sums.prompt_tokens + sums.completion_tokens for sums in shown],
        "completion": [sums.completion_tokens for sums in shown],
        "cost": [float(sums.cost_usd) for sums in shown],
        "first_p50": [sums.first_token_ms(0.5) for sums in shown],
        "first_p95": [sums.first_token_ms(0.95) for sums in shown],
        "total_p50": [sums.total_ms(0.5) for sums in shown],
        "total_p95": [sums.total_ms(0.95) for sums in shown],
    }


def _ill() -> Sequence[HealthState] | None:
    """What is cooling down now; None: the event loop does not say."""
    try:
        return [state for state in services().health() if state.state != _HEALTHY]
    except TimeoutError:
        return None
