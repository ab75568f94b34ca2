"""The code blocks of the project's pages, and the running of their commands as a reader would.

A block that no test can run has its reason on the line before it: `<!-- not run: needs root -->`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.end_to_end.running_proxy import RunningProxy

ROOT = Path(__file__).resolve().parents[1]

_BLOCK = re.compile(r"^(?:<!-- (?P<mark>.*?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_RUN = "not run: "


class Block(NamedTuple):
    """`language`: "sh", "json", "yaml" … `mark`: the comment just before it, "" for none."""

    language: str
    text: str
    mark: str

    @property
    def why_not_run(self) -> str:
        """"needs root"; "" for a block that a test can run."""
        return self.mark.removeprefix(_NOT_RUN) if self.mark.startswith(_NOT_RUN) else ""


@cache
def text_of(page: str) -> str:
    """`page`: a path from the project's root."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks_of(page: str, language: str = "") -> list[Block]:
    """In order; `language`: only those."""
    found = [Block(match["language"], match["text"], match["mark"] or "") for match in _BLOCK.finditer(text_of(page))]
    return [block for block in found if language in ("", block.language)]


def run_shown(command: str, proxy: RunningProxy | None = None, folder: Path = ROOT) -> str:
    """The standard output of a shown command, its ports and its CA put right."""
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    if proxy is not None:
        if "curl" in command and shutil.which("curl") is None:
            pytest.skip("curl is not installed")
        command = command.replace("127.0.0.1:8000", f"127.0.0.1:{proxy.port}")
        command = command.replace("127.0.0.1:8080", f"127.0.0.1:{proxy.proxy_port}")
        command = command.replace("~/.mitmproxy/mitmproxy-ca-cert.pem", proxy.ca_path).replace("curl ", "curl -sS ")
        environment |= {
            "PROAPI_CONFDIR": str(proxy.confdir),
            "PROAPI_PORT": str(proxy.port),
            "PROAPI_PROXY_PORT": str(proxy.proxy_port),
        }
    python = shlex.quote(sys.executable)
    command = re.sub(r"\bpython -m", f"{python} -m", command)
    command = re.sub(r"^proapi ", f"{python} -m proapi_gateway.cli ", command, flags=re.MULTILINE)
    done = subprocess.run(
        ["bash", "-c", command], check=False, capture_output=True, cwd=folder, env=environment, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode() or done.stdout.decode()
    return done.stdout.decode()
