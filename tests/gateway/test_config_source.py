"""Where the configuration comes from, and when it has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from proapi_gateway.config import ConfigFaults
from proapi_gateway.config_encryption import encrypt
from proapi_gateway.config_source import ConfigSource, FileSource, config_source
from proapi_gateway.remote_config import Document, RemoteFault

from .config_text import GOOD_PROVIDERS, GOOD_TOKENS

GOOD = GOOD_PROVIDERS + GOOD_TOKENS
OTHER = GOOD.replace("[m]", "[other]")
URL = "https://host/c.yaml?secret=1"


def models(source: ConfigSource) -> list[str]:
    return [route.alias for block in source.read().providers for route in block.routes]


# -- the file --------------------------------------------------------------------------------------------------------
def _write_in_place(path: Path) -> None:
    path.write_text(OTHER)


def _rename_over(path: Path) -> None:  # sed -i, and most editors
    new = path.with_name("new")
    new.write_text(OTHER)
    new.replace(path)


def _delete_and_write(path: Path) -> None:
    path.unlink()
    path.write_text(OTHER)


@pytest.mark.parametrize("save", [_write_in_place, _rename_over, _delete_and_write])
def test_every_way_to_save_is_one_change(tmp_path: Path, save: Callable[[Path], None]) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(GOOD)
    source = FileSource(str(path), {})
    assert models(source) == ["m"]
    assert [source.changed() for _ in range(3)] == [False] * 3
    save(path)
    assert [source.changed() for _ in range(2)] == [False, True]  # once it has come to rest
    assert models(source) == ["other"]
    assert [source.changed() for _ in range(3)] == [False] * 3


def test_the_swapped_symlinks_of_a_config_map(tmp_path: Path) -> None:
    for name, text in (("..v1", GOOD), ("..v2", OTHER)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "api.yaml").write_text(text)
    (tmp_path / "..data").symlink_to("..v1")
    (tmp_path / "api.yaml").symlink_to("..data/api.yaml")
    source = FileSource(str(tmp_path / "api.yaml"), {})
    assert models(source) == ["m"]
    (tmp_path / "..new").symlink_to("..v2")
    (tmp_path / "..new").replace(tmp_path / "..data")
    assert [source.changed(), source.changed()] == [False, True]
    assert models(source) == ["other"]


def test_a_file_that_is_still_being_written_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(GOOD)
    source = FileSource(str(path), {})
    source.read()
    for length in (10, 20, 30):
        path.write_text(OTHER[:length])
        assert not source.changed()
    path.write_text(OTHER)
    assert [source.changed(), source.changed()] == [False, True]


def test_touched_but_the_same_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(GOOD)
    source = FileSource(str(path), {})
    source.read()
    os.utime(path, (1, 1))
    assert [source.changed() for _ in range(3)] == [False] * 3


def test_a_file_that_is_gone_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(GOOD)
    source = FileSource(str(path), {})
    source.read()
    path.unlink()
    assert [source.changed() for _ in range(3)] == [False] * 3


def test_a_bad_save_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(GOOD)
    source = FileSource(str(path), {})
    source.read()
    path.write_text("providers: 1\n")
    assert [source.changed(), source.changed()] == [False, True]
    with pytest.raises(ConfigFaults):
        source.read()
    assert [source.changed() for _ in range(3)] == [False] * 3


# -- the address -----------------------------------------------------------------------------------------------------
class Address:
    """A `Fetch` in memory. `text`: what stands there; None while it is down."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def __call__(self, url: str, etag: str) -> Document | None:
        assert url == URL
        if self.text is None:
            raise RemoteFault("no reply: connection refused")
        found = f"etag-of-{hash(self.text)}"
        return None if etag == found else Document(url, self.text, found)


def remote(tmp_path: Path, address: Address, **environment: str) -> ConfigSource:
    return config_source(str(tmp_path / "api.yaml"), {"config_url": f" {URL}\n", **environment}, address)


def test_without_config_url_it_is_the_file(tmp_path: Path) -> None:
    source = config_source(str(tmp_path / "api.yaml"), {"config_url": ""})
    assert isinstance(source, FileSource)
    assert source.editable == tmp_path / "api.yaml"
    (tmp_path / "api.yaml").write_text(GOOD)
    assert source.text() == GOOD


def test_the_remote_text_is_read_and_cannot_be_edited_here(tmp_path: Path) -> None:
    source = remote(tmp_path, Address(GOOD))
    assert models(source) == ["m"]
    assert source.editable is None
    assert source.name == "https://host/c.yaml"
    assert source.text() == GOOD


def test_it_is_decrypted(tmp_path: Path) -> None:
    sealed = encrypt(GOOD, "k", os.urandom)
    source = remote(tmp_path, Address(sealed), secret_key="k")
    assert models(source) == ["m"]
    assert source.text() == GOOD
    assert GOOD not in (tmp_path / "data" / "last_good_config.json").read_text()


def test_a_wrong_key_is_told_as_such(tmp_path: Path) -> None:
    source = remote(tmp_path, Address(encrypt(GOOD, "k", os.urandom)), secret_key="other")
    with pytest.raises(ConfigFaults, match="cannot be decrypted with secret_key: the key is wrong"):
        source.read()


def test_a_copy_that_the_key_does_not_open_is_not_said_to_be_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sealed = Address(encrypt(GOOD, "k", os.urandom))
    remote(tmp_path, sealed, secret_key="k").read()
    with pytest.raises(ConfigFaults, match="the key is wrong"):
        remote(tmp_path, sealed, secret_key="other").read()
    assert caplog.text == ""


def test_a_change_there_is_seen_once(tmp_path: Path) -> None:
    address = Address(GOOD)
    source = remote(tmp_path, address)
    source.read()
    assert not source.changed()
    address.text = OTHER
    assert source.changed()
    assert models(source) == ["other"]
    assert not source.changed()


def test_down_at_the_start_the_last_good_copy_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "api.yaml").write_text(OTHER)
    remote(tmp_path, Address(GOOD)).read()
    address = Address(None)
    source = remote(tmp_path, address)
    assert models(source) == ["m"]
    assert "last good copy" in caplog.text
    assert "secret=1" not in caplog.text
    address.text = OTHER
    assert source.changed()  # it is back


def test_down_without_a_copy_it_is_the_local_file_as_in_the_seed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = remote(tmp_path, Address(None))
    with pytest.raises(ConfigFaults, match="connection refused"):
        source.read()
    (tmp_path / "api.yaml").write_text(OTHER)
    assert models(remote(tmp_path, Address(None))) == ["other"]
    assert "is used instead" in caplog.text


def test_once_it_runs_a_fault_leaves_what_is_in_force(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(OTHER)
    address = Address(GOOD)
    source = remote(tmp_path, address)
    source.read()
    for text in (None, "providers: 1\n"):
        address.text = text
        with pytest.raises(ConfigFaults):
            source.read()
    assert not source.changed()  # the bad text was told once
    assert models(remote(tmp_path, Address(None))) == ["m"]  # and did not become the copy


def test_a_copy_that_cannot_be_written_is_only_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "data").write_text("a file where the folder would be")
    assert models(remote(tmp_path, Address(GOOD))) == ["m"]
    assert "no copy" in caplog.text
