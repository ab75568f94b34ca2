"""The recordings of real traffic that lie beside the project on some machines, and the public bug reports there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
needs_recordings = pytest.mark.skipif(not (SHARED / "recordings").is_dir(), reason="no ../shared/recordings here")
needs_cases = pytest.mark.skipif(not (SHARED / "cases.jsonl").is_file(), reason="no ../shared/cases.jsonl here")


@dataclass(frozen=True)
class Recording:
    """One exchange. `body` is the reply as it came; a stream whose framing was lost has got a plain one back."""

    name: str
    status: int
    stream: bool
    body: bytes
    headers: dict[str, str]


def recordings(api: str) -> Iterator[Recording]:
    """All of one wire format, in order of their names; none where the folder is absent."""
    for meta_path in sorted((SHARED / "recordings").glob("*/*/meta.json")):
        meta = json.loads(meta_path.read_text())
        if meta["api"] != api:
            continue
        folder = meta_path.parent
        body = (folder / meta["response_file"]).read_bytes()
        if meta["response_file"].endswith(".jsonl"):
            lines = [line for line in body.splitlines() if line.strip()]
            body = b"".join(b"data: " + line + b"\n\n" for line in lines) + b"data: [DONE]\n\n"
        header_file = folder / "response_headers.json"
        headers = json.loads(header_file.read_text()) if header_file.is_file() else {}
        is_stream = not meta["response_file"].endswith(".json")
        yield Recording(f"{folder.parent.name}/{folder.name}", meta["http_status"], is_stream, body, headers)


def case_input(case_id: str) -> dict[str, Any]:
    """The `input` of one bug report."""
    for line in (SHARED / "cases.jsonl").read_text().splitlines():
        case = json.loads(line)
        if case["id"] == case_id:
            return dict(case["input"])
    raise LookupError(case_id)
