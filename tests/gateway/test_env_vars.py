import pytest

from proapi_gateway.env_vars import Expanded, expand_variables

ENVIRONMENT = {"KEY": "sk-1", "EMPTY": "", "DOLLARS": "a$$b${KEY}"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", Expanded("plain")),
        ("${KEY}", Expanded("sk-1", ("KEY",))),
        ("a-${KEY}-${KEY}", Expanded("a-sk-1-sk-1", ("KEY", "KEY"))),
        ("${NONE:-x y}", Expanded("x y", ("NONE",))),
        ("${NONE:-}", Expanded("", ("NONE",))),
        ("${KEY:-x}", Expanded("sk-1", ("KEY",))),
        ("${EMPTY:-x}", Expanded("x", ("EMPTY",))),
        ("${NONE}", Expanded("", ("NONE",), ("NONE",))),
        ("${EMPTY}", Expanded("", ("EMPTY",), ("EMPTY",))),
        ("${DOLLARS}", Expanded("a$$b${KEY}", ("DOLLARS",))),  # a value is not expanded again
        ("pa$$word", Expanded("pa$word")),
        ("$${KEY}", Expanded("${KEY}")),
        ("$$${KEY}", Expanded("$sk-1", ("KEY",))),
        ("$5 $KEY $", Expanded("$5 $KEY $")),
        ("${KEY", Expanded("${KEY", broken=True)),
        ("${}", Expanded("${}", broken=True)),
        ("${1A}", Expanded("${1A}", broken=True)),
        ("${KEY-x}", Expanded("${KEY-x}", broken=True)),
        ("${A:-${KEY}}", Expanded("${A:-sk-1}", ("KEY",), broken=True)),
    ],
)
def test_expand_variables(text: str, expected: Expanded) -> None:
    assert expand_variables(text, ENVIRONMENT) == expected
