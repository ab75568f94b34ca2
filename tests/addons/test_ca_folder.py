"""Where a CA can be, and where not."""

from __future__ import annotations

from pathlib import Path

import pytest

from addons.ca_folder import CaFault, check_ca_folder


def test_a_folder_that_has_one_or_can_have_one_is_good(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    check_ca_folder(folder)
    assert list(folder.iterdir()) == []
    (folder / "mitmproxy-ca.pem").write_text("one")
    check_ca_folder(folder)


def test_a_folder_that_can_have_none_is_told_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        with pytest.raises(CaFault, match=f"no CA can be read or made in {folder} .*: see PROAPI_CONFDIR"):
            check_ca_folder(folder)
    (tmp_path / "mitmproxy-ca.pem").mkdir()
    with pytest.raises(CaFault, match="Is a directory"):
        check_ca_folder(tmp_path)
