"""The content views, through mitmproxy's own registry: the interface of the installed version."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import contentviews, http
from mitmproxy.addons.view import View
from mitmproxy.test import taddons, tflow

from addons.content_views import APP_REQUEST, DIALECT, VIEWS, ContentViews

ROOT = Path(__file__).resolve().parents[2]
HAS_NEW_INTERFACE = hasattr(contentviews, "Contentview")  # since mitmproxy 12
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
REPLY = b'data: {"choices": [{"index": 0, "delta": {"content": "Hey"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'


def flow(dialect: object = "chat", content_type: str = "text/event-stream; charset=utf-8") -> http.HTTPFlow:
    made = tflow.tflow(resp=True)
    made.request.content = json.dumps(REQUEST).encode()
    made.request.headers["content-type"] = "application/json"
    assert made.response is not None
    made.response.content = REPLY
    made.response.headers["content-type"] = content_type
    if dialect:
        made.metadata[DIALECT] = dialect
    return made


@contextlib.contextmanager
def loaded() -> Iterator[None]:
    with taddons.context(View()) as tctx:
        ContentViews().running()
        tctx.master._legacy_log_events.uninstall()  # else it goes on into a loop that is closed
        yield


def shown(flow: http.HTTPFlow, message: http.Message | None, view: str = "auto") -> tuple[str, str]:
    """The name of the view that was chosen, and its text, in either version."""
    assert message is not None
    views: Any = contentviews
    with loaded():
        if HAS_NEW_INTERFACE:
            result = views.prettify_message(message, flow, view_name=view)
            return result.view_name, result.text
        description, lines, error = views.get_message_content_view(view, message, flow)
        text = "\n".join("".join(piece for _, piece in line) for line in lines)
        return description, error or text.replace("\n \n", "\n\n")


def test_a_request_and_a_reply_of_ours() -> None:
    ours = flow()
    assert shown(ours, ours.request) == ("LLM", "model: m\n\n── user ──\nhi")
    assert shown(ours, ours.response) == ("LLM", "finished: stop\n\n── text ──\nHey")


def test_the_events_for_who_asks_for_them() -> None:
    ours = flow()
    name, text = shown(ours, ours.response, "SSE")
    assert name == "SSE"
    assert text.endswith("2: [DONE]")


def test_a_strangers_stream_is_a_list_of_events_and_its_json_is_mitmproxys_own_matter() -> None:
    strange = flow(dialect="")
    assert shown(strange, strange.response)[0] == "SSE"
    assert shown(strange, strange.request)[0] == "JSON"


@pytest.mark.parametrize("dialect", ["embeddings", 7, b"chat", ["chat"]])
def test_a_reply_that_cannot_be_read_is_left_to_others(dialect: object) -> None:
    other = flow(dialect, "application/json")
    assert other.response is not None
    other.response.content = b'{"data": []}'
    assert shown(other, other.response)[0] == "JSON"


def test_the_request_as_the_app_sent_it() -> None:
    ours = flow()
    ours.metadata[APP_REQUEST] = 'POST /v1/chat/completions\n\n{"model": "gpt-é"}'.encode()
    assert shown(ours, ours.request, "App") == ("App", '# POST /v1/chat/completions\n{\n  "model": "gpt-é"\n}')
    ours.metadata[APP_REQUEST] = b"POST /v1/chat/completions\n\n{"
    assert shown(ours, ours.request, "App")[1] == "# POST /v1/chat/completions\n{"


def test_what_is_not_known_is_told_as_such() -> None:
    strange = flow(dialect="")
    assert "the app's own request is not known" in shown(strange, strange.request, "App")[1]
    assert "this is no reply of a model" in shown(strange, strange.response, "LLM")[1]


def test_where_nobody_looks_there_are_none() -> None:
    program = (
        "import sys; from mitmproxy.test import taddons; from addons.content_views import ContentViews\n"
        "with taddons.context() as tctx: ContentViews().running()\n"
        "print('mitmproxy.contentviews' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["False"]


def test_long_lines_are_wrapped() -> None:
    ours = flow()
    ours.request.content = json.dumps({"messages": [{"role": "user", "content": "word " * 200}]}).encode()
    assert max(map(len, shown(ours, ours.request)[1].split("\n"))) <= 88


def test_loading_the_script_again_replaces_them() -> None:
    for _ in range(2):
        with loaded():
            pass
    ours = flow()
    assert shown(ours, ours.request)[0] == "LLM"


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_empty_bodies(view: Any) -> None:
    ours = flow()
    ours.request.content = b""
    assert isinstance(shown(ours, ours.request, view.name)[1], str)
