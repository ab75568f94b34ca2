import pytest

from proapi_gateway.config_faults import ConfigFaults, Fault, Findings, nearest
from proapi_gateway.translatable import verbatim

X, Y = verbatim("x"), verbatim("y")


def test_a_fault_is_one_line_of_file_line_path_found_and_allowed() -> None:
    fault = Fault("api.yaml", 12, "providers[2].balance[0]", verbatim("-1"), verbatim("a weight of 0 or more"))
    assert str(fault) == "api.yaml:12: providers[2].balance[0]: found -1; allowed: a weight of 0 or more"
    assert str(Fault("api.yaml", 0, "", X, Y)) == "api.yaml: found x; allowed: y"


def test_faults_are_raised_together_in_the_order_of_the_file() -> None:
    findings = Findings("f")
    findings.raise_faults()
    findings.fault(9, "b", X, Y)
    findings.fault(3, "a", X, Y)
    with pytest.raises(ConfigFaults, match=r"^f:3: a: found x; allowed: y\nf:9: b: found x; allowed: y$"):
        findings.raise_faults()


def test_blocks_that_wait_are_one_remark() -> None:
    findings = Findings("f")
    findings.warn(2, "a", X)
    findings.waiting += ["anthropic (A)", "gemini (B)"]
    assert [str(remark) for remark in findings.remarks()] == [
        "f:2: a: x",
        "f: not used until their variables are set: anthropic (A), gemini (B)",
    ]


@pytest.mark.parametrize(
    ("word", "expected"),
    [("base-url", "base_url"), ("apikey", "api_key"), ("project_id", "PROJECT_ID"), ("modle", "model"), ("zzz", "")],
)
def test_nearest(word: str, expected: str) -> None:
    assert nearest(word, ["base_url", "api_key", "model", "PROJECT_ID"]) == expected
