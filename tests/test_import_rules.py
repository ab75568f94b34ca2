"""Who may import whom: the table of docs/design.md, held for every file of every room.

A fault reads like "addons/x.py:12: imports flask: addons/ never imports flask". Imports inside functions and under
TYPE_CHECKING count too.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = ("addons", "admin", "proapi_gateway", "proapi_translate")
DOOR = "proapi_translate"  # its public door: what its __init__ offers, and none of its modules
_CORE = "proapi_translate."

# What a dialect may use of the core; the same list stands in docs/design.md.
FOR_DIALECTS = frozenset({
    "prompt", "events", "interface", "sse", "eventstream", "media", "json_schema", "json_text", "fields", "repair",
    "losses", "errors", "error_bodies", "openai_error", "openai_dials", "openai_functions", "openai_output",
    "openai_parts", "openai_usage", "passthrough.*", "passthrough_request", "parts", "embeddings", "images",
    "sealed_thoughts", "sealed_summaries",
})  # fmt: skip
# Standard modules through which a pure library would touch the world: a socket, a file, a process, a clock, chance.
IMPURE = frozenset({
    "asyncio", "concurrent", "ftplib", "logging", "multiprocessing", "os", "pathlib", "random", "sched", "secrets",
    "select", "selectors", "shutil", "signal", "smtplib", "socket", "sqlite3", "ssl", "subprocess", "tempfile",
    "threading", "time", "uuid",
})  # fmt: skip
COMMAND_LINE = frozenset({"proapi_translate/__main__.py", "proapi_translate/command_line.py"})  # the library's edge


@dataclass(frozen=True)
class Room:
    """`ours`: which of our own modules may be imported, beside the room itself. `outside`: which packages that are not
    the standard library's, None for any. `never`: names that are told off by name."""

    folder: str
    ours: tuple[str, ...] = ()
    outside: frozenset[str] | None = None
    never: frozenset[str] = frozenset()
    pure: bool = False


_MSGSPEC = frozenset({"msgspec"})
_NOT_TRANSLATE = frozenset({"mitmproxy", "flask", "peewee", "yaml"})
ROOMS = (
    Room("proapi_translate/", outside=_MSGSPEC, never=_NOT_TRANSLATE, pure=True),
    Room(
        "proapi_translate/dialects/X/",
        ours=tuple(sorted(_CORE + name for name in FOR_DIALECTS)),
        outside=_MSGSPEC,
        never=_NOT_TRANSLATE,
        pure=True,
    ),
    Room(
        "proapi_translate/providers/",
        ours=(_CORE + "errors", _CORE + "target"),
        outside=_MSGSPEC,
        never=_NOT_TRANSLATE,
        pure=True,
    ),
    Room("proapi_gateway/", ours=(DOOR,), never=frozenset({"mitmproxy", "flask", "addons", "admin"})),
    Room(
        "addons/",
        ours=("proapi_translate.*", "proapi_gateway.*", "admin.create_app"),
        never=frozenset({"flask", "peewee"}),
    ),
    Room("admin/", ours=("proapi_gateway.*", DOOR), never=frozenset({"mitmproxy", "addons"})),
)


@dataclass(frozen=True)
class Import:
    """One imported name: Import("proapi_translate.errors", "BackendFailure", 12). `name` "" for a plain `import`."""

    module: str
    name: str
    line: int


def imports_of(path: PurePosixPath, source: str) -> Iterator[Import]:
    """Every import of a file, relative ones resolved."""
    package = path.parent.parts
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, "", node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *((node.module,) if node.module else ())))
            for alias in node.names:
                yield Import(module, alias.name, node.lineno)


def room_of(path: PurePosixPath) -> tuple[Room, str]:
    """The narrowest room that the file is in, and the room's own package: "proapi_translate.dialects.gemini"."""
    parts = path.parts
    if parts[:2] == ("proapi_translate", "dialects") and len(parts) > 3:
        return _named("proapi_translate/dialects/X/"), ".".join(parts[:3])
    folder = next((room.folder for room in reversed(ROOMS) if str(path).startswith(room.folder)), "")
    return _named(folder), folder.rstrip("/").replace("/", ".")


def _named(folder: str) -> Room:
    return next(room for room in ROOMS if room.folder == folder)


def fault_of(path: PurePosixPath, found: Import) -> str:
    """Why this import is against the rules; "" if it is not."""
    room, package = room_of(path)
    top = found.module.partition(".")[0]
    full = f"{found.module}.{found.name}" if found.name else found.module
    if top in room.never:
        return f"{room.folder} never imports {top}"
    if top in OURS:
        allowed = any(_allows(rule, found) for rule in (package + ".*", *room.ours))
        return "" if allowed else f"{room.folder} may import of our own only itself and {_list(room.ours)}"
    if top in sys.stdlib_module_names:
        if room.pure and top in IMPURE and str(path) not in COMMAND_LINE:
            return f"{room.folder} is pure: {full} reaches out of it"
        return ""
    if room.outside is not None and top not in room.outside:
        return f"{room.folder} may import, beside the standard library, only {_list(tuple(room.outside))}"
    return ""


