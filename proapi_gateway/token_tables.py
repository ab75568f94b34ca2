"""OpenAI's token ids back into text, by the table that the package tiktoken leaves on a machine.

LangChain sends its texts to /v1/embeddings as ids of OpenAI's tokenizer, which mean nothing to another vendor's model.
The table (1.7 MB) is never fetched from here: a request must not wait for somebody else's server. An administrator lets
tiktoken fetch it once, and it is read when it is first needed:

    pip install tiktoken
    TIKTOKEN_CACHE_DIR=/var/lib/tiktoken python -c 'import tiktoken; tiktoken.get_encoding("cl100k_base")'

Source: tiktoken/load.py and tiktoken_ext/openai_public.py of tiktoken 0.12 (name, address and hash of the table).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from proapi_translate import ClientFault

Table = Mapping[int, bytes]
Decoder = Callable[[str, Sequence[int]], str]  # (model, token ids) → text

# All embedding models of OpenAI's have this one, and clients take it for names that they do not know (LangChain).
_ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken"
_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
_FOLDER_VARIABLES = ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR")
_TEXT_INSTEAD = "send strings (LangChain: check_embedding_ctx_length=False)"


def table_folder(environment: Mapping[str, str]) -> Path:
    """Where tiktoken keeps its tables: {"TIKTOKEN_CACHE_DIR": "/t"} → /t; else a folder among the temporary ones."""
    told = next((environment[name] for name in _FOLDER_VARIABLES if environment.get(name)), "")
    if told:
        return Path(told)
    try:
        return Path(tempfile.gettempdir()) / "data-gym-cache"
    except FileNotFoundError:  # none can be written to (a read-only container): then there is no table either
        return Path("data-gym-cache")


class TokenTable:
    """Reads the table when it is first asked for, outside the event loop, and keeps it. A missing one is looked for
    again each time, so that no restart is needed once it is there."""

    def __init__(self, folder: Path, sha256: str = _SHA256) -> None:
        self._path = folder / hashlib.sha1(_ADDRESS.encode()).hexdigest()  # tiktoken's own name for it
        self._sha256 = sha256
        self._table: Table | None = None

    async def decoder(self) -> Decoder:
        """What turns ids into text. It raises ClientFault (400) where the table is missing, and for an unknown id."""
        if self._table is None:
            self._table = await asyncio.to_thread(self._read)
        table = self._table
        return self._tell_missing if table is None else lambda model, tokens: _decode(table, tokens)

    def _read(self) -> Table | None:
        try:
            data = self._path.read_bytes()
        except OSError:
            return None
        # Anybody may write among the temporary files: only the true table is taken.
        return _parse(data) if hashlib.sha256(data).hexdigest() == self._sha256 else None

    def _tell_missing(self, model: str, tokens: Sequence[int]) -> str:
        raise ClientFault(
            f"input: these are token ids, and the backend of `{model}` embeds texts: {_TEXT_INSTEAD}, or let the "
            "gateway have tiktoken's table (docs/api-yaml.md: Embeddings)",
            param="input",
        )


def _parse(data: bytes) -> Table:
    """Lines of b"SGVsbG8= 9906" → {9906: b"Hello"}."""
    pairs = (line.split() for line in data.splitlines() if line)
    return {int(rank): base64.b64decode(token) for token, rank in pairs}


def _decode(table: Table, tokens: Sequence[int]) -> str:
    try:
        return b"".join([table[token] for token in tokens]).decode("utf-8", "replace")
    except KeyError as unknown:
        message = f"input: {unknown.args[0]} is no token of cl100k_base: {_TEXT_INSTEAD}"
        raise ClientFault(message, param="input") from None
