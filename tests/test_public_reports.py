"""Every public bug report of ../shared/cases.jsonl has a test with its id in its name."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.translate.recorded import SHARED, needs_cases

TESTS = Path(__file__).resolve().parent
_NAMED = re.compile(r"(?:def test_|class Test)\w*?([cC]\d{3})(?!\d)")


def named_ids() -> set[str]:
    found = (_NAMED.findall(path.read_text()) for path in TESTS.rglob("test_*.py"))
    return {case_id.upper() for ids in found for case_id in ids}


@needs_cases
def test_each_report_has_a_test() -> None:
    ids = [json.loads(line)["id"] for line in (SHARED / "cases.jsonl").read_text().splitlines()]
    assert len(ids) == len(set(ids)) == 53
    assert sorted(set(ids) - named_ids()) == []
