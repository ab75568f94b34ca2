"""A Redis server of our own for the tests: Debian's package, on a socket in a folder of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PROGRAM = "redis-server"


def why_not() -> str:
    """Why none can be started here; "" where one can."""
    if importlib.util.find_spec("redis") is None:
        return "redis is not installed: no client for a Redis server"
    return "" if shutil.which(_PROGRAM) else "no redis-server on this machine"


@contextlib.contextmanager
def running_redis() -> Iterator[str]:
    """The URL of an empty one."""
    with tempfile.TemporaryDirectory(prefix="proapi-redis-") as folder:
        socket_path = Path(folder) / "redis.sock"
        command = [_PROGRAM, "--port", "0", "--unixsocket", str(socket_path), "--dir", folder, "--save", ""]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            ends = time.monotonic() + 90
            while not socket_path.exists():
                assert server.poll() is None, "redis-server ended"
                assert time.monotonic() < ends, "redis-server is not ready after 90 s"
                time.sleep(0.02)  # its socket is all that it tells
            yield f"unix://{socket_path}"
        finally:
            server.terminate()
            server.wait(30)
