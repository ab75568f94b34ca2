import pytest

from .config_text import GOOD_TOKENS, faults_of, load, with_block, with_server, with_token


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (with_server("default_model: mm"), "f:6: server.default_model: no provider serves 'mm'"),
        (with_server("fallback: {gone: [m]}"), "f:6: server.fallback.gone: no provider serves 'gone'"),
        (with_server("context_fallback: {m: [gone]}"), "server.context_fallback.m: no provider serves 'gone'"),
        (with_server("fallback: {m: [m]}"), "'m' falls back to itself"),
        (with_token("api_key: sk-1\nmodel: [gtp-4o]"), "f:4: tokens[0]: it may use 'gtp-4o', which no provider serves"),
    ],
)
def test_names_that_nobody_serves_are_remarked_on(text: str, expected: str) -> None:
    assert expected in "\n".join(map(str, load(text).warnings))


def test_the_nearest_name_is_offered() -> None:
    text = with_block("provider: echo\nmodel: [gpt-4o-mini]") + "server: {default_model: gpt4o-mini}\n"
    assert str(load(text).warnings[0]).endswith("; did you mean 'gpt-4o-mini'?")


@pytest.mark.parametrize(
    "text",
    [
        with_token("api_key: sk-1\nmodel: [m, all, 'x*', 'a?', '[ab]']"),
        with_token("api_key: sk-1\nmodel: [other]") + "server: {default_model: m}\n",
    ],
)
def test_patterns_and_names_that_the_default_serves_are_good(text: str) -> None:
    assert load(text).warnings == ()


def test_the_example_key_is_remarked_on_where_a_paid_backend_answers_to_it() -> None:
    tokens = "tokens:\n- {api_key: sk-proapi-example, model: [all]}\n"
    text = "providers:\n- {provider: openai, api_key: '${K}', model: [m]}\n" + tokens
    assert "which everybody knows" in str(load(text, {"K": "sk-real"}).warnings[0])
    assert "which everybody knows" not in "".join(map(str, load(text).warnings))
    assert load("providers:\n- {provider: echo, model: [m]}\n" + tokens).warnings == ()


@pytest.mark.parametrize("wanted", ["openai", "backup", "openai/backup"])
def test_passthrough_provider_is_a_name_a_provider_or_a_label(wanted: str) -> None:
    block = "provider: openai\nname: backup\napi_key: k\nmodel: [m]"
    settings = load(f"{with_block(block)}server: {{passthrough_provider: {wanted}}}\n")
    assert settings.server.passthrough_provider == wanted


def test_a_block_with_faults_is_not_missed_as_passthrough_provider() -> None:
    text = f"providers:\n- {{provider: opnai, name: b, model: [m]}}\n{GOOD_TOKENS}server: {{passthrough_provider: b}}\n"
    assert [fault.split(": ")[1] for fault in faults_of(text)] == ["providers[0].provider"]


@pytest.mark.parametrize(
    ("server", "told"),
    [
        ("db_cache: true", "server.db_cache: without admin_server nothing is kept"),
        ("admin_server: true\ncache_url: redis://127.0.0.1", "server.cache_url: without db_cache there is no cache"),
        ("admin_server: true\ndb_cache: true\ncache_url: redis://127.0.0.1", ""),
    ],
)
def test_keys_of_a_cache_that_is_not_there_are_remarked_on(server: str, told: str) -> None:
    remarks = [remark for remark in map(str, load(with_server(server)).warnings) if "cache" in remark]
    assert [told in remark for remark in remarks] == [True] * bool(told)


def test_what_is_set_to_its_default_is_not_remarked_on() -> None:
    assert load(with_server("admin_server: false\nstrategy: weighted")).warnings == ()
