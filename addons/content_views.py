"""The content views that mitmproxy's pages get from us: "LLM" (a request or reply as people read it), "SSE" (a stream's
events), and "App" (the request as the app sent it: mitmproxy itself shows the one that the backend got).

mitmproxy 12 has another interface for them than 11: `content_views_12.py`, `content_views_11.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mitmproxy import ctx, http
from mitmproxy.flow import Flow

from proapi_translate import EVENT_STREAM, READABLE

from .untyped_mitmproxy import addon_named
from .wrapped_text import wrap

# In `flow.metadata`, saved with the flow: the dialect of its client, and what the client sent.
DIALECT = "proapi_dialect"
APP_REQUEST = "proapi_app_request"  # b"POST /v1/chat/completions\n\n{…}"
_EVENT_STREAMS = ("text/event-stream", EVENT_STREAM)
_SHOWING = ("view", "dumper")  # mitmproxy's addons that show bodies
# mitmproxy's own views give 2 at most, and each view gives less than 0 for what it cannot show
_FIRST, _SECOND, _NOT = 4.0, 3.0, -1.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a view is handed: a body, and what is known of it."""

    data: bytes
    media_type: str
    is_request: bool
    dialect: str  # "" for what is not ours
    app_request: bytes = b""


@dataclass(frozen=True, slots=True)
class ContentView:
    """`text(shown)` may raise ValueError; `priority(shown)`: the view with the highest is chosen."""

    name: str
    highlight: str
    text: Callable[[Shown], str]
    priority: Callable[[Shown], float]


def _llm_text(shown: Shown) -> str:
    return wrap(_unwrapped_llm_text(shown))


def _unwrapped_llm_text(shown: Shown) -> str:
    if shown.is_request:
        from .llm_request_text import request_text

        return request_text(shown.data)
    if shown.dialect not in READABLE:
        raise ValueError("this is no reply of a model through proapi")
    from .llm_reply_text import reply_text

    return reply_text(shown.dialect, shown.data)


def _llm_priority(shown: Shown) -> float:
    if not shown.dialect or not shown.data or (not shown.is_request and shown.dialect not in READABLE):
        return _NOT
    return _FIRST if shown.data.lstrip()[:1] == b"{" or shown.media_type in _EVENT_STREAMS else _NOT


def _events_text(shown: Shown) -> str:
    from .event_list_text import event_list

    return wrap(event_list(shown.media_type, shown.data), indent="    ")


def _events_priority(shown: Shown) -> float:
    return _SECOND if shown.data and shown.media_type in _EVENT_STREAMS else _NOT


def _app_text(shown: Shown) -> str:
    if not shown.is_request or not shown.app_request:
        raise ValueError("the app's own request is not known")
    line, _, body = shown.app_request.partition(b"\n\n")
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
    return f"# {line.decode('utf-8', 'replace')}\n{text}"


def _app_priority(shown: Shown) -> float:
    return _NOT  # only for who asks for it


VIEWS = (
    ContentView("LLM", "none", _llm_text, _llm_priority),
    ContentView("SSE", "yaml", _events_text, _events_priority),
    ContentView("App", "yaml", _app_text, _app_priority),
)


def shown_of(data: bytes, flow: Flow | None, message: object, media_type: str | None) -> Shown:
    """From what mitmproxy hands a view, in 11 and 12."""
    metadata: Mapping[Any, Any] = flow.metadata if flow is not None else {}
    dialect, app_request = metadata.get(DIALECT), metadata.get(APP_REQUEST)  # a file may hold anything
    return Shown(
        data,
        media_type or "",
        isinstance(message, http.Request),
        dialect if isinstance(dialect, str) else "",
        app_request if isinstance(app_request, bytes) else b"",
    )


def add_content_views() -> None:
    """To mitmproxy's own; again is harmless."""
    from mitmproxy import contentviews

    if hasattr(contentviews, "Contentview"):
        from .content_views_12 import add_view
    else:
        from .content_views_11 import add_view
    for view in VIEWS:
        add_view(view)


class ContentViews:
    def running(self) -> None:
        """Only where somebody looks: else all goes without the import."""
        if any(addon_named(ctx.master, name) is not None for name in _SHOWING):
            add_content_views()
