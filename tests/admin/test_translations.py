"""Both languages are complete: every text of the pages has its Chinese, and every Chinese text is of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask_babel import ngettext

import admin
import proapi_gateway
from admin.languages import FOLDER, LANGUAGES
from tests.admin.pages import admin_app

ROOTS = [Path(package.__file__).parent for package in (admin, proapi_gateway)]
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "lazy_ngettext": (1, 2), "say": None}
_PLACEHOLDER = re.compile(r"%\((\w+)\)")


def texts_of_pages() -> dict[str, tuple[str, ...]]:
    """Each text with its plural, where it has one."""
    options = {"templates/**.html": {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.i18n"}}
    found = [each for root in ROOTS for each in extract_from_dir(str(root), METHODS, options, keywords=KEYWORDS)]
    texts = [message if isinstance(message, tuple) else (message,) for _, _, message, _, _ in found]
    return {text[0]: text for text in texts}


def translations(language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                if message.id:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    told = message.string if isinstance(message.string, tuple) else (message.string,)
                    assert not message.fuzzy, key
                    yield key, told


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_every_text_is_translated(language: str) -> None:
    texts = texts_of_pages()
    known = dict(translations(language))
    assert len(texts) > 20
    assert not sorted(set(texts) - set(known)), "these have no translation"
    assert not sorted(set(known) - set(texts)), "these are of no page"
    for text, told in known.items():
        assert all(told), text
        for each in told:
            assert set(_PLACEHOLDER.findall(each)) == set(_PLACEHOLDER.findall(" ".join(texts[text]))), text


def test_one_text_has_one_translation() -> None:
    seen: dict[str, tuple[str, ...]] = {}
    for text, told in translations("zh"):
        assert seen.setdefault(text, told) == told, text


@pytest.mark.parametrize("count", [1, 2, 7])
def test_any_number_of_things_is_said_in_chinese(count: int) -> None:
    with admin_app().test_request_context(headers={"accept-language": "zh"}):
        told = ngettext("%(num)s fault", "%(num)s faults", count)
    assert told == f"{count} 个错误"
