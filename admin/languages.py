"""The languages: English in the templates, the others in translations/LANGUAGE/*.po, one file for each area of pages.

The .po files themselves are read, at the start: so there is nothing to compile, and nothing that can be stale.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, request
from flask_babel import Babel, Domain, get_locale

LANGUAGES = {"en": "English", "zh": "中文"}
LANGUAGE_COOKIE = "proapi_language"
FOLDER = Path(__file__).parent / "translations"


def install_languages(app: Flask) -> None:
    babel = Babel(app, default_locale="en", locale_selector=chosen_language)
    babel.domain_instance = _PoFiles()


def chosen_language() -> str:
    """By hand, or else what the browser prefers; English where it prefers neither."""
    by_hand = request.cookies.get(LANGUAGE_COOKIE, "")
    if by_hand in LANGUAGES:
        return by_hand
    for wanted, _ in request.accept_languages:
        language = wanted.replace("_", "-").partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return "en"


class _PoFiles(Domain):  # type: ignore[misc] # flask_babel has no types
    def __init__(self) -> None:
        super().__init__()
        self._read = {language: _read_language(language) for language in LANGUAGES}

    def get_translations(self) -> NullTranslations:
        return self._read.get(str(get_locale()), NullTranslations())


def _read_language(language: str) -> NullTranslations:
    found = Translations()
    for path in sorted((FOLDER / language).glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language))
        compiled.seek(0)
        read = Translations(compiled)
        found.merge(read)
        found.plural = read.plural  # which `merge` forgets
    return found
