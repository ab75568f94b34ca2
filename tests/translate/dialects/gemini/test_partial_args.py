"""Call arguments that come in pieces with JSON paths."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET

from proapi_translate.dialects.gemini.partial_args import PartialArguments, parse_path
from proapi_translate.dialects.gemini.wire import PartialArg
from proapi_translate.errors import BackendFailure


def arg(path: str, value: Any = UNSET, *, more: bool = False) -> PartialArg:
    field = {
        str: "string_value",
        bool: "bool_value",
        int: "number_value",
        float: "number_value",
        type(None): "null_value",
    }
    given = {} if value is UNSET else {field[type(value)]: value}
    return PartialArg(path, **given, will_continue=more or None)


def join(*pieces: PartialArg) -> str:
    arguments = PartialArguments()
    return "".join([*map(arguments.add, pieces), arguments.close()])


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([], ""),
        ([arg("$.a", "x")], {"a": "x"}),
        ([arg("$.a", "x", more=True), arg("$.a", 'y"\n', more=True), arg("$.a", "")], {"a": 'xy"\n'}),
        ([arg("$.a", "x", more=True), arg("$.b", 1)], {"a": "x", "b": 1}),  # the end of `a` was not told
        ([arg("$.a", "x", more=True)], {"a": "x"}),
        (
            [arg("$.a", 1), arg("$.b", 2.5), arg("$.c", True), arg("$.d", None)],
            {"a": 1, "b": 2.5, "c": True, "d": None},
        ),
        ([arg("$.a[0]", 1), arg("$.a[1]", 2), arg("$.b", "x")], {"a": [1, 2], "b": "x"}),
        (
            [
                arg("$.r.i[0].n", "a"),
                arg("$.r.i[0].k", "b"),
                arg("$.r.i[1].n", "c"),
                arg("$.r.s[0][0]", 1),
                arg("$.z", 1),
            ],
            {"r": {"i": [{"n": "a", "k": "b"}, {"n": "c"}], "s": [[1]]}, "z": 1},
        ),
        ([arg("$['a b']", 1), arg('$["c\\"d"].e', 2)], {"a b": 1, 'c"d': {"e": 2}}),
        ([arg("", "lost"), arg("$.a", 1)], {"a": 1}),
    ],
)
def test_pieces_join_to_one_object(pieces: list[PartialArg], expected: Any) -> None:
    text = join(*pieces)
    assert (json.loads(text) if text else text) == expected


def test_text_grows_piece_by_piece() -> None:
    arguments = PartialArguments()
    assert arguments.add(arg("$.a[0]", "x", more=True)) == '{"a":["x'
    assert arguments.add(arg("$.a[0]", "é")) == 'é"'
    assert arguments.add(arg("$.b", 1)) == '],"b":1'
    assert arguments.close() == "}"
    assert arguments.close() == ""


@pytest.mark.parametrize(
    "paths",
    [["$.a", "$.a"], ["$.a", "$.b", "$.a"], ["$.a[1]"], ["$.a[0]", "$.a[2]"], ["$.a[0]", "$.a.b"], ["$.a.b", "$.a"]],
)
def test_a_path_that_leads_back_is_a_failure(paths: list[str]) -> None:
    with pytest.raises(BackendFailure, match="out of order"):
        join(*(arg(path, 1) for path in paths))


def test_paths() -> None:
    assert parse_path("$.recipe.steps[10]['a b'][\"c\"].d") == ["recipe", "steps", 10, "a b", "c", "d"]
    assert parse_path("$") == []
