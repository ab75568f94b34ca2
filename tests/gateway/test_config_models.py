import pytest

from proapi_gateway.settings import Route

from .config_text import faults_of, load, load_block, with_block

BLOCK = "provider: echo\n"


def routes(model: str) -> list[tuple[str, str, float]]:
    return [(route.alias, route.upstream, route.weight) for route in load_block(BLOCK + model).routes]


def warnings(model: str) -> str:
    return "\n".join(map(str, load(with_block(BLOCK + model)).warnings))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("model: [x]", [("x", "x", 1)]),
        ("model:\n- up: alias", [("alias", "up", 1)]),
        ("model:\n- up : alias", [("alias", "up", 1)]),
        ("model: [{a: x, b: y}]", [("x", "a", 1), ("y", "b", 1)]),
        ("model:\n- m\n- m: alias", [("m", "m", 1), ("alias", "m", 1)]),
        ("model:\n- Q/q-7B: q\n- Q/q-7B: gpt-3.5", [("q", "Q/q-7B", 1), ("gpt-3.5", "Q/q-7B", 1)]),
        ("model:\n- m/r-70b:free: r\n- c-3@2024: c", [("r", "m/r-70b:free", 1), ("c", "c-3@2024", 1)]),
        ('model:\n- "@cf/q": q\n- "@hf/b"', [("q", "@cf/q", 1), ("@hf/b", "@hf/b", 1)]),
        ('model: ["4", {x: "5"}]', [("4", "4", 1), ("5", "x", 1)]),
        ("model: [a: x, b: x]", [("x", "a", 1), ("x", "b", 1)]),
        ("model: [a, a, {b: x}, {b: x}]", [("a", "a", 1), ("x", "b", 1)]),
        ("model: [a]\nbalance:", [("a", "a", 1)]),
        ("model: [a, b: x]\nbalance:\n- a: 2\n- x: 0.5", [("a", "a", 2), ("x", "b", 0.5)]),
        ("model: [a, b: x]\nbalance: {a: 0, x: 3}", [("a", "a", 0), ("x", "b", 3)]),
        ("model: [a, b]\nbalance: [{a: 2, b: 3}]", [("a", "a", 2), ("b", "b", 3)]),
        ("model: [a: x, b: x]\nbalance: [x: 3]", [("x", "a", 3), ("x", "b", 3)]),
        ("model: [a]\nbalance: [a: 2, a: 5]", [("a", "a", 2)]),
        ("model: [{up: x}]\nbalance: [up: 5]", [("x", "up", 1)]),
        ("model: [a]\nbalance: [a: 1e1]", [("a", "a", 10)]),
    ],
)
def test_routes(model: str, expected: list[tuple[str, str, float]]) -> None:
    assert routes(model) == expected


def test_names_and_weights_may_come_from_variables() -> None:
    block = BLOCK + "model: ['${UP:-u}': x, '${M}']\nbalance: [x: '${W}']"
    assert load_block(block, {"M": "5", "W": "2"}).routes == (Route("x", "${UP:-u}", 2), Route("5", "5"))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("model: [a: x, b: x]", "providers[0].model[1].b: 'x' is the name of 'a' as well"),
        ("model: [a, a]", "providers[0].model[1]: 'a' stands here a second time"),
        ("model: ['gpt-*']", "`*` has a meaning only in a token's list"),
        ("model: [up: x]\nbalance: [up: 5]", "the weight has no effect; clients use the name x"),
        ("model: [a]\nbalance:\n- b: 5", "f:5: providers[0].balance[0].b: no model of this block"),
        ("model: [a]\nbalance: [a: 2, a: 5]", "has a weight already, in line 4"),
        ("model: [a]\nbalance: [a: 0]", "every member of 'a' has the weight 0"),
    ],
)
def test_oddities_are_remarked_on(model: str, expected: str) -> None:
    assert expected in warnings(model)


def test_good_lists_are_not_remarked_on() -> None:
    assert warnings("model: [a, b: x, b: y]\nbalance: [x: 2, y: 0]").count("\n") == 0
    assert "weight 0" in warnings("model: [a, b: x, b: y]\nbalance: [x: 2, y: 0]")
    assert warnings("model: [a, b: x]\nbalance: [x: 2]") == ""


@pytest.mark.parametrize(
    ("model", "path", "found", "allowed"),
    [
        ("model: all", "model", "'all'", "a list, one line for each model"),
        ("model: {up: x}", "model", "a mapping", "a list, one line for each model"),
        ("model: 5", "model", "5", "a list"),
        ("model: []", "model", "an empty list", "a list"),
        ("model: [5]", "model[0]", "5", "a model name, in quotes"),
        ("model: [4.1]", "model[0]", "4.1", "in quotes"),
        ("model: [true]", "model[0]", "true", "in quotes"),
        ("model: [~]", "model[0]", "nothing", "a model name"),
        ("model: ['']", "model[0]", "nothing", "a model name"),
        ("model: [[a]]", "model[0]", "a list", "a model name"),
        ("model: [{}]", "model[0]", "an empty mapping", "a model name"),
        ("model: [{a: [x, y]}]", "model[0].a", "a list", "the name that clients use"),
        ("model: [{a: }]", "model[0].a", "nothing", "after the colon"),
        ("model: [{a: 5}]", "model[0].a", "5", "in quotes"),
        ("model: [{'': x}]", 'model[0][""]', "nothing before the colon", "before the colon"),
        ("model: ['${NONE}']", "model[0]", "the variable NONE, which is not set", "${NONE:-default}"),
        ("model: [a]\nbalance: [a: -1]", "balance[0].a", "-1", "a weight of 0 or more"),
        ("model: [a]\nbalance: [a: '3']", "balance[0].a", "'3'", "without quotes"),
        ("model: [a]\nbalance: [a: many]", "balance[0].a", "'many'", "a weight"),
        ("model: [a]\nbalance: [a: true]", "balance[0].a", "true", "a weight"),
        ("model: [a]\nbalance: [a: .inf]", "balance[0].a", ".inf", "a weight"),
        ("model: [a]\nbalance: [a: .nan]", "balance[0].a", ".nan", "a weight"),
        ("model: [a]\nbalance: [a]", "balance[0]", "text", "`name-for-clients: weight`"),
        ("model: [a]\nbalance: 3", "balance", "3", "a list of `- name-for-clients: weight`"),
        ("model: [a]\nbalance: [a: [1]]", "balance[0].a", "a list", "a weight"),
    ],
)
def test_faults(model: str, path: str, found: str, allowed: str) -> None:
    (fault,) = faults_of(with_block(BLOCK + model))
    assert f": providers[0]{'' if path.startswith('[') else '.'}{path}: found {found}" in fault
    assert allowed in fault.partition("; allowed: ")[2]
