"""Files that are there whole or not at all: written beside their place, and put there in one step."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

OWNER_ONLY = 0o600


def write_new(path: Path, data: bytes, mode: int = OWNER_ONLY) -> None:
    """A new file, on the disk when this returns (never readable by more than `mode` says). Raises OSError."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_whole(
    path: Path, data: bytes, mode: int = OWNER_ONLY, prepare: Callable[[Path], object] = lambda half: None
) -> None:
    """Put `data` in the place of `path`, whose folder is there. `prepare(half)` may change the new file before.

    Raises OSError: then the file is as it was, and nothing is left beside it.
    """
    half = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        write_new(half, data, mode)
        prepare(half)
        half.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)
        raise
