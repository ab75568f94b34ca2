"""docs/ is held to the product: links lead somewhere, configurations load, commands run, and Chinese pages keep up."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import proapi_translate
from proapi_gateway.config import load_settings
from tests.end_to_end.running_proxy import RunningProxy
from tests.lossy_tables import PAGES as TARGETS
from tests.lossy_tables import format_field_table, format_known_services, format_page_table, format_service_table
from tests.shown_blocks import ROOT, Block, blocks_of, run_shown, text_of
from tests.test_readme import READMES, check_shown, events_of

DOCS = ROOT / "docs"
_ZH = DOCS / "zh"
CHINESE = sorted(path.relative_to(_ZH).as_posix() for path in _ZH.rglob("*.md"))
ENGLISH = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md") if _ZH not in path.parents)
PAGES = [f"docs/{name}" for name in ENGLISH] + [f"docs/zh/{name}" for name in CHINESE]
INDEXES = ("README.md", "providers.md")
# What a machine that runs tests lacks or must not be asked for: a block is left out for one of these, and says which.
NOT_FOR_TESTS = {
    "needs root": r"\bsudo\b",
    "needs a container engine": r"\bdocker\b",
    "needs a cluster": r"\bkubectl\b",
    "needs Google's tools": r"\bgcloud\b",
    "downloads packages": r"\bpip install\b|\bapt\b",
    "runs until it is stopped": r"scripts/run_proxy\.sh|addons\.master|mitm(dump|web|proxy) ",
    "runs all tests": r"scripts/test\.sh|\bpytest\b",
    "runs a program of yours": r"\bapp\.py\b|\./app\b",
    "needs a JDK": r"\bkeytool\b",
}
FILE = "file: "  # such a block is the text of that file
ADDING = ("docs/adding-a-backend.md", "docs/zh/adding-a-backend.md")
SHELLS = ("sh", "bash", "console")
OF_ANOTHER_PROGRAM = "coming-from-pro-api.md"
SOURCES = ("proapi_translate", "proapi_gateway", "addons", "admin", "scripts", "tests")

_LINK = re.compile(r"\]\(([^)\s:]+)\)")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_ANCHOR = re.compile(r"<a id=\"([^\"]+)\"></a>")  # on Chinese headings: a link leads there by the English name
_COMMENT = re.compile(r"\s+#.*$", re.MULTILINE)
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_TOKENS = "tokens:\n  - { api_key: sk-docs, model: [ all ] }\n"

each_page = pytest.mark.parametrize("page", PAGES)
each_page_and_readme = pytest.mark.parametrize("page", [*PAGES, *READMES])


def shell_blocks(page: str) -> list[Block]:
    return [block for block in blocks_of(page) if block.language in SHELLS]


def prose_of(page: str) -> str:
    return _FENCED.sub("", text_of(page))


def anchors_of(page: Path) -> set[str]:
    """{"vertex-ai", …}: what its headings are called in links."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", _ANCHOR.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings} | {
        *_ANCHOR.findall(text)
    }


@each_page_and_readme
def test_links_lead_somewhere(page: str) -> None:
    for link in _LINK.findall(prose_of(page)):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


# -- languages -------------------------------------------------------------------------------------------------------
def test_both_languages_have_the_same_pages() -> None:
    assert CHINESE == ENGLISH


def test_the_indexes_lead_to_every_page() -> None:
    led_to = {link for index in INDEXES for link in _LINK.findall(text_of(f"docs/{index}"))}
    assert led_to >= {*ENGLISH} - {INDEXES[0]}


each_pair = pytest.mark.parametrize(
    ("english", "chinese"), [READMES, *((f"docs/{name}", f"docs/zh/{name}") for name in ENGLISH)]
)


@each_pair
def test_both_languages_show_the_same_blocks(english: str, chinese: str) -> None:
    """The commands, configurations and code; comments in them are each page's own, and so are drawings."""

    def shown(page: str) -> list[tuple[str, str, str]]:
        blocks = [block for block in blocks_of(page) if block.language]
        return [(block.language, block.mark, _COMMENT.sub("", block.text)) for block in blocks]

    assert shown(english) == shown(chinese)


@each_pair
def test_both_languages_have_the_same_parts(english: str, chinese: str) -> None:
    """Headings by their levels, and tables by their rows: what comes into one page must come into the other."""

    def parts(page: str) -> list[str]:
        return re.findall(r"^(?:#+(?= )|\|(?=.))", prose_of(page), re.MULTILINE)

    assert parts(english) == parts(chinese)


@each_pair
def test_both_languages_name_the_same_things(english: str, chinese: str) -> None:
    """Keys, files, headers, values: whatever stands between backticks."""

    def named(page: str) -> set[str]:
        return {" ".join(name.split()) for name in re.findall(r"`([^`]+)`", prose_of(page))}

    assert named(english) - named(chinese) == set(), "these lack in Chinese"
    assert named(chinese) - named(english) == set(), "these lack in English"


@pytest.mark.parametrize("name", ENGLISH)
def test_both_languages_lead_to_each_other_and_to_the_same_places(name: str) -> None:
    english, chinese = ({*_LINK.findall(prose_of(page))} for page in (f"docs/{name}", f"docs/zh/{name}"))
    up = "../" * name.count("/")
    to_chinese, to_english = f"{up}zh/{name}", f"{up}../{name}"
    assert to_chinese in english
    assert to_english in chinese
    assert english - {to_chinese} == chinese - {to_english}


