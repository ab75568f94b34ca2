"""Texts for people that are English in the log and on the command line, and in the reader's language on a page."""

from __future__ import annotations

from collections.abc import Mapping


class Translatable(str):
    """An English text that remembers what it was made of. `template` is "" for what is the same in all languages;
    of `values` those that are translatable themselves are to be translated before they are put in."""

    template: str
    values: Mapping[str, object]

    def __new__(cls, text: str, template: str = "", values: Mapping[str, object] | None = None) -> Translatable:
        told = super().__new__(cls, text)
        told.template = template
        told.values = values or {}
        return told


def say(template: str, **values: object) -> Translatable:
    """say("%(key)s is missing", key="api_key") == "api_key is missing".

    The template stands in the call itself, where a test looks for what has to be translated; without values it is the
    text, and a "%" in it stands for itself.
    """
    return Translatable(template % values if values else template, template, values)


def verbatim(text: str) -> Translatable:
    """Names, numbers, and what others said: there is nothing to translate."""
    return Translatable(text)
