"""Downloads: the filtered list or one flow as JSON lines or HAR, one flow as a curl command, one body as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from proapi_gateway.flow_log.database import LogDatabase
from proapi_gateway.flow_log.flow_views import FlowDetail
from proapi_gateway.flow_log.queries import FlowQueries
from proapi_gateway.url_hosts import url_host

from ..flow_export.curl import write_curl
from ..flow_export.har import write_har
from ..flow_export.jsonl import write_line
from ..flow_filters import Asked
from ..flow_log_access import log_database, reads_log
from ..services import services
from .flows import asked_for

blueprint = Blueprint("flows_export", __name__)

_AT_ONCE = 100
_USUAL_PORT = "8000"


@dataclass(frozen=True, slots=True)
class _Form:
    media_type: str
    write: Callable[[Iterable[FlowDetail], str], Iterator[str]]  # flows, and the base_url door's address


_FORMS: Mapping[str, _Form] = {
    "jsonl": _Form("application/x-ndjson", lambda details, base_url: map(write_line, details)),
    "har": _Form("application/json", write_har),
}


@blueprint.get("/admin/flows/export.<form>")
@reads_log
def export_list(form: str) -> ResponseReturnValue:
    """All flows that the filters leave, not one page of them; in their order."""
    chosen = _FORMS.get(form) or abort(HTTPStatus.NOT_FOUND)
    return _download(chosen.write(_walk(log_database(), asked_for()), base_url()), f"flows.{form}", chosen.media_type)


@blueprint.get("/admin/flows/<int:flow_id>/export.<form>")
@reads_log
def export_flow(flow_id: int, form: str) -> ResponseReturnValue:
    chosen = _FORMS.get(form) or abort(HTTPStatus.NOT_FOUND)
    return _download(chosen.write([flow_or_404(flow_id)], base_url()), f"flow-{flow_id}.{form}", chosen.media_type)


@blueprint.get("/admin/flows/<int:flow_id>/curl.sh")
@reads_log
def export_curl(flow_id: int) -> ResponseReturnValue:
    return _download([write_curl(flow_or_404(flow_id), base_url())], f"flow-{flow_id}.sh", "text/x-shellscript")


@blueprint.get("/admin/flows/<int:flow_id>/body/<side>")
@reads_log
def export_body(flow_id: int, side: str) -> ResponseReturnValue:
    """Its bytes. Never as what they say that they are: a browser would run them as a page of ours."""
    bodies = {kept.value: body for kept, body in flow_or_404(flow_id).bodies.items()}
    if (body := bodies.get(side)) is None:
        abort(HTTPStatus.NOT_FOUND)
    return _download([body.data], f"flow-{flow_id}-{side}.bin", "application/octet-stream")


def base_url() -> str:
    """Where clients most likely reach the base_url door: at the host that these pages are asked from."""
    host = urlsplit(f"//{request.host}").hostname or "127.0.0.1"
    port = services().environment.get("PROAPI_PORT", "") or _USUAL_PORT
    return f"http://{url_host(host)}:{port}"


def flow_or_404(flow_id: int) -> FlowDetail:
    if flow_id >= 2**63 or (detail := FlowQueries(log_database()).flow(flow_id)) is None:
        abort(HTTPStatus.NOT_FOUND)
    return detail


def _walk(database: LogDatabase, asked: Asked) -> Iterator[FlowDetail]:
    queries = FlowQueries(database)
    after = None
    while True:
        page = queries.page(asked.filters, order=asked.order, after=after, limit=_AT_ONCE)
        for flow in page.flows:
            if (detail := queries.flow(flow.id)) is not None:  # deleted meanwhile
                yield detail
        after = page.after
        if after is None:
            return


def _download(content: Iterable[str] | Iterable[bytes], name: str, media_type: str) -> Response:
    disposition = f'attachment; filename="{name}"'
    return Response(content, mimetype=media_type, headers={"Content-Disposition": disposition})
