"""For what happens in another process or thread, and tells nobody."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(look: Callable[[], T], enough: Callable[[T], object] = bool, within_s: float = 60.0) -> T:
    """Look again and again; the first that is enough. Fails with what was seen last."""
    ends = time.monotonic() + within_s
    while not enough(seen := look()):
        assert time.monotonic() < ends, f"after {within_s} s: {seen!r}"
        time.sleep(0.02)
    return seen
