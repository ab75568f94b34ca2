"""The real process under test: starts our master (or another command), waits for its ready line, stops it.

    with RunningProxy(CONFIG) as proxy:
        httpx.post(f"{proxy.base_url}/chat/completions", ...)
        httpx.Client(proxy=proxy.proxy_url, verify=proxy.ca_path)
    assert proxy.exit_code == 0

Every run has its own folder (api.yaml, the CA) and its own free ports.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"^proapi ready\b.*$", re.MULTILINE)

# What the machine of a developer may have set must not decide over a test.
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_FOREIGN_VARIABLES = (*_PROXY_VARIABLES, "SSL_CERT_FILE", "SSL_CERT_DIR", "config_url", "secret_key")


_FIRST_PORT, _PORTS = 20_000, 12_000
_steps = itertools.count(random.randrange(_PORTS))


def free_port() -> int:
    """Below the range that the system hands out: such a one could be taken by a connection before it is listened on.
    None comes again before all others have come."""
    while True:
        port = _FIRST_PORT + next(_steps) % _PORTS
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class RunningProxy:
    """`config`: the text of api.yaml. `command`: what to start instead. `environment`: extra variables.
    `folder`: where to start it."""

    def __init__(
        self,
        config: str,
        *,
        arguments: Sequence[str] = (),
        command: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        folder: Path = PROJECT_ROOT,
        stdin: int | None = None,
        ready_within_s: float = 90.0,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="proapi-test-")
        self.folder = Path(self._folder.name)
        self.config_path = self.folder / "api.yaml"
        self.config_path.write_text(config, encoding="utf-8")
        self.confdir = self.folder / "confdir"
        self.port, self.proxy_port, self.admin_port = (free_port() for _ in range(3))
        self._command = [*(command or [sys.executable, "-m", "addons.master"]), *arguments]
        self._extra = dict(environment or {})
        self._start_in = folder
        self._stdin = stdin
        self._ready_within_s = ready_within_s
        self._lines: list[str] = []
        self._line_came = threading.Condition()
        self._ready = threading.Event()
        self.exit_code: int | None = None

    # -- addresses ---------------------------------------------------------------------------------------------------
    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def proxy_url(self) -> str:
        return f"http://127.0.0.1:{self.proxy_port}"

    @property
    def admin_url(self) -> str:
        """Where the pages are, with `admin_server: true`."""
        return f"http://127.0.0.1:{self.admin_port}/admin"

    @property
    def ca_path(self) -> str:
        return str(self.confdir / "mitmproxy-ca-cert.pem")

    # -- life --------------------------------------------------------------------------------------------------------
    def __enter__(self) -> RunningProxy:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._folder.cleanup()

    def start(self) -> RunningProxy:
        """Start and wait for the ready line; AssertionError with the output when the process ends or stays silent."""
        self.launch()
        ends = time.monotonic() + self._ready_within_s
        while not self._ready.wait(0.05):
            if self.process.poll() is not None:
                self._reader.join(5)
                raise AssertionError(f"the proxy ended with {self.process.returncode}:\n{self.output}")
            if time.monotonic() > ends:
                self.stop(signal.SIGKILL)
                raise AssertionError(f"no ready line:\n{self.output}")
        return self

    def launch(self) -> None:
        """Start without waiting: for runs that are meant to fail. Follow with `wait()`."""
        self.process = subprocess.Popen(
            self._command,
            cwd=self._start_in,
            env=self._environment(),
            stdin=self._stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()

    def stop(self, sign: signal.Signals = signal.SIGTERM, timeout_s: float = 25.0) -> int:
        """Send `sign`, wait for the end, return the exit code. Calling it again is harmless."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.wait(timeout_s)

    def wait(self, timeout_s: float = 25.0) -> int:
        try:
            self.exit_code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.exit_code = self.process.wait(5)
            raise AssertionError(f"the proxy did not end in {timeout_s} s:\n{self.output}") from None
        self._reader.join(5)
        return self.exit_code

    def worked_s(self) -> float:
        """The processor's time that it has taken: without what a busy machine let it wait. 0 where /proc is missing."""
        status = Path(f"/proc/{self.process.pid}/stat")
        if not status.exists():
            return 0.0
        fields = status.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def output(self) -> str:
        """Standard output and standard error so far."""
        return "".join(self._lines)

    def wait_for(self, text: str, *, times: int = 1, timeout_s: float = 60.0) -> None:
        """Until the output has `text` so often; AssertionError with the output after the time."""
        with self._line_came:
            came = self._line_came.wait_for(lambda: self.output.count(text) >= times, timeout_s)
        assert came, f"{text!r} did not come:\n{self.output}"

    @property
    def ready_line(self) -> str:
        found = READY.search(self.output)
        return found.group(0) if found else ""

    def _environment(self) -> dict[str, str]:
        foreign = {name.lower() for name in _FOREIGN_VARIABLES}
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name.lower() not in foreign and not name.startswith("PROAPI_")
        }
        return inherited | {
            "PROAPI_CONFIG": str(self.config_path),
            "PROAPI_HOST": "127.0.0.1",
            "PROAPI_PORT": str(self.port),
            "PROAPI_PROXY_PORT": str(self.proxy_port),
            "PROAPI_ADMIN_PORT": str(self.admin_port),
            "PROAPI_CONFDIR": str(self.confdir),
            "PYTHONUNBUFFERED": "1",
            **self._extra,
        }

    def _read_output(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._line_came:
                self._lines.append(line)
                self._line_came.notify_all()
            if READY.match(line):
                self._ready.set()
