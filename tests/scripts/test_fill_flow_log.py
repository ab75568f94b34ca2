"""The script that fills a log and measures it, with few rows: it fills once, and measures every page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_it_fills_and_measures(tmp_path: Path) -> None:
    options = ["--small", "100", "--rows", "300", "--repeats", "1", "--folder", str(tmp_path)]
    command = [sys.executable, "scripts/fill_flow_log.py", *options]
    for _ in range(2):  # the second time the logs are there
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
        assert done.stderr == ""
        lines = done.stdout.splitlines()
        assert lines[0].startswith("100 rows: ")
        assert lines[1].startswith("300 rows: ")
        names = {line[:34].strip() for line in lines[3:]}
        assert {"flows: newest first", "flows: common word", "one flow", "overview, 30 days"} <= names
    assert sorted(path.name for path in tmp_path.glob("*.db")) == ["flows-100.db", "flows-300.db"]
