"""A flow whose every text can be shown: what apps and backends call themselves is theirs to choose."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.flow_log.flow_views import FlowView

from .flow_xray.body_text import printable


def printable_flow(flow: FlowView) -> FlowView:
    """With signs in place of controls. Its numbers, and what it is found by, stay."""
    losses = tuple({name: printable(str(value)) for name, value in loss.items()} for loss in flow.losses)
    return replace(flow, **_texts(flow), attempts=tuple(map(_printable_attempt, flow.attempts)), losses=losses)


def _printable_attempt(attempt: AttemptRecord) -> AttemptRecord:
    return replace(attempt, **_texts(attempt))


def _texts(value: FlowView | AttemptRecord) -> dict[str, Any]:
    named = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: printable(text) for name, text in named.items() if isinstance(text, str)}
