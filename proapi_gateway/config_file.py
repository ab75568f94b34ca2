"""The file of the configuration, read to be edited and saved again: whole or not at all, with the old one kept."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .whole_files import write_new, write_whole

_BACKUPS_KEPT = 10
# A file that is mounted by itself (docker -v ./api.yaml:…) cannot be replaced, nor can one in a folder of others.
_CANNOT_BE_REPLACED = frozenset({errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS})


class FileChanged(Exception):
    """Somebody else saved the file since it was read."""


@dataclass(frozen=True, slots=True)
class ConfigText:
    """A file's text, its line ends as "\\n". `version` tells whether it is still the same."""

    text: str
    version: str
    line_end: str = "\n"


def read_config_file(path: Path) -> ConfigText:
    """Raises OSError, and UnicodeDecodeError for what is no UTF-8."""
    data = path.read_bytes()
    text = data.decode("utf-8-sig")
    line_end = "\r\n" if "\r\n" in text else "\n"
    return ConfigText(text.replace("\r\n", "\n"), hashlib.sha256(data).hexdigest(), line_end)


def save_config_file(path: Path, text: str, version: str, now: float, spare_folder: Path) -> Path:
    """Put `text` in the file's place; the path of the backup. Symlinks, mode and owner stay as they are.

    `version`: what was read before; `now`: Unix seconds, for the backup's name; `spare_folder`: for backups, where
    none can be written beside the file. Raises FileChanged, and OSError where the file cannot be written, or no backup.
    """
    target = Path(os.path.realpath(path))
    before = read_config_file(target)
    if before.version != version:
        raise FileChanged
    backup = _keep_backup(target, now, (target.parent, spare_folder))
    data = text.replace("\r\n", "\n").replace("\n", before.line_end).encode()
    try:
        _replace(target, data)
    except OSError as error:
        if error.errno not in _CANNOT_BE_REPLACED:
            raise
        _overwrite(target, data)
    return backup


def _keep_backup(target: Path, now: float, folders: Sequence[Path]) -> Path:
    name = f"{target.name}.backup-{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}"
    for folder in folders:
        backup = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_new(backup, target.read_bytes(), target.stat().st_mode & 0o777)
        except OSError:
            if folder is folders[-1]:
                raise
            continue
        _forget_old_backups(folder, target.name)
        return backup
    raise FileNotFoundError("no folder for a backup")


def _forget_old_backups(folder: Path, name: str) -> None:
    for old in sorted(folder.glob(f"{name}.backup-*"))[:-_BACKUPS_KEPT]:
        old.unlink(missing_ok=True)


def _replace(target: Path, data: bytes) -> None:
    stat = target.stat()

    def give_to_owner(half: Path) -> None:
        if (stat.st_uid, stat.st_gid) != (half.stat().st_uid, half.stat().st_gid):
            shutil.chown(half, stat.st_uid, stat.st_gid)  # not ours to give away: EPERM, and it is written in place

    write_whole(target, data, stat.st_mode & 0o777, give_to_owner)


def _overwrite(target: Path, data: bytes) -> None:
    """In place: a crash in the middle leaves half of it, for which there is the backup."""
    with target.open("r+b") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
