"""Programs as people write them with each client's own means: nothing in them knows of a gateway, and all of it works.

Every scenario runs with each of the three models; the backends behind them refuse what the real ones would, and each
of a loop's answers is made of what the tools really said.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.client_programs import MODELS, run_program
from tests.clients.scripted_model import HELLO, last_word
from tests.end_to_end.running_proxy import RunningProxy

TEXT = last_word("21 in Paris", "18 in Rome")
REPORT = {"city": "Paris", "degrees": 21}
VECTORS = [[2, 0.5, -0.25], [5, 0.5, -0.25]]  # of "hi" and "hello"
CITIES = ["Paris", "Rome"]

OPENAI_PYTHON = {
    "chat_tools": {"finish": ["tool_calls", "stop"], "text": TEXT, "counted": True},
    "chat_stream_tools": {"done": [{"city": city} for city in CITIES], "text": TEXT, "same": True, "counted": True},
    "chat_parse": [REPORT, REPORT],
    "responses_tools": {"kinds": ["function_call", "reasoning"], "text": TEXT, "status": "completed"},
    "responses_stream_chained": {"ends": ["response.created", "response.completed"], "text": TEXT},
    "responses_parse": [REPORT, REPORT],
    "raw_responses": {
        "attempts": "1", "request_id": True, "text": HELLO, "streamed": ["text/event-stream", "response.completed"],
    },
    "embeddings": [VECTORS] * 4,
    "errors": ["model_not_found", "model"],
}  # fmt: skip
_LOOP = {"text": TEXT, "calls": 2, "counted": True}
LANGCHAIN = {
    "chat_tools": _LOOP,
    "chat_stream_tools": _LOOP,
    "chat_async_batch": [HELLO, HELLO, HELLO],
    "chat_structured": [REPORT, REPORT],
    "responses_tools": _LOOP,
    "responses_stream_tools": _LOOP,
    "responses_chained": _LOOP,
    "responses_structured": [REPORT],
    "embeddings": [*VECTORS, [3, 0.5, -0.25]],
}
_RUN = {"text": TEXT, "turns": 2}
_STREAMED_RUN = {"text": TEXT, "kinds": ["message_output_created", "tool_called", "tool_output"]}
_HANDOFF = {"by": "forecaster", "text": "21 in Paris; 18 in Rome"}
AGENTS = {
    "responses_tools": _RUN,
    "responses_sealed": _RUN,
    "responses_streamed": _STREAMED_RUN,
    "responses_chained": _RUN,
    "responses_handoff": _HANDOFF,
    "responses_typed": REPORT,
    "chat_tools": _RUN,
    "chat_streamed": _STREAMED_RUN,
    "chat_handoff": _HANDOFF,
}
OPENAI_NODE = {
    "chatStream": {"text": HELLO, "counted": True},
    "runTools": {"text": TEXT, "cities": CITIES},
    "runToolsStreamed": {"text": TEXT, "same": True, "cities": CITIES},
    "chatParse": [REPORT, REPORT],
    "responsesStreamTools": {"text": TEXT, "same": True, "status": "completed"},
    "responsesParse": REPORT,
    "embeddings": [VECTORS] * 4,
    "errors": [True, "model_not_found", True],
}
_GENERATED = {"text": TEXT, "steps": 2, "counted": True}
_STREAMED = {"text": TEXT, "steps": 2, "finish": "stop"}
AI_SDK = {
    "responsesTools": _GENERATED,
    "responsesSealed": _GENERATED,
    "responsesStreamTools": _STREAMED,
    "responsesStreamSealed": _STREAMED,
    "chatTools": _GENERATED,
    "chatStreamTools": _STREAMED,
    "objects": [REPORT] * 4,
    "embeddings": VECTORS,
}
# Program → what each of its scenarios tells, and the models that it is run with at each door.
PROGRAMS: dict[str, tuple[dict[str, Any], dict[str, tuple[str, ...]]]] = {
    "openai_python.py": (OPENAI_PYTHON, {"base_url": MODELS, "explicit": MODELS[:1]}),
    "langchain_app.py": (LANGCHAIN, {"base_url": MODELS, "explicit": MODELS[:1]}),
    "agents_app.py": (AGENTS, {"base_url": MODELS, "explicit": MODELS[:1]}),
    "openai_node.mjs": (OPENAI_NODE, {"base_url": MODELS, "explicit": MODELS[:1]}),
    "ai_sdk.mjs": (AI_SDK, {"base_url": MODELS, "explicit": MODELS[:1]}),
}
RUNS = [(program, door) for program, (_, doors) in PROGRAMS.items() for door in doors]


@pytest.mark.parametrize(("program", "door"), RUNS)
def test_a_program_sees_what_it_would_see_of_openai(program: str, door: str, gateway: RunningProxy) -> None:
    expected, doors = PROGRAMS[program]
    told = run_program(program, gateway, door, doors[door])
    assert tuple(told) == doors[door]
    assert all(list(scenarios) == list(expected) for scenarios in told.values())
    wrong = {
        (model, name): seen
        for model, scenarios in told.items()
        for name, seen in scenarios.items()
        if seen != expected[name]
    }
    assert wrong == {}
