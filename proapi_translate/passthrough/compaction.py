"""/v1/responses/compact, passed through: the reply names no model, so it goes on as it came."""

from __future__ import annotations

from typing import Any

from ..error_bodies import failure_from
from .tap import Told
from .usage import read_usage
from .whole_tap import WholeTap


class CompactionTap(WholeTap):
    def mend_body(self, body: dict[str, Any]) -> set[str]:
        if not isinstance(body.get("output"), list):
            raise failure_from(body)
        self._told = Told(read_usage(body.get("usage")), "stop", "")
        return set()
