"""Becoming another program, as a shell's `exec` does."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

_NOT_EXECUTABLE, _NOT_FOUND = 126, 127  # as a shell says it


def execute(command: list[str], environment: Mapping[str, str]) -> int:
    """Its signals, terminal and exit status are its own. Returns only where it cannot be started."""
    try:
        os.execvpe(command[0], command, environment)
    except FileNotFoundError:
        print(f"proapi run: {command[0]}: not found", file=sys.stderr)
        return _NOT_FOUND
    except OSError as error:
        print(f"proapi run: {command[0]}: {error.strerror}", file=sys.stderr)
        return _NOT_EXECUTABLE
