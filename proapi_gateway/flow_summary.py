"""What one flow came to, in the few facts that its line in the log and the metrics are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proapi_translate import Usage

from .attempt_record import AttemptRecord


@dataclass(frozen=True, slots=True)
class FlowSummary:
    """Names that are not known are "". `status`: what the client got; 499 for one that left before it got anything.

    `fault`: why a reply that had begun well did not end well, or why there was none; without secrets.
    """

    request_id: str
    door: str
    what: str  # the dialect, or for other paths their kind: "chat", "passthrough", "models"
    status: int
    total_ms: int
    first_ms: int | None = None  # of a stream: until its first piece
    token: str = ""  # its NAME
    model: str = ""  # as the client asked: any text
    provider: str = ""  # the block's label
    backend_model: str = ""
    attempts: Sequence[AttemptRecord] = ()
    usage: Usage | None = None
    cache: str = ""
    carried: str = ""  # of a realtime session: "1200 bytes up, 5600 down"
    fault: str = ""

    @property
    def is_good(self) -> bool:
        return self.status < 400 and not self.fault


_LONGEST_NAME = 80


def flow_line(flow: FlowSummary) -> str:
    """For people, and for grep:

    "req_1f… chat gpt-4o -> openai/backup:gpt-4o-2024 200 first=312ms total=2100ms tokens=120+45 attempts=2 token=a"
    """
    parts = [flow.request_id, flow.what]
    if flow.model:
        parts.append(_shown(flow.model))
    if flow.provider:
        parts.append(f"-> {flow.provider}:{flow.backend_model or '-'}")
    parts.append(str(flow.status))
    if flow.first_ms is not None:
        parts.append(f"first={flow.first_ms}ms")
    parts.append(f"total={flow.total_ms}ms")
    if flow.usage is not None:
        parts.append(f"tokens={flow.usage.prompt_tokens}+{flow.usage.completion_tokens}")
    if len(flow.attempts) > 1:
        parts.append(f"attempts={len(flow.attempts)}")
    if flow.cache:
        parts.append(f"cache={flow.cache}")
    if flow.carried:
        parts.append(f"({flow.carried})")
    if flow.token:
        parts.append(f"token={_shown(flow.token)}")
    if flow.fault:
        parts.append(f"fault={_shown(flow.fault)!r}")
    return " ".join(parts)


def flow_fields(flow: FlowSummary) -> dict[str, object]:
    """The same for programs: {"request_id": "req_1f…", "status": 200, …}; what is not known is left out."""
    fields: dict[str, object] = {
        "request_id": flow.request_id,
        "door": flow.door,
        "what": flow.what,
        "status": flow.status,
        "total_ms": flow.total_ms,
        "first_ms": flow.first_ms,
        "token": flow.token,
        "model": flow.model,
        "provider": flow.provider,
        "backend_model": flow.backend_model,
        "attempts": len(flow.attempts),
        "cache": flow.cache,
        "carried": flow.carried,
        "fault": flow.fault,
    }
    if flow.usage is not None:
        fields["prompt_tokens"] = flow.usage.prompt_tokens
        fields["completion_tokens"] = flow.usage.completion_tokens
    return {name: value for name, value in fields.items() if value not in ("", None)}


def _shown(text: str) -> str:
    """A client's text on one line: line breaks in it would make lines of the log that nobody wrote."""
    cut = text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in cut)
