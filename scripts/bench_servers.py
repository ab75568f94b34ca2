"""The processes of the proxy benchmark: started, waited for, measured and ended by their own ids."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "sk-bench"
MODEL = "bench-model"
_READY_WITHIN_S = 30.0
# What bare mitmdump needs in order not to hold a stream back: the one line of its only script.
_STREAM_SCRIPT = "def responseheaders(flow):\n    flow.response.stream = True\n"
_CONFIG = """\
providers:
  - provider: openai
    base_url: http://127.0.0.1:{port}/v1
    api_key: sk-backend
    model: [ bench-model ]
tokens:
  - api_key: {token}
    model: [ all ]
server:
  default_model: bench-model
"""


@dataclass
class Server:
    """One running server. `ready_s`: from its start to its first answer."""

    name: str
    url: str
    process: subprocess.Popen[Any]
    ready_s: float = 0.0

    def cpu_s(self) -> float:
        """Processor time so far, user and system."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:"))

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


def start_backend() -> Server:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("bench_backend.py"))], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().split()[1])
    return Server("direct", f"http://127.0.0.1:{port}", process)


def start_mitmdump(backend: Server, folder: Path) -> Server:
    """mitmdump as it comes, in reverse mode, with streaming switched on."""
    script = folder / "stream.py"
    script.write_text(_STREAM_SCRIPT)
    port = free_port()
    code = "from mitmproxy.tools.main import mitmdump; mitmdump()"
    mode = f"reverse:{backend.url}@127.0.0.1:{port}"
    command = [
        sys.executable,
        "-c",
        code,
        "-q",
        "-s",
        str(script),
        "--mode",
        mode,
        "--set",
        f"confdir={folder / 'mitmdump'}",
    ]
    return _start("mitmdump", port, command, {})


def start_proapi(backend: Server, folder: Path) -> Server:
    return _start_proapi("proapi", backend, folder, "")


def start_logging_proapi(backend: Server, folder: Path) -> Server:
    """proapi with its flow log: every request is written to a database, with all four bodies."""
    log = f"  admin_server: true\n  db_path: sqlite:///{folder.resolve()}/log.db\n"
    return _start_proapi("proapi, log", backend, folder, log)


def _start_proapi(name: str, backend: Server, folder: Path, server_lines: str) -> Server:
    config = _CONFIG.format(port=backend.url.rpartition(":")[2], token=TOKEN) + server_lines
    return start_gateway(name, config, folder, [sys.executable, "-m", "addons.master"])


def start_gateway(name: str, config: str, folder: Path, command: Sequence[str], model: str = MODEL) -> Server:
    """Our own on this text of api.yaml, once it answers to `model`; `command` runs it."""
    path = folder / f"{name}.yaml"
    path.write_text(config)
    port = free_port()
    environment = {
        "PROAPI_CONFIG": str(path),
        "PROAPI_HOST": "127.0.0.1",
        "PROAPI_PORT": str(port),
        "PROAPI_PROXY_PORT": "0",
        "PROAPI_CONFDIR": str(folder / "proapi"),
    }
    return _start(name, port, command, environment, model, folder / f"{name}.log")


def _start(
    name: str,
    port: int,
    command: Sequence[str],
    environment: Mapping[str, str],
    model: str = MODEL,
    log: Path | None = None,
) -> Server:
    started = time.perf_counter()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PROAPI_")}
    with open(log or os.devnull, "wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=inherited | dict(environment), stdout=out, stderr=out)
    server = Server(name, f"http://127.0.0.1:{port}", process)
    while not _answers(server.url, model):
        if process.poll() is not None or time.perf_counter() - started > _READY_WITHIN_S:
            server.stop()
            raise SystemExit(f"{name} did not start (exit code {process.returncode})")
        time.sleep(0.01)
    server.ready_s = time.perf_counter() - started
    return server


def _answers(url: str, model: str) -> bool:
    """Is a chat request answered well?"""
    try:
        return b'"content"' in ask(url, stream=False, model=model)
    except (OSError, urllib.error.URLError):
        return False


def ask(url: str, *, stream: bool, model: str = MODEL) -> bytes:
    """One chat request's whole answer."""
    body = request_body(stream=stream, model=model)
    request = urllib.request.Request(f"{url}/v1/chat/completions", body, request_headers())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=5) as reply:
        answer: bytes = reply.read()
    return answer


def request_body(*, stream: bool, model: str = MODEL) -> bytes:
    tail = ',"stream":true}' if stream else "}"
    return f'{{"model":"{model}","messages":[{{"role":"user","content":"hello there"}}]{tail}'.encode()


def request_headers() -> dict[str, str]:
    return {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
