"""A moment as every export writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def iso_moment(unix_ms: int) -> str:
    """iso_moment(1_764_000_000_000) == "2025-11-24T16:00:00.000+00:00"."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="milliseconds")
