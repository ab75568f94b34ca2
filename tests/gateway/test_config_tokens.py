import pytest

from proapi_gateway.settings import Budget, Limits, Secret, TokenSettings

from .config_text import GOOD_PROVIDERS, faults_of, load, with_token


def test_defaults() -> None:
    settings = load(with_token("api_key: sk-1\nmodel: [all]"))
    assert settings.tokens == (TokenSettings(place=0, api_key=Secret("sk-1"), patterns=("all",)),)
    assert settings.warnings == ()


def test_every_key() -> None:
    (token,) = load(
        with_token(
            """
            api_key: ${KEY}
            name: team-a
            model: [ "gpt-4*", "*-mini", m, all ]
            strict: true
            limits: { rpm: 60, tpm: 100000, concurrent: 8 }
            budget: { usd: 20.5, per: month }
            """
        ),
        {"KEY": "123456"},
    ).tokens
    assert token.api_key.reveal() == "123456"
    assert (token.label, token.patterns, token.strict) == ("team-a", ("gpt-4*", "*-mini", "m", "all"), True)
    assert (token.limits, token.budget) == (Limits(60, 100000, 8), Budget(20.5, "month"))


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("api_key: all\nmodel: [all]", "f:4: tokens[0].api_key: the token `all`: WHOEVER reaches this gateway"),
        ("api_key: 钥匙\nmodel: [all]", "no client can send this key"),
        ("api_key: sk-1", "has no `model:` list and may use nothing"),
        ("api_key: sk-1\nmodel:", "has no `model:` list and may use nothing"),
        ("api_key: sk-1\nmodel: []", "has no `model:` list and may use nothing"),
    ],
)
def test_oddities_are_remarked_on(token: str, expected: str) -> None:
    settings = load(with_token(token))
    assert expected in str(settings.warnings[0])
    assert "all" in token or settings.tokens[0].patterns == ()


@pytest.mark.parametrize(
    ("token", "path", "found", "allowed"),
    [
        ("model: [all]", ".api_key", "nothing", "the key that clients send"),
        ("api_key:\nmodel: [all]", ".api_key", "nothing", "the key that clients send"),
        ("api_key: ''\nmodel: [all]", ".api_key", "nothing", "the key that clients send"),
        ("api_key: 123456\nmodel: [all]", ".api_key", "an integer (not shown)", "in quotes"),
        ("api_key: [sk-1]\nmodel: [all]", ".api_key", "a list", "the key that clients send"),
        ("api_key: ${NONE}\nmodel: [all]", ".api_key", "the variable NONE, which is not set", "${NONE:-default}"),
        ("api_key: sk-1\nmodel: all", ".model", "'all'", "`model: [all]`"),
        ("api_key: sk-1\nmodel: {all: 1}", ".model", "a mapping", "`model: [all]`"),
        ("api_key: sk-1\nmodel: [5]", ".model[0]", "5", "in quotes"),
        ("api_key: sk-1\nmodels: [all]\nmodel: [m]", ".models", "the unknown key models", "did you mean model?"),
        ("api_key: sk-1\nmodel: [m]\nlimits: 60", ".limits", "an integer", "a mapping of rpm, tpm, concurrent"),
        ("api_key: sk-1\nmodel: [m]\nlimits: {rpm: -1}", ".limits.rpm", "-1", "a whole number of 0 or more"),
        ("api_key: sk-1\nmodel: [m]\nlimits: {rpm: 1.5}", ".limits.rpm", "1.5", "a whole number"),
        ("api_key: sk-1\nmodel: [m]\nlimits: {rps: 1}", ".limits.rps", "the unknown key rps", "did you mean rpm?"),
        ("api_key: sk-1\nmodel: [m]\nbudget: {usd: 5}", ".budget.per", "nothing", "both: { usd: 20, per: month }"),
        ("api_key: sk-1\nmodel: [m]\nbudget: {per: day}", ".budget.usd", "nothing", "both"),
        ("api_key: sk-1\nmodel: [m]\nbudget: {usd: 0, per: day}", ".budget.usd", "0", "dollars, more than 0"),
        ("api_key: sk-1\nmodel: [m]\nbudget: {usd: 5, per: week}", ".budget.per", "'week'", "one of day, month"),
        ("api_key: sk-1\nmodel: [m]\nbudget: 5", ".budget", "an integer", "a mapping of usd, per"),
        ("sk-misplaced", "", "text (not shown)", "a mapping with `api_key:` and `model:`"),
    ],
)
def test_faults(token: str, path: str, found: str, allowed: str) -> None:
    (fault,) = faults_of(with_token(token))
    assert f": tokens[0]{path}: found {found}" in fault
    assert allowed in fault.partition("; allowed: ")[2]


def test_two_tokens_with_one_key_are_a_fault_that_names_both() -> None:
    keys = ("sk-one", "sk-two", "sk-one")
    tokens = "tokens:\n" + "".join(f"- {{api_key: {key}, model: [all]}}\n" for key in keys)
    (fault,) = faults_of(GOOD_PROVIDERS + tokens)
    assert fault.startswith("f:6: tokens[2].api_key: found the key of tokens[0] (line 4) again")
    assert "sk-one" not in fault


def test_a_key_written_as_a_name_is_not_shown() -> None:
    faults = "\n".join(faults_of(with_token("sk-abc-123: [all]")))
    assert "sk-abc-123" not in faults
    assert "tokens[0].…: found the unknown key …" in faults
