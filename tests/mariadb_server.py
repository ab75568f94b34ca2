"""Debian's MariaDB, started on a folder of its own; a socket file, no port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

_UNSAFE_BUT_QUICK = ("--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite", "--innodb-log-file-size=16M")


def why_not() -> str:
    """Why no server can be started here; "" if one can."""
    if not _program():
        return "MariaDB is not installed"
    try:
        import pymysql  # type: ignore[import-untyped] # noqa: F401
    except ImportError:
        return "PyMySQL is not installed"
    return ""


@contextmanager
def running_mariadb() -> Iterator[str]:
    """The URL of an empty database."""
    with tempfile.TemporaryDirectory(prefix="proapi-mariadb-") as folder:
        socket = f"{folder}/socket"
        # without the tables of its own accounts, which another of Debian's packages would make
        command = [_program(), "--no-defaults", f"--datadir={folder}", f"--socket={socket}", "--skip-grant-tables"]
        command += ["--skip-networking", *_UNSAFE_BUT_QUICK, *(["--user=root"] if os.geteuid() == 0 else [])]
        server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _make_database(socket, server)
            yield f"mysql://root@localhost/proapi?unix_socket={socket}"
        finally:
            server.terminate()
            server.wait(60)


def _program() -> str:
    return shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


def _make_database(socket: str, server: subprocess.Popen[bytes]) -> None:
    import pymysql

    ends = time.monotonic() + 90
    while True:
        try:
            with pymysql.connect(unix_socket=socket, user="root") as connection, connection.cursor() as cursor:
                cursor.execute("CREATE DATABASE proapi CHARACTER SET utf8mb4")
            return
        except pymysql.err.OperationalError:
            assert server.poll() is None, "MariaDB ended"
            assert time.monotonic() < ends, "MariaDB is not ready after 90 s"
        time.sleep(0.05)  # its socket is all that it tells