def _allows(rule: str, found: Import) -> bool:
    """ "a.b": that module or a name out of it; "a.*": all in it; the door: a name that is no module of its own."""
    if rule == DOOR:
        return found.module == DOOR and not _is_module(found.name)
    if rule.endswith(".*"):
        package = rule.removesuffix(".*")
        return found.module == package or found.module.startswith(package + ".")
    return rule in (found.module, f"{found.module}.{found.name}")


def _is_module(name: str) -> bool:
    folder = ROOT / DOOR
    return (folder / f"{name}.py").is_file() or (folder / name).is_dir()


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing"


def test_every_file_keeps_the_rules() -> None:
    faults = []
    for top in OURS:
        for file in sorted((ROOT / top).rglob("*.py")):
            path = PurePosixPath(file.relative_to(ROOT).as_posix())
            for found in imports_of(path, file.read_text(encoding="utf-8")):
                why = fault_of(path, found)
                if why:
                    faults.append(
                        f"{path}:{found.line}: imports {'.'.join(filter(None, (found.module, found.name)))}: {why}"
                    )
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize("page", ["docs/design.md", "docs/zh/design.md"])
def test_the_design_tells_the_same(page: str) -> None:
    """The rooms, what each never imports, and the dialects' list."""
    text = (ROOT / page).read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]
    told = {row[0].strip("`"): row for row in rows}
    assert list(told) == [room.folder for room in ROOMS]
    for room in ROOMS:
        named = set(re.findall(r"\w+", told[room.folder][3])) & {*OURS, *_NOT_TRANSLATE}
        assert named <= room.never, room.folder
    assert {name.strip() for name in told["proapi_translate/dialects/X/"][2].split(",")} == FOR_DIALECTS


@pytest.mark.parametrize(
    ("path", "source", "why"),
    [
        ("addons/x.py", "import flask", "addons/ never imports flask"),
        (
            "addons/x.py",
            "from mitmproxy import http\nfrom proapi_translate.errors import E\nimport proapi_gateway.x",
            "",
        ),
        ("addons/x.py", "import admin.pages", "only itself and proapi_translate.*, proapi_gateway.*, admin.create_app"),
        ("addons/x.py", "from admin import create_app", ""),
        ("admin/x.py", "from addons import x", "admin/ never imports addons"),
        ("admin/x.py", "from proapi_translate import ReplyReader", ""),
        ("admin/x.py", "from proapi_translate.sse import SseReader", "only itself and"),
        ("admin/x.py", "import flask\nfrom .queries import q\nfrom proapi_gateway.flow_log import models", ""),
        ("proapi_gateway/x.py", "def f():\n    from mitmproxy import http", "never imports mitmproxy"),
        ("proapi_gateway/x.py", "from proapi_translate import Target, translate_request\nimport peewee, time", ""),
        ("proapi_gateway/x.py", "from proapi_translate import sse", "only itself and proapi_translate"),
        ("proapi_gateway/x.py", "from proapi_translate.sse import SseReader", "only itself and proapi_translate"),
        ("proapi_gateway/x.py", "import proapi_translate.sse", "only itself and proapi_translate"),
        ("proapi_translate/x.py", "import orjson", "only msgspec"),
        ("proapi_translate/x.py", "import msgspec, json\nfrom .dialects.gemini import BACKEND\nfrom . import sse", ""),
        ("proapi_translate/x.py", "from time import monotonic", "is pure"),
        ("proapi_translate/__main__.py", "import time", ""),
        ("proapi_translate/x.py", "from proapi_gateway import x", "only itself"),
        ("proapi_translate/dialects/gemini/x.py", "from ..anthropic.names import ORIGIN", "only itself and"),
        ("proapi_translate/dialects/gemini/x.py", "from ...providers.row import Provider", "only itself and"),
        ("proapi_translate/dialects/gemini/x.py", "from ...translate import Context", "only itself and"),
        (
            "proapi_translate/dialects/gemini/x.py",
            "from .names import A\nfrom ...sse import S\nfrom ... import media",
            "",
        ),
        ("proapi_translate/dialects/gemini/x.py", "import socket", "is pure"),
        ("proapi_translate/dialects/__init__.py", "from ..interface import BackendDialect", ""),
        ("proapi_translate/providers/x.py", "from ..dialects.gemini.names import A", "only itself and"),
        ("proapi_translate/providers/x.py", "from ..target import Target\nfrom .row import Provider\nimport hmac", ""),
        ("proapi_translate/providers/x.py", "if TYPE_CHECKING:\n    from ..sse import S", "only itself and"),
    ],
)
def test_the_rules_themselves(path: str, source: str, why: str) -> None:
    place = PurePosixPath(path)
    faults = [fault for found in imports_of(place, source) if (fault := fault_of(place, found))]
    assert bool(faults) == bool(why), faults
    assert why in "".join(faults)
