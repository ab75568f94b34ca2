"""Several workers, as far as it needs no process: what they serve is tests/end_to_end/'s."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence

import pytest

from addons import workers
from addons.listening import read_listening

READY = ("proapi ready", None)
KILLED = ("", -signal.SIGTERM)


@pytest.mark.parametrize(
    ("starts", "stopped_at", "code"),
    [
        ([KILLED], 0, 0),
        ([READY, READY, KILLED], 2, 0),
        ([("", 2)], None, 2),
        ([READY, ("", 3), READY], None, 3),
    ],
    ids=["stopped at the first", "stopped at the last", "the first cannot start", "another cannot start"],
)
def test_a_worker_that_a_signal_ends_as_it_starts_has_not_failed(
    starts: Sequence[tuple[str, int | None]], stopped_at: int | None, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start(self: workers._Workers, place: int) -> tuple[str, int | None]:
        if place == stopped_at:
            self._stop(signal.SIGTERM)
        return starts[place]

    monkeypatch.setattr(workers._Workers, "_start", start)
    listening = read_listening({"PROAPI_WORKERS": "3"})
    assert asyncio.run(workers._Workers(listening, (), "").run()) == code
