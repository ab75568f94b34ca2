"""What a reload tells of itself."""

import pytest

from proapi_gateway.settings_changes import settings_changes

from .config_text import load

BEFORE = """
providers:
- {provider: openai, name: backup, api_key: sk-old-key-of-openai, model: [m]}
- {provider: echo, model: [m]}
tokens:
- {api_key: sk-team-a-secret, name: team-a, model: [all]}
server: {default_model: m, password: old-secret-word, db_path: "postgresql://u:dbsecret@h/d"}
"""


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("sk-old-key", "sk-new-key", ["provider openai/backup: api_keys changed"]),
        ("echo, model: [m]", "echo, model: [m, n]", ["provider echo: routes changed"]),
        ("name: backup", "name: first", ["provider openai/backup: removed", "provider openai/first: added"]),
        ("- {provider: echo, model: [m]}", "", ["provider echo: removed"]),
        ("- {provider: echo, model: [m]}", "- {provider: echo, model: [m]}\n" * 2, ["provider echo (2): added"]),
        ("[all]", "[m]", ["token team-a: patterns changed"]),
        ("default_model: m,", "", ["server.default_model: 'm' → ''"]),
        ("old-secret-word", "new-secret-word", ["server.password: changed"]),
        ("dbsecret", "newsecret", ["server.db_path: changed"]),
        ("server: {", "server: {debug: true, ", ["server.debug: False → True"]),
        ("server:", "intercept: {hosts: [a.b]}\nserver:", ["intercept.hosts: api.openai.com → api.openai.com, a.b"]),
        ("", "", []),
    ],
)
def test_each_change_is_a_line_and_no_secret_shows(old: str, new: str, changes: list[str]) -> None:
    assert old in BEFORE
    told = list(settings_changes(load(BEFORE), load(BEFORE.replace(old, new) if old else BEFORE)))
    assert told == changes
    assert not any(secret in str(told) for secret in ("sk-old-key-of-openai", "old-secret-word", "newsecret"))


def test_a_block_that_only_moves_is_no_change() -> None:
    lines = BEFORE.splitlines()
    lines[2], lines[3] = lines[3], lines[2]
    assert settings_changes(load(BEFORE), load("\n".join(lines))) == ()
