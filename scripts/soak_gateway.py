"""The gateway under watch: as `python -m addons.master`, but on SIGUSR2 it tells what it holds.

    soak_gateway.py FILE    on the signal FILE is replaced by {"tasks": 6, "objects": {"dict": 30112, …}}
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the project, wherever this is called from


def watch(report: Path) -> None:
    def tell(number: int, frame: object) -> None:
        gc.collect()
        kinds = Counter(f"{type(item).__module__}.{type(item).__qualname__}" for item in gc.get_objects())
        written = report.with_suffix(".part")
        written.write_text(json.dumps({"tasks": len(asyncio.all_tasks()), "objects": kinds}))
        os.replace(written, report)  # whoever waits for it never reads a half

    signal.signal(signal.SIGUSR2, tell)


if __name__ == "__main__":
    from addons.master import main

    watch(Path(sys.argv[1]))
    sys.exit(main([]))
