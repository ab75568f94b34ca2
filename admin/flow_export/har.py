"""Flows as HAR 1.2: what the client asked and got, with its timings, for browsers' and other tools.

Source: http://www.softwareishard.com/blog/har-12-spec/, read 2026-11-25. What HAR has no name for begins with "_": a
stream's pieces as [ms since the start, offset in the text], and the attempts.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from proapi_gateway.flow_log.flow_views import BodyView, FlowDetail, FlowView
from proapi_gateway.flow_log.records import Side

from .moments import iso_moment

_CREATOR = {"name": "proapi", "version": "1"}
_UNKNOWN = -1
_BASE_URL_DOOR = "base_url"
_VERSION = "HTTP/1.1"
_NO_BODY = BodyView(Side.CLIENT_REPLY, b"", 0, {}, ())


def write_har(details: Iterable[FlowDetail], base_url: str) -> Iterator[str]:
    """The archive piece by piece: it may be longer than the memory. `base_url`: as in `url_of`."""
    yield '{"log":{"version":"1.2","creator":' + json.dumps(_CREATOR) + ',"entries":['
    comma = ""
    for detail in details:
        yield comma + json.dumps(har_entry(detail, base_url), separators=(",", ":"))
        comma = ",\n"
    yield "]}}\n"


def har_entry(detail: FlowDetail, base_url: str) -> dict[str, Any]:
    flow = detail.flow
    asked = detail.bodies.get(Side.CLIENT_REQUEST, _NO_BODY)
    got = detail.bodies.get(Side.CLIENT_REPLY, _NO_BODY)
    waited = flow.total_ms if flow.first_token_ms is None else min(flow.first_token_ms, flow.total_ms)
    timings = {"blocked": _UNKNOWN, "dns": _UNKNOWN, "connect": _UNKNOWN, "ssl": _UNKNOWN}
    return {
        "startedDateTime": iso_moment(flow.started_ms),
        "time": flow.total_ms,
        "request": _request(flow, asked, url_of(flow, asked, base_url)),
        "response": _response(flow, got),
        "cache": {},
        "timings": timings | {"send": 0, "wait": waited, "receive": flow.total_ms - waited},
        "comment": flow.error,
        "_id": flow.request_id,
        "_pieces": [list(piece) for piece in got.pieces],
        "_attempts": [asdict(attempt) for attempt in flow.attempts],
    }


def url_of(flow: FlowView, asked: BodyView, base_url: str) -> str:
    """What the client asked for. `base_url`: the address of the base_url door, without a path: what came in there is
    logged by its path alone, as its host is replaced before we see it."""
    if flow.door == _BASE_URL_DOOR or not asked.head.get("url"):
        return base_url + flow.path
    return str(asked.head["url"])


def headers_of(body: BodyView) -> list[tuple[str, str]]:
    pairs = body.head.get("headers")
    return [(str(pair[0]), str(pair[1])) for pair in pairs] if isinstance(pairs, list) else []


def _request(flow: FlowView, asked: BodyView, url: str) -> dict[str, Any]:
    headers = headers_of(asked)
    request = {
        "method": flow.method,
        "url": url,
        "httpVersion": _VERSION,
        "cookies": [],
        "headers": _named(headers),
        "queryString": _named(parse_qsl(urlsplit(url).query, keep_blank_values=True)),
        "headersSize": _UNKNOWN,
        "bodySize": asked.total_bytes,
    }
    if asked.data:
        text = {"text": asked.data.decode("utf-8", "replace")}
        request["postData"] = {"mimeType": _type(headers), "params": [], **text, **_cut(asked)}
    return request


def _response(flow: FlowView, got: BodyView) -> dict[str, Any]:
    headers = headers_of(got)
    content: dict[str, Any] = {"size": got.total_bytes, "mimeType": _type(headers), **_cut(got)}
    try:
        content["text"] = got.data.decode()
    except UnicodeDecodeError:
        content |= {"text": base64.b64encode(got.data).decode(), "encoding": "base64"}
    return {
        "status": flow.status,
        "statusText": _STATUS_TEXTS.get(flow.status, ""),
        "httpVersion": _VERSION,
        "cookies": [],
        "headers": _named(headers),
        "content": content,
        "redirectURL": "",
        "headersSize": _UNKNOWN,
        "bodySize": got.total_bytes,
    }


_STATUS_TEXTS: Mapping[int, str] = {status.value: status.phrase for status in HTTPStatus}


def _named(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _type(headers: Iterable[tuple[str, str]]) -> str:
    return next((value for name, value in headers if name.lower() == "content-type"), "application/octet-stream")


def _cut(body: BodyView) -> dict[str, str]:
    return {"comment": f"{len(body.data)} of {body.total_bytes} bytes are kept"} if body.is_cut else {}
