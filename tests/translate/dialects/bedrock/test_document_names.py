"""Names of documents: Converse takes few characters, and no name twice."""

from __future__ import annotations

import re

import pytest

from proapi_translate.dialects.bedrock.document_names import DocumentNames


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("Q1 report_v2.pdf", "Q1 report-v2"),
        ("dir/a  b\t.txt", "a b"),
        ("", "document"),
        (".env", "env"),
        ("___.pdf", "document"),
        ("résumé (1) [x].pdf", "r-sum- (1) [x]"),
        ("x" * 300, "x" * 190),
    ],
)
def test_fitting_names(filename: str, name: str) -> None:
    fitted = DocumentNames().fit(filename)
    assert fitted == name
    assert re.fullmatch(r"[a-zA-Z0-9\-()\[\]]+( [a-zA-Z0-9\-()\[\]]+)*", fitted)


def test_no_name_twice() -> None:
    names = DocumentNames()
    assert [names.fit("a.pdf"), names.fit("a.pdf"), names.fit("a 2.pdf"), names.fit("a.txt")] == [
        "a",
        "a 2",
        "a 2 2",
        "a 3",
    ]
