"""docs/ is held to the product: links lead somewhere, configurations load, commands run, and Chinese pages keep up."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from proapi_gateway.config import load_settings
from tests.end_to_end.running_proxy import RunningProxy
from tests.lossy_tables import format_field_table, format_service_table
from tests.shown_blocks import ROOT, Block, blocks_of, run_shown, text_of
from tests.test_readme import READMES, check_shown, events_of

DOCS = ROOT / "docs"
ENGLISH = sorted(path.name for path in DOCS.glob("*.md"))
CHINESE = sorted(path.name for path in (DOCS / "zh").glob("*.md"))
PAGES = [f"docs/{name}" for name in ENGLISH] + [f"docs/zh/{name}" for name in CHINESE]
CHINESE_INDEX = "README.md"
# Pages that are not there in Chinese yet: the Chinese index leads to the English ones.
ONLY_ENGLISH = {"admin.md", "api-yaml.md", "design.md", "flow-log.md", "security.md"}
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

_LINK = re.compile(r"\]\(([^)\s:]+)\)")
_COMMENT = re.compile(r"\s+#.*$", re.MULTILINE)
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_TOKENS = "tokens:\n  - { api_key: sk-docs, model: [ all ] }\n"

each_page = pytest.mark.parametrize("page", PAGES)
each_page_and_readme = pytest.mark.parametrize("page", [*PAGES, *READMES])


def shell_blocks(page: str) -> list[Block]:
    return [block for block in blocks_of(page) if block.language in SHELLS]


def anchors_of(page: Path) -> set[str]:
    """{"vertex-ai", …}: what its headings are called in links."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page_and_readme
def test_links_lead_somewhere(page: str) -> None:
    for link in _LINK.findall(re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


# -- languages -------------------------------------------------------------------------------------------------------
def test_both_languages_have_the_same_pages() -> None:
    assert set(CHINESE) - {CHINESE_INDEX} | ONLY_ENGLISH >= set(ENGLISH)
    assert not set(CHINESE) & ONLY_ENGLISH
    assert set(CHINESE) - {CHINESE_INDEX} <= set(ENGLISH)


def test_the_chinese_index_leads_to_every_page() -> None:
    links = set(_LINK.findall(text_of(f"docs/zh/{CHINESE_INDEX}")))
    assert links >= {*CHINESE} - {CHINESE_INDEX} | {"../", "../../README_CN.md"}


@pytest.mark.parametrize("name", sorted(set(CHINESE) - {CHINESE_INDEX}))
def test_both_languages_show_the_same_blocks(name: str) -> None:
    """The commands, configurations and code; comments in them are each page's own."""
    english, chinese = (
        [(block.language, block.mark, _COMMENT.sub("", block.text)) for block in blocks_of(page)]
        for page in (f"docs/{name}", f"docs/zh/{name}")
    )
    assert english == chinese


@pytest.mark.parametrize("name", sorted(set(CHINESE) - {CHINESE_INDEX}))
def test_both_languages_lead_to_each_other(name: str) -> None:
    assert f"](zh/{name})" in text_of(f"docs/{name}")
    assert f"](../{name})" in text_of(f"docs/zh/{name}")


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


@each_page
def test_commands_run(proxy: RunningProxy, page: str) -> None:
    if page in ADDING:
        pytest.skip("these commands change the source: a test of their own runs them in a copy")
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


@pytest.mark.parametrize("page", ["docs/providers.md", "docs/zh/providers.md"])
def test_tables_of_losses_are_the_translators(page: str) -> None:
    """Where this fails: `python -m tests.lossy_tables` prints the new ones."""
    for table in (format_field_table(), format_service_table()):
        rows = table.partition("\n")[2]  # the header is each language's own
        assert rows in text_of(page)


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
