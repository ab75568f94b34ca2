"""A curl command that asks again what the client asked. Its key is a variable of the shell: the log does not have it.

    curl -sS -N 'http://127.0.0.1:8000/v1/chat/completions' \\
      -H "Authorization: Bearer $OPENAI_API_KEY" \\
      -H 'content-type: application/json' \\
      --data-raw '{"model":"gpt-4o", …}'
"""

from __future__ import annotations

import base64
import re
import shlex

from proapi_gateway.flow_log.flow_views import BodyView, FlowDetail
from proapi_gateway.flow_log.records import Side

from .har import headers_of

_KEY = '"Authorization: Bearer $OPENAI_API_KEY"'
_HIDDEN = "[hidden]"
# What curl makes by itself, or what was about the connection that is gone.
_NOT_REPEATED = frozenset(
    [
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
_KEY_HEADERS = frozenset({"authorization", "api-key", "x-api-key"})
_ONE_ARGUMENT_BYTES = 100_000  # Linux takes 128 KiB in one argument
_CONTINUED = " \\\n  "
_CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_LINE_BREAKS = re.compile(r"[\r\n\0]+")


def write_curl(detail: FlowDetail, base_url: str) -> str:
    """For bash and other POSIX shells. `base_url`: the address of the base_url door, without a path: through whichever
    door a request came in, it is served there, too."""
    flow = detail.flow
    asked = detail.bodies.get(Side.CLIENT_REQUEST) or BodyView(Side.CLIENT_REQUEST, b"", 0, {}, ())
    before, data, after = _body(asked.data)
    options = ["curl -sS" + (" -N" if flow.stream else "")]
    if flow.method != ("POST" if asked.data else "GET"):
        options.append(f"-X {shlex.quote(flow.method)}")
    url = base_url + flow.path.replace(_HIDDEN, "HIDDEN")
    options.append(shlex.quote(_LINE_BREAKS.sub("", url)))
    options += [f"-H {header}" for header in _headers(asked)]
    options += data
    script = _remarks(asked) + before + _CONTINUED.join(options) + after + "\n"
    return script.encode("utf-8", "replace").decode()  # a header may hold bytes that are no text


def _headers(asked: BodyView) -> list[str]:
    """As words of the shell."""
    pairs = [(name, value) for name, value in headers_of(asked) if name.lower() not in _NOT_REPEATED]
    told = [_KEY]
    for name, value in pairs:
        if name.lower() in _KEY_HEADERS or value == _HIDDEN:
            continue
        # curl leaves out a header without a value, unless it ends in ";"
        line = f"{name}: {value}" if value.strip() else f"{name};"
        told.append(shlex.quote(_LINE_BREAKS.sub(" ", line)))
    return told


def _body(data: bytes) -> tuple[str, list[str], str]:
    """(what stands before curl, its options, what stands after them)."""
    if not data:
        return "", [], ""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if not text or _CONTROLS.search(data):
        packed = base64.b64encode(data).decode()
        lines = "\n".join(packed[start : start + 76] for start in range(0, len(packed), 76))
        return "base64 -d <<'BODY' | ", ["--data-binary @-"], f"\n{_here(lines)}"
    if len(data) <= _ONE_ARGUMENT_BYTES:
        return "", [f"--data-raw {shlex.quote(text)}"], ""
    mark = "BODY"
    while mark in text:
        mark += "_"
    return "", ["--data-binary @-"], f" <<'{mark}'\n{text}\n{mark}"


def _here(lines: str) -> str:
    return f"{lines}\nBODY"


def _remarks(asked: BodyView) -> str:
    if not asked.head:
        return "# The log has no body of this request (log_bodies).\n"
    if asked.is_cut:
        return f"# The log has only {len(asked.data)} of the body's {asked.total_bytes} bytes (log_body_bytes).\n"
    return ""
