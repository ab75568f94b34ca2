"""The seed system's addresses: bookmarks lead to the page of today, scripts get JSON of the same meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, current_app, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from proapi_gateway.flow_log.flow_views import FlowView
from proapi_gateway.flow_log.queries import FlowQueries
from proapi_gateway.flow_log.statistics import FlowStatistics

from ..flow_log_access import log_database, reads_log
from ..guard import wants_json

blueprint = Blueprint("seed_urls", __name__)

_MOVED = {
    "/admin.html": "overview.page",
    "/login.html": "login.page",
    "/admin/logout": "overview.page",  # by a button now: a link that logs out is one that anybody can plant
    "/admin/statistics_model_day": "overview.page",
    "/admin/req_cache": "cache.page",
    "/admin/provider": "providers.page",
    "/reload_config": "config.page",  # which has the button; a GET changes nothing
}
_FIRST_DAY, _LAST_DAY = 0, 99_999_999
_MOST_ROWS = 100
_MOST_PAGES = 1000


@blueprint.get("/admin.html")
@blueprint.get("/login.html")
@blueprint.get("/admin/logout")
@blueprint.get("/admin/statistics_model_day")
@blueprint.get("/admin/req_cache")
@blueprint.get("/admin/provider")
@blueprint.get("/reload_config")
def moved() -> ResponseReturnValue:
    endpoint = _MOVED[request.path]
    return redirect(url_for(endpoint if endpoint in current_app.view_functions else "overview.page"))


@blueprint.get("/admin/statistics")
@reads_log
def statistics() -> ResponseReturnValue:
    if not wants_json():
        return redirect(url_for("overview.page"))
    found = FlowStatistics(log_database()).by("model", _FIRST_DAY, _LAST_DAY)
    rows = [
        {"model": sums.key, "prompt": sums.prompt_tokens, "completion": sums.completion_tokens} for sums in found
    ]
    return jsonify(status=0, data={"count": len(rows), "rows": rows})


@blueprint.get("/admin/req_logs")
@reads_log
def req_logs() -> ResponseReturnValue:
    """Page by page, the newest first; searches are those of the page of flows."""
    if not wants_json():
        return redirect(url_for("flows.page"))
    queries = FlowQueries(log_database())
    limit = min(max(request.args.get("per_page", 10, type=int), 1), _MOST_ROWS)
    number = min(max(request.args.get("page", 1, type=int), 1), _MOST_PAGES)
    rows, _ = queries.size()
    return jsonify(items=[_item(flow) for flow in _page(queries, number, limit)], total=rows)


def _page(queries: FlowQueries, number: int, limit: int) -> Sequence[FlowView]:
    """The log is walked from page to page: one that is far back costs as many queries as there are before it."""
    found = queries.page(limit=limit)
    for _ in range(number - 1):
        if found.after is None:
            return ()
        found = queries.page(after=found.after, limit=limit)
    return found.flows


def _item(flow: FlowView) -> dict[str, Any]:
    """Under the seed's names. `token` is its name: the key itself is in no log any more."""
    return {
        "id": flow.id,
        "time": flow.started_ms,
        "req_id": flow.request_id,
        "service_provider": flow.provider,
        "token": flow.token,
        "model": flow.model,
        "prompt": flow.prompt_tokens,
        "completion": flow.completion_tokens,
        "quota": float(flow.cost_usd or 0),
        "uri": flow.path,
        "api_status": str(flow.status),
        "api_error": flow.error,
        "status": flow.outcome,
    }
