"""What a newcomer is told whose Python cannot make environments."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.shown_blocks import ROOT


@pytest.mark.parametrize("script", ["run_proxy.sh", "test.sh"])
def test_a_python_without_venv_is_told_as_such(tmp_path: Path, script: str) -> None:
    for name in ("bash", "dirname", "ls", "sort"):
        (tmp_path / name).symlink_to(shutil.which(name) or pytest.fail(f"no {name}"))
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")  # as Debian's, asked for ensurepip
    (tmp_path / "python3").chmod(0o755)
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    command = ["bash", str(ROOT / "scripts" / script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr
