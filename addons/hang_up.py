"""SIGHUP means two things: read the configuration anew, or the terminal that we ran in has been closed."""

from __future__ import annotations

import os
from collections.abc import Callable

_STANDARD_INPUT = 0


class HangUp:
    """A handler of the signal. A terminal that was there at first and is gone now ends us, as it does any program."""

    def __init__(self, reload: Callable[[], object], stop: Callable[[], object]) -> None:
        self._reload = reload
        self._stop = stop
        self._had_terminal = os.isatty(_STANDARD_INPUT)

    def __call__(self) -> None:
        if self._had_terminal and not os.isatty(_STANDARD_INPUT):
            self._stop()
        else:
            self._reload()
