"""/v1/embeddings, passed through: what a service leaves out or gives in another form is mended.

`encoding_format: base64` is what OpenAI's SDKs ask for when nobody says otherwise; services that do not know it answer
with numbers, which typed SDKs cannot read.
"""

from __future__ import annotations

from typing import Any

from ..embeddings import pack_vector, read_base64, write_base64
from ..errors import BackendFailure
from ..interface import ReplyFacts
from .in_band_error import raise_for_error
from .tap import Told
from .usage import read_usage
from .whole_tap import WholeTap


class EmbeddingsTap(WholeTap):
    """Names and forms of what the client asked for."""

    def __init__(self, facts: ReplyFacts) -> None:
        super().__init__(facts)
        self._base64 = facts.asked.body.get("encoding_format") == "base64"

    def mend_body(self, body: dict[str, Any]) -> set[str]:
        if not isinstance(body.get("data"), list):
            raise_for_error("", body)
            raise BackendFailure("The backend's reply holds no embeddings.", code="bad_upstream_reply")
        usage = body.get("usage")
        self._told = Told(read_usage(usage), "", str(body.get("model") or ""))
        mended = {
            "object": "list",
            "data": [self._mend_item(index, item) for index, item in enumerate(body["data"])],
            "model": self._facts.asked.model,
            "usage": _mend_usage(usage),
        }
        changed = {name for name, value in mended.items() if body.get(name) != value}
        body.update({name: mended[name] for name in changed})
        return changed

    def _mend_item(self, index: int, item: dict[str, Any]) -> dict[str, Any]:
        vector = item["embedding"]
        if self._base64 and isinstance(vector, list):
            vector = write_base64(pack_vector(vector))
        elif not self._base64 and isinstance(vector, str):
            vector = read_base64(vector)
        return {"object": "embedding", "index": index, **item, "embedding": vector}


def _mend_usage(usage: Any) -> dict[str, Any]:
    counts = dict(usage) if isinstance(usage, dict) else {}
    prompt = counts.get("prompt_tokens")
    prompt = prompt if isinstance(prompt, int) else 0
    total = counts.get("total_tokens")
    return {**counts, "prompt_tokens": prompt, "total_tokens": total if isinstance(total, int) else prompt}
