"""The counts of what has come through since the start, for `proapi.stats`: by block and model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from proapi_gateway.flow_summary import FlowSummary

_NOBODY = "answered here"
_MOST_ROWS = 200  # clients may name models at will where a pattern lets them through
_OTHERS = "others"


@dataclass(slots=True)
class _Row:
    requests: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0


class TrafficCounts:
    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}

    def add(self, flow: FlowSummary) -> None:
        """Told of each flow that is over."""
        name = f"{flow.provider} {flow.backend_model}".rstrip() if flow.provider else _NOBODY
        if name not in self._rows and len(self._rows) >= _MOST_ROWS:
            name = _OTHERS
        row = self._rows.setdefault(name, _Row())
        row.requests += 1
        row.failed += not flow.is_good
        if flow.usage is not None:
            row.tokens_in += flow.usage.prompt_tokens
            row.tokens_out += flow.usage.completion_tokens

    def lines(self) -> Iterator[str]:
        """ "openai/backup gpt-4o: 12 requests, 1 failed, 812 tokens in, 145 out" """
        for name, row in self._rows.items():
            failed = f", {row.failed} failed" if row.failed else ""
            tokens = f", {row.tokens_in} tokens in, {row.tokens_out} out" if row.tokens_in or row.tokens_out else ""
            yield f"{name}: {row.requests} requests{failed}{tokens}"
