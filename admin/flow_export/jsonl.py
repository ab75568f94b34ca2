"""A flow as one line of JSON: all that the log knows of it.

    {"id": 7225344000000000, "started": "2025-11-24T16:00:00.000+00:00", "model": "gpt-4o", …,
     "bodies": {"client_request": {"head": {…}, "text": "{…}", "total_bytes": 57, "pieces": [[120, 0]]}}}

A body that is no UTF-8 text has "base64" in place of "text".
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import Any

from proapi_gateway.flow_log.flow_views import BodyView, FlowDetail

from .moments import iso_moment


def write_line(detail: FlowDetail) -> str:
    flow = detail.flow
    told = asdict(flow) | {"started": iso_moment(flow.started_ms), "cost_usd": _number(flow.cost_usd)}
    told["bodies"] = {side.value: _body(body) for side, body in detail.bodies.items()}
    return json.dumps(told, ensure_ascii=True, separators=(",", ":")) + "\n"


def text_or_base64(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _body(body: BodyView) -> dict[str, Any]:
    return {
        "head": dict(body.head),
        **text_or_base64(body.data),
        "total_bytes": body.total_bytes,
        "pieces": [list(piece) for piece in body.pieces],
    }


def _number(cost: object) -> float | None:
    return None if cost is None else float(str(cost))
