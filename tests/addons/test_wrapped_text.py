"""Lines wrapped to the width of mitmweb's page."""

from __future__ import annotations

import pytest

from addons.wrapped_text import wrap


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a\n\n  b", ["a", "", "  b"]),
        ("x" * 88, ["x" * 88]),
        ("x" * 89, ["x" * 88, "x"]),
        ("word " * 18 + "end", [("word " * 17).rstrip(), "word end"]),
        ("a " + "x" * 100, ["a " + "x" * 86, "x" * 14]),  # the blank is too far back
        ("世" * 44, ["世" * 44]),
        ("世" * 45, ["世" * 44, "世"]),
        ("世" * 44 + "。世", ["世" * 44 + "。", "世"]),  # a full stop begins no line
        ("x" * 200, ["x" * 88, "x" * 88, "x" * 24]),
    ],
)
def test_lines(text: str, lines: list[str]) -> None:
    assert wrap(text).split("\n") == lines


def test_what_continues_a_line_is_indented_and_no_longer_for_it() -> None:
    assert wrap("x" * 200, indent="    ").split("\n") == ["x" * 88, "    " + "x" * 84, "    " + "x" * 28]


def test_nothing_but_blanks_is_lost() -> None:
    text = "Some words, 一些中文 mixed with a-long-word-" + "z" * 300 + " and the end. " * 20
    assert wrap(text).replace("\n", "").replace(" ", "") == text.replace(" ", "")
