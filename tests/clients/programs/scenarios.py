"""What the Python clients' programs share: the tool's result, the answer's form, and how they tell what they saw."""

import asyncio
import inspect
import json
import sys
import traceback

from pydantic import BaseModel

DEGREES = {"Paris": 21, "Rome": 18}


class Report(BaseModel):
    city: str
    degrees: int


def measure(city: str) -> str:
    return f"{DEGREES[city]} in {city}"


def tell(*scenarios):
    """Runs each function for each model of the command line, and prints {"gpt-5": {"chat": …}, …} as JSON."""
    print(json.dumps(asyncio.run(_tell_all(scenarios))))


async def _tell_all(scenarios):
    # one event loop for all: clients keep their connections in it
    return {
        model: {scenario.__name__: await _outcome(scenario, model) for scenario in scenarios} for model in sys.argv[1:]
    }


async def _outcome(scenario, model):
    try:
        outcome = scenario(model)
        return await outcome if inspect.isawaitable(outcome) else outcome
    except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it, beside what the others told
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}
