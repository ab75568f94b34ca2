"""Any file whatever: settings or faults, never another exception; and what the loader takes, the schema takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from proapi_gateway.config import ConfigFaults, load_settings
from proapi_gateway.config_options import option_keys
from proapi_gateway.config_providers import COMMON_KEYS, TIMEOUT_KEYS
from proapi_gateway.config_server import SERVER_KEYS
from proapi_gateway.config_tokens import BUDGET_KEYS, LIMIT_KEYS, TOKEN_KEYS
from proapi_gateway.known_providers import known_providers

from .test_api_schema import GOOD_FILES, schema_accepts

SECTIONS = (
    (*COMMON_KEYS, *option_keys(known_providers().values())),
    tuple(TIMEOUT_KEYS),
    TOKEN_KEYS,
    tuple(LIMIT_KEYS),
    tuple(BUDGET_KEYS),
    tuple(SERVER_KEYS),
)
WORDS = ["all", "m", "openai", "echo", "vllm", "passthrough", "https://h/v1", "redis://h", "u:p", "day", "chat", "full"]
ODD = st.sampled_from(["${A}", "${", "${B:-5}", "${C:-true}", "$$", "", "é\x00", "5", "true"])
SCALARS = st.sampled_from(WORDS) | st.sampled_from([None, True, False, 0, 1, 9, 0.5, -1]) | ODD
SCALARS |= st.text(max_size=5) | st.floats()
LISTS = st.lists(SCALARS, max_size=2)
VALUES = SCALARS | LISTS | st.dictionaries(st.sampled_from(WORDS), SCALARS | LISTS, max_size=2)


@st.composite
def changed_files(draw: st.DrawFn) -> Any:
    """A good file with one or two of its places replaced, or given another key of its section."""
    tree = yaml.safe_load(draw(st.sampled_from(list(GOOD_FILES.values()))))
    for _ in range(draw(st.integers(1, 2))):
        holder, place = draw(st.sampled_from(list(places_of(tree))))
        siblings = [keys for keys in SECTIONS if place in keys]
        if isinstance(holder, dict) and siblings:
            place = draw(st.sampled_from(siblings[0]))
        holder[place] = draw(VALUES)
    return tree


def places_of(tree: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key or index) of everything in the tree, but for its first lists, which would empty the file."""
    for place, child in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if not (place in ("providers", "tokens") and isinstance(tree, dict)):
            yield tree, place
        if isinstance(child, dict | list):
            yield from places_of(child)


def is_good(text: str) -> bool:
    try:
        load_settings(text, file="f", environment={"C": "yes"})
    except ConfigFaults as faults:
        return not str(faults)
    return True


@settings(max_examples=300, deadline=None)
@given(file=changed_files())
def test_any_tree_is_settings_or_faults(file: dict[str, Any]) -> None:
    text = yaml.safe_dump(file, allow_unicode=True)
    if is_good(text):
        assert schema_accepts(text), text


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("a:-[]{}#&*!|>'\"%@`,? \t\n$\x00é\ud800"), max_size=40))
def test_any_text_is_settings_or_faults(text: str) -> None:
    assert not is_good(text)
