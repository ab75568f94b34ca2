"""One flow as an X-ray: its four bodies side by side, its timeline, what was said, what was tried and lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from proapi_gateway.flow_log.flow_views import BodyView, FlowDetail
from proapi_gateway.flow_log.queries import FlowQueries
from proapi_gateway.flow_log.records import Side

from ..flow_export.curl import write_curl
from ..flow_export.har import url_of
from ..flow_log_access import log_database, reads_log
from ..flow_xray.body_text import Kind, ShownBody, media_type, printable, show_body
from ..flow_xray.differences import Run, mark_differences, unmarked
from ..flow_xray.message import read_message, read_vectors
from ..flow_xray.timeline import line_up
from ..printable_flow import printable_flow
from .flows_export import base_url, flow_or_404

blueprint = Blueprint("flows_xray", __name__)

_PAIRS = ((Side.CLIENT_REQUEST, Side.SENT_REQUEST), (Side.BACKEND_REPLY, Side.CLIENT_REPLY))
_SIDE_WORDS = {
    Side.CLIENT_REQUEST: lazy_gettext("The client's request"),
    Side.SENT_REQUEST: lazy_gettext("The request sent"),
    Side.BACKEND_REPLY: lazy_gettext("The backend's reply"),
    Side.CLIENT_REPLY: lazy_gettext("The client's reply"),
}
PART_WORDS = {
    "text": lazy_gettext("Answer"),
    "thinking": lazy_gettext("Reasoning"),
    "refusal": lazy_gettext("Refusal"),
    "tool_call": lazy_gettext("Tool call"),
    "audio": lazy_gettext("Audio"),
}
_LOSS_WORDS = {
    "dropped": lazy_gettext("was left out"),
    "approximated": lazy_gettext("was sent as something similar"),
    "renamed": lazy_gettext("has another name there"),
}
_CURL_CHARACTERS = 20_000
_NO_BODY = ShownBody(Kind.EMPTY)


@dataclass(frozen=True, slots=True)
class Pane:
    """One of the four. `runs`: its text in runs of lines, each with its mark."""

    side: Side
    title: str
    body: BodyView | None
    media_type: str = ""
    shown: ShownBody = _NO_BODY
    runs: Sequence[Run] = ()
    first_line: str = ""
    headers: Sequence[tuple[str, str]] = ()


@blueprint.get("/admin/flows/<int:flow_id>")
@reads_log
def page(flow_id: int) -> ResponseReturnValue:
    detail = flow_or_404(flow_id)
    backend, client = detail.bodies.get(Side.BACKEND_REPLY), detail.bodies.get(Side.CLIENT_REPLY)
    command = write_curl(detail, base_url())
    return render_template(
        "flow.html",
        flow=printable_flow(detail.flow),
        panes=[pane for pair in _PAIRS for pane in _pair(detail, *pair)],
        message=read_message(detail.flow.dialect, client) if client else None,
        vectors=read_vectors(detail.flow.dialect, client) if client else None,
        reply_is_cut=client is not None and client.is_cut,
        timeline=line_up(backend, client),
        curl=printable(command) if len(command) <= _CURL_CHARACTERS else "",
        part_words=PART_WORDS,
        loss_words=_LOSS_WORDS,
    )


@blueprint.get("/admin/flows/of/<request_id>")
@reads_log
def of_request(request_id: str) -> ResponseReturnValue:
    """By the `x-request-id` of a reply."""
    detail = FlowQueries(log_database()).flow_of_request(request_id)
    return redirect(url_for("flows.page") if detail is None else url_for("flows_xray.page", flow_id=detail.flow.id))


def _pair(detail: FlowDetail, left: Side, right: Side) -> list[Pane]:
    panes = [_pane(detail, side) for side in (left, right)]
    if all(pane.shown.kind is Kind.JSON for pane in panes):
        runs = mark_differences(panes[0].shown.text, panes[1].shown.text)
        return [_with_runs(pane, marked) for pane, marked in zip(panes, runs, strict=True)]
    return [_with_runs(pane, unmarked(pane.shown.text)) for pane in panes]


def _pane(detail: FlowDetail, side: Side) -> Pane:
    title, body = str(_SIDE_WORDS[side]), detail.bodies.get(side)
    if body is None:
        return Pane(side, title, None)
    told = [str(body.head[name]) for name in ("method", "url", "status") if name in body.head]
    if side is Side.CLIENT_REQUEST and told:
        told[1:] = [url_of(detail.flow, body, "")]
    return Pane(
        side,
        title,
        body,
        printable(media_type(body)),
        show_body(body),
        (),
        printable(" ".join(told)),
        _headers(body.head),
    )


def _with_runs(pane: Pane, runs: Sequence[Run]) -> Pane:
    return replace(pane, runs=runs)


def _headers(head: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    pairs = head.get("headers")
    return [(printable(str(name)), printable(str(value))) for name, value in pairs] if isinstance(pairs, list) else ()
