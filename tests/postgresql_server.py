"""Debian's PostgreSQL, started on a folder of its own as an unprivileged user; a socket file, no port."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PACKAGED = Path("/usr/lib/postgresql")


def why_not() -> str:
    """Why no server can be started here; "" if one can."""
    if _programs() is None:
        return "PostgreSQL is not installed"
    try:
        import psycopg2  # noqa: F401
    except ImportError:
        return "psycopg2 is not installed"
    return ""


@contextmanager
def running_postgresql() -> Iterator[str]:
    """The URL of an empty database."""
    programs = _programs()
    assert programs is not None
    account = _unprivileged()
    with tempfile.TemporaryDirectory(prefix="proapi-pg-") as folder:
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = f"{folder}/data"
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        command = [programs / "initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync", "-E", "UTF8"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **who)
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-k", folder]
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, *options], cwd=folder, stderr=subprocess.DEVNULL, **who
        )
        try:
            _await_ready(programs, folder, server)
            yield f"postgresql://tester@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)  # "fast": SIGTERM would wait for every connection to be closed
            server.wait(60)


def _programs() -> Path | None:
    found = sorted(_PACKAGED.glob("*/bin/postgres"))
    return found[-1].parent if found else None


def _unprivileged() -> pwd.struct_passwd | None:
    """Root may not run it; None: we are not root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _await_ready(programs: Path, folder: str, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 90
    while subprocess.run([programs / "pg_isready", "-q", "-h", folder], check=False).returncode != 0:
        assert server.poll() is None, "PostgreSQL ended"
        assert time.monotonic() < ends, "PostgreSQL is not ready after 90 s"
        time.sleep(0.05)  # its socket is all that it tells
