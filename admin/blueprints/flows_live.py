"""The events of a live list: "there are so many new flows". What is shown of them, the page asks for itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http import HTTPStatus

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from ..flow_log_access import log_database, reads_log
from ..live_flows import LiveFlows
from ..sessions import csrf_token

blueprint = Blueprint("flows_live", __name__)

_LIVE = "proapi_live_flows"
_WAIT_S = 1.0  # so soon it is seen that a reader is gone
_BEAT_AFTER = 15  # waits without news: proxies close what says nothing
_LONGEST = 600  # waits: then the reader comes again, and must still be logged in
_COME_AGAIN_MS = 3000


@blueprint.record_once
def _make_live_flows(state: object) -> None:
    app = state.app  # type: ignore[attr-defined]
    services = app.extensions["proapi"]
    app.extensions[_LIVE] = LiveFlows(services.flow_log, services.clock)


@blueprint.get("/admin/flows/live")
@reads_log
def events() -> ResponseReturnValue:
    log_database()  # there is one
    live: LiveFlows = current_app.extensions[_LIVE]
    is_gone = request.environ.get("waitress.client_disconnected", lambda: False)
    stream = _events(live, csrf_token(), is_gone)  # each browser that is logged in has its own
    if next(stream) == b"":  # admitted or not is known by then
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "15"})
    return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _events(live: LiveFlows, browser: str, is_gone: Callable[[], bool]) -> Iterator[bytes]:
    with live.listen(browser) as news:
        if news is None:
            yield b""
            return
        yield b"admitted"
        yield f"retry: {_COME_AGAIN_MS}\n\n".encode()
        quiet = 0
        for _ in range(_LONGEST):
            new = news.wait(_WAIT_S)
            if is_gone():
                return
            quiet = 0 if new else quiet + 1
            if new:
                yield f"event: flows\ndata: {json.dumps({'new': new})}\n\n".encode()
            elif quiet % _BEAT_AFTER == 0:
                yield b": still here\n\n"
