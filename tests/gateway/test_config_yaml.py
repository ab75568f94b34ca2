import pytest
import yaml

from proapi_gateway import config_yaml
from proapi_gateway.config_faults import ConfigFaults, Findings
from proapi_gateway.config_yaml import Node, join_path, kind_of_plain_text, parse_yaml

LOADERS = [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)]


@pytest.fixture(params=LOADERS, ids=["pure", "libyaml"])
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_yaml, "_LOADER", request.param)


def parse(text: str) -> tuple[Node, list[str]]:
    findings = Findings("f")
    return parse_yaml(text, findings), [str(fault) for fault in findings.faults]


def fault_of(text: str) -> str:
    with pytest.raises(ConfigFaults) as raised:
        parse(text)
    return str(raised.value)


@pytest.mark.usefixtures("_loader")
class TestParseYaml:
    def test_nodes_know_line_and_path(self) -> None:
        top, faults = parse("\ufeffa:\r\n  - b: 1\r\n    c.d:\r\n      - x\r\n")
        item = top.entries()["a"].items()[0]
        assert (item.line, item.path) == (2, "a[0]")
        leaf = item.entries()["c.d"].items()[0]
        assert (leaf.line, leaf.path, leaf.text, leaf.kind) == (4, 'a[0]["c.d"][0]', "x", "str")
        assert faults == []

    @pytest.mark.parametrize(
        ("text", "kind", "plain"),
        [
            ("a: 0666", "int", "0666"),
            ("a: 2024-10-21", "str", "2024-10-21"),
            ("a: 12:30", "str", "12:30"),
            ("a: no", "str", "no"),
            ("a: true", "bool", "true"),
            ("a: 1.50", "float", "1.50"),
            ('a: "5"', "str", "5"),
            ("a: !!str 5", "str", "5"),
            ("a:", "null", ""),
            ("a: ~", "null", "~"),
            ('a: ""', "str", ""),
            ("a: [b]", "list", ""),
            ("a: {b: c}", "mapping", ""),
        ],
    )
    def test_a_scalar_keeps_its_text(self, text: str, kind: str, plain: str) -> None:
        node = parse(text)[0].entries()["a"]
        assert (node.kind, node.text) == (kind, plain)

    def test_model_names_with_colons_slashes_and_ats_are_keys(self) -> None:
        top, _ = parse('- a/b-70b:free: x\n- "@cf/q": y\n- a : z\n')
        keys = [list(item.entries()) for item in top.items()]
        assert keys == [["a/b-70b:free"], ["@cf/q"], ["a"]]

    def test_merged_keys_stand_behind_own_ones(self) -> None:
        top, faults = parse("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {<<: [*x, {c: 4}]}\n")
        assert {key: node.text for key, node in top.entries()["y"].entries().items()} == {"a": "1", "b": "3"}
        assert list(top.entries()["z"].entries()) == ["a", "b", "c"]
        assert faults == []

    def test_a_mapping_that_merges_itself_ends(self) -> None:
        top, _ = parse("a: &a\n  <<: *a\n  b: 1\n")
        assert list(top.entries()["a"].entries()) == ["b"]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("a: 1\nb: {c: 1,\n  c: 2}\n", "f:3: b.c: found the key a second time (first in line 2)"),
            ("? [x]\n: 1\n", "f:1: found a list or mapping as a key"),
            ("a: !secret b\n", "f:1: a: found a tag"),
        ],
    )
    def test_bad_keys_and_tags_are_told(self, text: str, expected: str) -> None:
        _, faults = parse(text)
        assert len(faults) == 1
        assert faults[0].startswith(expected)

    @pytest.mark.parametrize(
        ("text", "line", "advice"),
        [
            ("a:\n\tb: 1\n", 2, "no tabs"),
            ("a: b: c\n", 1, "indentation, quotes and colons"),
            ("b: 1\na: @cf/x\n", 2, "quotes around a value"),
            ("b: 1\na: `x`\n", 2, "quotes around a value"),
            ("a: 1\n---\nb: 2\n", 2, "one document"),
            ("x: 1\na: 'never closed\nb: 2\n", 2, "quotes"),
            ("‘@cf/q’: a\n  b: c\n", 2, ""),
            ("x: 1\na: {b: ${C}}\n", 2, 'quotes around "${NAME}"'),
            ("a: [1\nb: 2\n", 2, ""),
            ("a: \x07\n", 1, "control characters"),
            ("", 0, "providers and tokens"),
            ("# only a remark\n", 0, "providers and tokens"),
        ],
    )
    def test_what_is_no_yaml_is_one_fault_with_its_line(self, text: str, line: int, advice: str) -> None:
        fault = fault_of(text)
        assert fault.startswith(f"f:{line}: found" if line else "f: found")
        assert advice in fault
        assert "\n" not in fault

    @pytest.mark.parametrize("text", ["[" * 5000, "- " * 5000, "{a: " * 900 + "1" + "}" * 900])
    def test_deep_nesting_is_a_fault_and_no_crash(self, text: str) -> None:
        assert fault_of(text).count("\n") == 0

    def test_values_are_not_quoted_in_faults(self) -> None:
        assert "sk-abcdef" not in fault_of("api_key: *sk-abcdef\n")

    def test_anchors_that_multiply_cost_nothing(self) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
        top, faults = parse("\n".join(lines))
        assert len(top.entries()) == 12
        assert faults == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1e5", "float"), ("0x1F", "int"), ("-3", "int"), (".inf", "float"), ("1_000", "str"), ("on", "str")],
)
def test_kind_of_plain_text(text: str, kind: str) -> None:
    assert kind_of_plain_text(text) == kind


@pytest.mark.parametrize(
    ("path", "key", "expected"), [("", "server", "server"), ("a", "b", "a.b"), ("a", "gpt-4.1", 'a["gpt-4.1"]')]
)
def test_join_path(path: str, key: str, expected: str) -> None:
    assert join_path(path, key) == expected
