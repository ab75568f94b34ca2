"""The list of flows: filters, order, pages, and deleting what is ticked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext, ngettext

from proapi_gateway.flow_log.queries import FlowQueries
from proapi_gateway.flow_log.statistics import FlowStatistics

from ..flow_filters import LAST_MS, NAMED, OUTCOMES, Asked, read_filters
from ..flow_log_access import log_database, reads_log
from ..printable_flow import printable_flow
from ..services import services
from .preferences import local_address

blueprint = Blueprint("flows", __name__)

ROWS = 50
_NAMES_OFFERED = 200
_MOST_DELETED = 1000

OUTCOME_WORDS = {
    "ok": lazy_gettext("ok"),
    "refused": lazy_gettext("refused"),
    "failed": lazy_gettext("failed"),
    "left": lazy_gettext("client left"),
    "stopped": lazy_gettext("stopped"),
}
OUTCOME_KINDS = {"ok": "good", "refused": "warn", "failed": "bad", "left": "", "stopped": ""}
LAST_WORDS = {
    "15m": lazy_gettext("Last 15 minutes"),
    "1h": lazy_gettext("Last hour"),
    "24h": lazy_gettext("Last 24 hours"),
    "7d": lazy_gettext("Last 7 days"),
    "30d": lazy_gettext("Last 30 days"),
}


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"outcome_words": OUTCOME_WORDS, "outcome_kinds": OUTCOME_KINDS}


@blueprint.get("/admin/flows")
@reads_log
def page() -> ResponseReturnValue:
    asked = asked_for()
    rows, _ = FlowQueries(log_database()).size()
    return render_template(
        "flows.html",
        **_list_of(asked),
        rows_in_log=rows,
        names={group: _names(group) for group in NAMED},
        outcomes=OUTCOMES,
        lasts={name: LAST_WORDS[name] for name in LAST_MS},
    )


@blueprint.get("/admin/flows/rows")
@reads_log
def rows() -> ResponseReturnValue:
    """The rows alone, for the live list."""
    return render_template("flow_rows.html", **_list_of(asked_for()))


@blueprint.post("/admin/flows/delete")
@reads_log
def delete() -> ResponseReturnValue:
    try:
        ids = [int(each) for each in request.form.getlist("id")][:_MOST_DELETED]
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)
    if any(abs(flow_id) >= 2**63 for flow_id in ids):  # no database has such
        abort(HTTPStatus.BAD_REQUEST)
    deleted = FlowQueries(log_database()).delete(ids) if ids else 0
    if deleted:
        flash(ngettext("%(num)s flow was deleted.", "%(num)s flows were deleted.", deleted), "good")
    else:
        flash(gettext("Nothing was deleted: no flow was ticked."), "warn")
    return redirect(local_address(request.form.get("back", "")))


def asked_for() -> Asked:
    return read_filters(request.args, int(services().clock() * 1000))


def _list_of(asked: Asked) -> dict[str, Any]:
    found = FlowQueries(log_database()).page(asked.filters, order=asked.order, after=asked.after, limit=ROWS)
    return {"asked": asked, "page": replace(found, flows=tuple(map(printable_flow, found.flows)))}


def _names(group: str) -> Sequence[str]:
    return [name for name in FlowStatistics(log_database()).names(group) if name][:_NAMES_OFFERED]
