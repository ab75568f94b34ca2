"""The tokens: who used what, and what is left of their limits."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import peewee
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from proapi_gateway.flow_log.flow_views import Sums, usd
from proapi_gateway.flow_log.statistics import FlowStatistics
from proapi_gateway.limits import LimitState
from proapi_gateway.settings import TokenSettings

from ..flow_xray.body_text import printable
from ..formats import money, number
from ..periods import PERIODS, chosen_days, first_and_last_day, today_began_ms
from ..services import services

logger = logging.getLogger(__name__)

blueprint = Blueprint("tokens", __name__)

_LOG_FAULTS = (peewee.PeeweeException, OSError)
_NOTHING = Sums()
_PER = {"day": lazy_gettext("US dollars a day"), "month": lazy_gettext("US dollars a month")}


@dataclass(frozen=True, slots=True)
class _Limit:
    """What is used of one limit, in percent and as people read it."""

    name: LazyString
    used: str
    limit: str
    percent: float

    @property
    def is_nearly_spent(self) -> bool:
        return self.percent >= 90


@dataclass(frozen=True, slots=True)
class _Token:
    """One of the file, or (`settings` None) one that only the log still knows."""

    name: str  # as the log has it
    settings: TokenSettings | None
    sums: Sums
    limits: tuple[_Limit, ...]


@blueprint.get("/admin/tokens")
def page() -> ResponseReturnValue:
    days = chosen_days()
    usage, fault = _usage(days)
    settings = services().settings()
    tokens = list(_tokens(settings.tokens, usage, _limit_states()))
    shared = bool(settings.server.state_url)
    return render_template(
        "tokens.html",
        tokens=tokens,
        days=days,
        periods=PERIODS,
        today_began_ms=today_began_ms(services().clock),
        fault=fault,
        shared=shared,
    )


@blueprint.get("/admin/tokens/models")
def models() -> ResponseReturnValue:
    """What one token asked for, model by model: comes when its row is opened."""
    log = services().flow_log()
    found: Sequence[Sums] = ()
    if log is not None:
        statistics = FlowStatistics(log.database)
        first, last = first_and_last_day(services().clock, chosen_days())
        try:
            found = statistics.uses("model", first, last, token=request.args.get("token", ""))
        except _LOG_FAULTS as error:
            logger.warning("admin: the log cannot be read: %s", error)
    return render_template("tokens_models.html", models=[(printable(sums.key), sums) for sums in found])


def _usage(days: int) -> tuple[Mapping[str, Sums], str]:
    """By the token's name; and why there is none."""
    log = services().flow_log()
    if log is None:
        return {}, "server.db_path"
    first, last = first_and_last_day(services().clock, days)
    try:
        return {sums.key: sums for sums in FlowStatistics(log.database).by("token", first, last)}, ""
    except _LOG_FAULTS as error:
        logger.warning("admin: the log cannot be read: %s", error)
        return {}, f"{type(error).__name__}: {error}".splitlines()[0]


def _limit_states() -> Mapping[str, LimitState]:
    return {state.token: state for state in services().limits()}


def _tokens(
    tokens: Sequence[TokenSettings], usage: Mapping[str, Sums], states: Mapping[str, LimitState]
) -> Iterator[_Token]:
    for token in tokens:
        limits = tuple(_limits(token, states.get(token.label)))
        yield _Token(token.label, token, usage.get(token.label, _NOTHING), limits)
    known = {token.label for token in tokens}
    yield from (_Token(name, None, sums, ()) for name, sums in usage.items() if name and name not in known)


def _limits(token: TokenSettings, state: LimitState | None) -> Iterator[_Limit]:
    if state is None:
        return
    limits = token.limits
    for name, used, limit in (
        (lazy_gettext("requests a minute"), state.requests, limits.rpm),
        (lazy_gettext("tokens a minute"), state.tokens, limits.tpm),
        (lazy_gettext("at once"), state.open_requests, limits.concurrent),
    ):
        if limit:
            yield _Limit(name, number(used), number(limit), min(100 * used / limit, 100))
    if token.budget is not None:
        spent, budget = usd(state.spent_nano), token.budget.usd
        percent = min(100 * float(spent) / budget, 100) if budget else 100
        yield _Limit(_PER[token.budget.per], money(spent), f"${budget:,.2f}", percent)
