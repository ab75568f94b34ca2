"""The soak in short: two backends that flap and a good one, and not one failure at a client."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import soak  # noqa: E402
import soak_clients  # noqa: E402


@pytest.mark.parametrize("log", [[], ["--log"]], ids=["", "with the log"])
def test_flapping_backends_reach_no_client_and_nothing_stays_behind(log: list[str]) -> None:
    # A short run's first part has not met all code yet: memory may still grow.
    options = ["--requests", "400", "--streams", "100", "--parts", "3", "--growth", "0.3", *log]
    command = [sys.executable, str(SCRIPTS / "soak.py"), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok   0 wrong answers" in done.stdout
    assert "errors in the gateway's log: 0" in done.stdout
    assert "'whole': 400" in done.stdout
    assert "'stream': 100" in done.stdout
    hidden = sum(int(line.split()[3]) for line in done.stdout.splitlines() if re.match(r"\d+ +\d+ ", line))
    assert hidden > 5  # faults that failover had to hide


def test_what_stays_behind_is_told() -> None:
    held = [soak.Held(100.0, 8, 3, soak.Counter()), soak.Held(106.0, 8, 3, soak.Counter({"builtins.dict": 9}))]
    good = soak.Answers(soak.Counter(whole=1), soak.Counter())
    assert soak._judge(0.05, good, held) == 1
    assert soak._judge(0.07, good, held) == 0
    assert soak._judge(0.07, soak.Answers(soak.Counter(), soak.Counter({"whole: 502": 1})), held) == 1
    for files, tasks in ((20, 3), (8, 20)):
        assert soak._judge(0.07, good, [held[0], soak.Held(100.0, files, tasks, soak.Counter())]) == 1


def test_each_job_is_made_as_often_as_asked() -> None:
    jobs = list(soak_clients.make_jobs(300, 50, Random(0)))
    assert sum(job is soak_clients.WHOLE for job in jobs) == 300
    assert sum(job is soak_clients.STREAM for job in jobs) == 50
    assert len({job.name for job in jobs}) == 7
