"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from proapi_gateway.whole_files import write_new, write_whole


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_the_file_is_replaced_with_its_mode_and_nothing_else_is_left(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "f"
    path.write_text("before")
    reader = path.open()
    write_whole(path, b"after", mode)
    assert path.read_text() == "after"
    assert path.stat().st_mode & 0o777 == mode
    assert reader.read() == "before"  # who reads the old one reads all of it
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("before")

    def refuse(half: Path) -> None:
        assert half.read_bytes() == b"after"
        raise PermissionError

    with pytest.raises(PermissionError):
        write_whole(path, b"after", prepare=refuse)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_is_its_owners_unless_said_otherwise(tmp_path: Path) -> None:
    write_new(tmp_path / "f", b"x")
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600
