"""The soft limit of open files is raised, the hard one stays: of another process, for a limit is all of a process's."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from tests.end_to_end.running_proxy import PROJECT_ROOT

SCRIPT = """
import resource, sys
from addons.open_files import allow_many_open_files
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
print(allow_many_open_files(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard", "told"), [(100, 300, "300 300 300"), (300, 300, "300 300 300")])
def test_up_to_the_hard_limit(soft: int, hard: int, told: str) -> None:
    if 0 <= resource.getrlimit(resource.RLIMIT_NOFILE)[1] < hard:
        pytest.skip("this machine allows fewer files")
    command = [sys.executable, "-c", SCRIPT, str(soft), str(hard)]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=30)
    assert (done.stdout.strip(), done.stderr) == (told, "")
