"""The key that signs the admin's sessions: `jwt_secret_key`, or one that is made once and kept in a file."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path

from .settings import ServerSettings
from .whole_files import write_whole

logger = logging.getLogger(__name__)

_FILE = "admin_session_key"
_BYTES = 32
_SQLITE = "sqlite:///"
_FOLDER = Path("data")  # where the database is no file


class SessionKeys:
    """Remembers the key, until other settings want another."""

    def __init__(self) -> None:
        self._made_from: tuple[str, str] | None = None
        self._key = b""

    def key(self, server: ServerSettings) -> bytes:
        """`jwt_secret_key`; where it is blank the key of the file beside the database, made at the first call.

        Reads and writes a file: not on the event loop. Where no file can be kept the key is new at each start: a
        restart logs everybody out, no more.
        """
        wanted = (server.jwt_secret_key.reveal(), server.db_path)
        if wanted != self._made_from:
            self._key = _key(server)
            self._made_from = wanted
        return self._key


def _key(server: ServerSettings) -> bytes:
    if server.jwt_secret_key.strip():
        return server.jwt_secret_key.reveal().encode()
    path = data_folder(server.db_path) / _FILE
    try:
        return _kept_key(path)
    except OSError as error:
        logger.warning("no session key can be kept in %s (%s): a restart logs out everybody", path, error.strerror)
        return secrets.token_bytes(_BYTES)


def data_folder(db_path: str) -> Path:
    """Where the database is; "data" for one that is no file."""
    return Path(db_path.removeprefix(_SQLITE)).parent if db_path.startswith(_SQLITE) else _FOLDER


def _kept_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
        if len(key) == _BYTES:
            return key
    except FileNotFoundError:
        pass
    except ValueError:  # half a file, or somebody else's
        logger.warning("%s holds no session key: a new one is made", path)
    key = secrets.token_bytes(_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, key.hex().encode())
    return key