# -- configurations --------------------------------------------------------------------------------------------------
def configurations(page: str) -> Iterator[str]:
    """The YAML blocks that are for api.yaml; a section that stands alone gets what else a file needs."""
    for block in blocks_of(page, "yaml"):
        if block.mark:
            assert block.mark == "another program's file", block.mark
            continue
        text = block.text
        if text.startswith("  - provider:"):
            text = f"providers:\n{text}"
        elif text.startswith("    "):  # the inside of a block
            text = f"providers:\n  - provider: openai\n    api_key: sk-docs\n{text}"
        sections = set(yaml.safe_load(text))
        if "providers" not in sections:
            text += "providers:\n  - { provider: echo, model: [ gpt-4o, deepseek-chat ] }\n"
        yield text if "tokens" in sections else text + _TOKENS


@each_page
def test_configurations_load_without_remarks(page: str) -> None:
    for text in configurations(page):
        environment = {name: f"sk-{name}" for name in _VARIABLE.findall(text)}
        assert load_settings(text, file=page, environment=environment).warnings == (), text


# -- commands --------------------------------------------------------------------------------------------------------
@each_page_and_readme
def test_what_is_not_run_says_why(page: str) -> None:
    for block in shell_blocks(page):
        if block.why_not_run:
            assert block.why_not_run in NOT_FOR_TESTS, block
            assert re.search(NOT_FOR_TESTS[block.why_not_run], block.text), block


@each_page_and_readme
def test_what_cannot_be_run_is_marked(page: str) -> None:
    for block in shell_blocks(page):
        needed = {why for why, command in NOT_FOR_TESTS.items() if re.search(command, block.text)}
        assert not needed or block.why_not_run in needed, block


@pytest.fixture(scope="module")
def proxy() -> Iterator[RunningProxy]:
    with RunningProxy((ROOT / "api.yaml.example").read_text(encoding="utf-8")) as running:
        yield running


# Those of ADDING change the source: a test of their own runs them in a copy.
@pytest.mark.parametrize("page", [page for page in PAGES if page not in ADDING])
def test_commands_run(proxy: RunningProxy, page: str) -> None:
    for block in shell_blocks(page):
        if not block.mark:
            run_shown(block.text, proxy)


@pytest.mark.parametrize("page", ADDING)
def test_a_backend_is_added_as_shown(page: str, tmp_path: Path) -> None:
    """All blocks in order, in a copy of the translator; at the end the new format's stream comes as the client's."""
    shutil.copytree(ROOT / "proapi_translate", tmp_path / "proapi_translate")
    outputs: list[str] = []
    for block in blocks_of(page):
        if block.mark.startswith(FILE):
            path = tmp_path / block.mark.removeprefix(FILE)
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "sh" and not block.mark:
            outputs.append(run_shown(block.text, folder=tmp_path))
        elif block.language == "json":
            check_shown(json.loads(block.text), json.loads(outputs[-1]))
    assert json.loads(outputs[0])["url"] == "https://api.toyland.example/v1/chat/completions"
    *chunks, end = events_of(outputs[-1])
    assert end == "[DONE]"
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks) == "Hello"
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


# -- names -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", [page for page in (*PAGES, *READMES) if not page.endswith(OF_ANOTHER_PROGRAM)])
def test_files_that_are_named_are_there(page: str) -> None:
    """`openai_quirks.py`, `dialects/openai_chat/backend_*.py`, `scripts/soak.py`."""
    paths = [path for top in SOURCES for path in (ROOT / top).rglob("*")]
    for name in re.findall(r"`([\w*/-]+\.(?:py|sh))`", prose_of(page)):
        assert any(path.match(name) for path in paths), name


@pytest.mark.parametrize("page", ["docs/design.md", "docs/zh/design.md"])
def test_the_public_door_is_told_whole(page: str) -> None:
    (block,) = blocks_of(page, "python")
    names = re.findall(r"\w+", _COMMENT.sub("", block.text.partition("import (")[2]))
    assert set(names) == set(proapi_translate.__all__)


LOSSES = {
    "providers.md": (format_field_table(),),
    "providers/openai.md": (format_known_services(), format_service_table()),
    **{f"providers/{name}": tuple(map(format_page_table, targets)) for name, targets in TARGETS.items()},
}


@pytest.mark.parametrize("folder", ["docs", "docs/zh"])
@pytest.mark.parametrize("name", LOSSES)
def test_tables_of_losses_are_the_translators(folder: str, name: str) -> None:
    """Where this fails: `python -m tests.lossy_tables` prints the new ones."""
    for table in LOSSES[name]:
        rows = table[table.index("|---") :]  # the header is each language's own
        assert rows in text_of(f"{folder}/{name}")


@pytest.mark.parametrize("page", ["docs/troubleshooting.md", "docs/zh/troubleshooting.md"])
def test_errors_that_are_explained_exist(page: str) -> None:
    """401 `invalid_api_key` …: each code is one that the sources can give."""
    packages = ("proapi_translate", "proapi_gateway", "addons")
    sources = "".join(path.read_text(encoding="utf-8") for name in packages for path in (ROOT / name).rglob("*.py"))
    named = re.findall(r"(?:\d{3} |error |出现 )`([a-z]+_?[a-z_]*)`", text_of(page))
    assert len(named) > 9
    for code in named:
        assert f'"{code}"' in sources, code


def test_the_way_of_a_flow_is_told_by_its_headers(proxy: RunningProxy) -> None:
    (block,) = shell_blocks("docs/how-a-flow-travels.md")
    head = run_shown(block.text, proxy).lower()
    for header in ("x-proapi-provider: ", "x-proapi-model: ", "x-proapi-attempts: 1", "x-proapi-lossy: seed"):
        assert f"\n{header}" in head, header
