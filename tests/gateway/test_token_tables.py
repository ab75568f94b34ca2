"""Token ids back into text, by a table in tiktoken's own form."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import tempfile
from pathlib import Path

import pytest

from proapi_gateway.token_tables import TokenTable, table_folder
from proapi_translate import ClientFault

PIECES = {0: b"Hello", 1: b",", 2: b" world", 3: "né".encode()[:2], 4: "né".encode()[2:]}
TABLE = b"\n".join(base64.b64encode(piece) + b" %d" % rank for rank, piece in PIECES.items()) + b"\n"
# How tiktoken names the file of its table cl100k_base (the sha1 of the address that it comes from).
NAME = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"


def table(folder: Path, data: bytes | None = TABLE) -> TokenTable:
    if data is not None:
        (folder / NAME).write_bytes(data)
    return TokenTable(folder, hashlib.sha256(TABLE).hexdigest())


def decode(tokens: TokenTable, *ids: int) -> str:
    return asyncio.run(tokens.decoder())("m", ids)


def test_ids_become_text(tmp_path: Path) -> None:
    tokens = table(tmp_path)
    assert decode(tokens, 0, 1, 2) == "Hello, world"
    assert decode(tokens, 3, 4) == "né"  # a character may be cut between two tokens
    (tmp_path / NAME).unlink()
    assert decode(tokens, 0) == "Hello"


@pytest.mark.parametrize("data", [None, b"", TABLE + b"\n", b"\xff"])
def test_without_the_true_table_the_client_is_told_what_to_do(tmp_path: Path, data: bytes | None) -> None:
    tokens = table(tmp_path, data)
    with pytest.raises(ClientFault, match="check_embedding_ctx_length=False") as raised:
        decode(tokens, 0)
    assert (raised.value.status, raised.value.param) == (400, "input")
    assert decode(table(tmp_path), 0) == "Hello", "a table that comes later is found"


@pytest.mark.parametrize("unknown", [5, -1, 10**9])
def test_an_unknown_id_is_told(tmp_path: Path, unknown: int) -> None:
    with pytest.raises(ClientFault, match=str(unknown)) as raised:
        decode(table(tmp_path), 0, unknown)
    assert (raised.value.status, raised.value.param) == (400, "input")


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"TIKTOKEN_CACHE_DIR": "/t", "DATA_GYM_CACHE_DIR": "/d"}, "/t"),
        ({"DATA_GYM_CACHE_DIR": "/d"}, "/d"),
        ({"TIKTOKEN_CACHE_DIR": ""}, "data-gym-cache"),
    ],
)
def test_the_folder_is_tiktokens_own(environment: dict[str, str], folder: str) -> None:
    assert str(table_folder(environment)).endswith(folder)


def test_without_a_temporary_folder_there_is_none_and_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_get_default_tempdir", lambda: (_ for _ in ()).throw(FileNotFoundError()))
    assert table_folder({}) == Path("data-gym-cache")


def test_the_real_table_says_hello() -> None:
    """On machines where tiktoken has fetched its table."""
    folder = table_folder(os.environ)
    if not (folder / NAME).is_file():
        pytest.skip(f"no table of tiktoken's in {folder}")
    assert decode(TokenTable(folder), 9906, 11, 1917) == "Hello, world"
