"""A configuration's file is saved whole or not at all, and the one before is kept."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from proapi_gateway import config_file
from proapi_gateway.config_file import FileChanged, read_config_file, save_config_file

NOW = 1_764_000_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "api.yaml"
    path.write_text("one\n", encoding="utf-8")
    path.chmod(0o640)
    return path


def save(path: Path, text: str, now: float = NOW) -> Path:
    return save_config_file(path, text, read_config_file(path).version, now, path.parent / "spare")


def test_what_is_saved_is_read_and_the_one_before_kept(path: Path) -> None:
    backup = save(path, "two\n中\n")
    assert read_config_file(path).text == "two\n中\n"
    assert backup.name == "api.yaml.backup-20251124-160000"
    assert backup.read_text(encoding="utf-8") == "one\n"
    for file in (path, backup):
        assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(file.name for file in path.parent.iterdir()) == ["api.yaml", backup.name]


def test_a_symlink_stays_one(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to("api.yaml")
    save(link, "two\n")
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8") == "two\n"


def test_line_ends_and_the_mark_at_the_beginning(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read_config_file(path).text == "a: 1\nb: 2\n"
    save(path, "a: 1\nc: 3\n")
    assert path.read_bytes() == b"a: 1\r\nc: 3\r\n"


def test_what_somebody_else_saved_is_not_lost(path: Path) -> None:
    version = read_config_file(path).version
    path.write_text("theirs\n", encoding="utf-8")
    with pytest.raises(FileChanged):
        save_config_file(path, "mine\n", version, NOW, path.parent)
    assert path.read_text(encoding="utf-8") == "theirs\n"
    assert len(list(path.parent.iterdir())) == 1


def test_only_so_many_backups_are_kept(path: Path) -> None:
    for number in range(14):
        save(path, f"{number}\n", NOW + number)
    backups = sorted(path.parent.glob("api.yaml.backup-*"))
    assert len(backups) == 10
    assert backups[-1].read_text(encoding="utf-8") == "12\n"


def test_a_file_that_cannot_be_replaced_is_written_in_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Docker mounts a single file: a rename onto it is EBUSY."""
    inode = path.stat().st_ino
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if target == path:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    backup = save(path, "t\n")
    assert path.read_text(encoding="utf-8") == "t\n"
    assert path.stat().st_ino == inode
    assert backup.read_text(encoding="utf-8") == "one\n"
    assert len(list(path.parent.iterdir())) == 2  # no half file is left


def test_a_full_disk_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(config_file, "_replace", fail)
    with pytest.raises(OSError, match="No space"):
        save(path, "two\n")
    assert path.read_text(encoding="utf-8") == "one\n"


def test_a_backup_that_has_no_place_beside_it_goes_elsewhere(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_new = config_file.write_new

    def refuse(where: Path, data: bytes, mode: int) -> None:
        if where.parent == path.parent and "backup" in where.name:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        write_new(where, data, mode)

    monkeypatch.setattr(config_file, "write_new", refuse)
    backup = save(path, "two\n")
    assert backup.parent == path.parent / "spare"
    assert path.read_text(encoding="utf-8") == "two\n"


def test_without_a_backup_nothing_is_saved(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(config_file, "write_new", refuse)
    with pytest.raises(OSError, match="denied"):
        save(path, "two\n")
    assert path.read_text(encoding="utf-8") == "one\n"
