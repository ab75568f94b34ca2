"""The record of one attempt at a backend, as the log and the admin show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """Who was tried and how it ended. A request has one for each attempt, in their order.

    AttemptRecord("openai/backup", "gpt-4o", 1, "sk-a…wxyz", 429, "slow down", 312): the second key of the pool was
    asked, and its backend refused. `status` is None where there was no reply; `fault` is "" for the attempt that
    served the client, and holds no secret.
    """

    provider: str  # the block's label
    model: str  # the backend's name for it
    key_position: int  # in the block's pool, from 0
    key: str  # masked; "" where the block has none
    status: int | None
    fault: str
    took_ms: int
