"""Simon Willison's `llm` command, fresh from its package: prompts, tools, schemas, conversations, embeddings."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.clients.client_programs import MODELS, client_environment, client_variables, run_client
from tests.clients.scripted_model import HELLO, STRUCTURED, last_word
from tests.end_to_end.running_proxy import RunningProxy

Run = Callable[..., str]
TOOL = '''
def weather(city: str) -> str:
    "The weather of a city."
    return {"Paris": "21 in Paris", "Rome": "18 in Rome"}[city]
'''


@pytest.fixture(scope="module")
def run_llm(gateway: RunningProxy, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`run_llm("base_url", "-m", "gpt-5", "Hi")`. Its folder is one for all: it takes long to make its database."""
    command = str(client_environment("python") / "bin" / "llm")
    folder = {"LLM_USER_PATH": str(tmp_path_factory.mktemp("llm"))}
    return lambda door, *arguments: run_client([command, *arguments], client_variables(gateway, door) | folder).strip()


def test_a_prompt_and_its_continuation(run_llm: Run) -> None:
    assert run_llm("base_url", "-m", MODELS[2], "Hi") == HELLO
    assert run_llm("base_url", "-c", "And now?") == HELLO


@pytest.mark.parametrize(("door", "model"), [*(("base_url", model) for model in MODELS), ("explicit", MODELS[0])])
def test_tools_are_called(run_llm: Run, door: str, model: str) -> None:
    told = run_llm(door, "-m", model, "--functions", TOOL, "How warm?")
    assert told == last_word("21 in Paris", "18 in Rome")


def test_an_answer_follows_a_schema(run_llm: Run) -> None:
    told = run_llm("base_url", "-m", MODELS[0], "--schema", "city, degrees int", "How warm?")
    assert json.loads(told) == json.loads(STRUCTURED)


def test_a_text_is_embedded(run_llm: Run) -> None:
    assert json.loads(run_llm("base_url", "embed", "-m", "3-small", "-c", "hi")) == [2.0, 0.5, -0.25]
