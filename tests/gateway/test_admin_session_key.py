"""The key that signs sessions outlives a restart, and is nobody else's."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from proapi_gateway.admin_session_key import SessionKeys, data_folder
from proapi_gateway.settings import Secret, ServerSettings


def server(folder: Path, key: str = "") -> ServerSettings:
    return ServerSettings(db_path=f"sqlite:///{folder}/log.db", jwt_secret_key=Secret(key))


def test_the_files_own_key_is_made_once_and_kept(tmp_path: Path) -> None:
    here = server(tmp_path / "data")
    key = SessionKeys().key(here)
    assert len(key) == 32
    assert SessionKeys().key(here) == key
    path = tmp_path / "data" / "admin_session_key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert SessionKeys().key(server(tmp_path / "other")) != key


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_configured_key_wins_at_once(tmp_path: Path, blank: str) -> None:
    keys = SessionKeys()
    assert keys.key(server(tmp_path, blank)) != b"mine"
    assert keys.key(server(tmp_path, "mine")) == b"mine"


def test_a_file_that_holds_no_key_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "admin_session_key"
    for nonsense in ("", "ab", "no hex at all"):
        path.write_text(nonsense, encoding="ascii")
        SessionKeys().key(server(tmp_path))
        assert len(bytes.fromhex(path.read_text(encoding="ascii"))) == 32


def test_where_none_can_be_kept_there_is_one_all_the_same(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with caplog.at_level(logging.WARNING):
        assert len(SessionKeys().key(server(tmp_path / "file"))) == 32
    assert "logs out everybody" in caplog.text


@pytest.mark.parametrize(
    ("db_path", "folder"),
    [
        ("sqlite:///./data/x.db", "data"),
        ("sqlite:////var/proapi/x.db", "/var/proapi"),
        ("postgresql://u:p@h/db", "data"),
    ],
)
def test_it_lies_beside_the_database(db_path: str, folder: str) -> None:
    assert data_folder(db_path) == Path(folder)
