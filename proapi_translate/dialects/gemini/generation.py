"""The dials and the answer's form → generationConfig."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...losses import Losses
from ...prompt import OutputFormat, Prompt
from .models import ModelFacts
from .names import DIALS, MAX_CANDIDATES, MAX_STOPS, SEED_MODULUS
from .schema import write_schema
from .thinking_config import write_thinking

_JSON = "application/json"


def write_generation_config(prompt: Prompt, facts: ModelFacts, losses: Losses) -> dict[str, Any]:
    """Sampling(temperature=0.2, stop=("X",)) → {"temperature": 0.2, "stopSequences": ["X"]}.

    Only what the client set. A dial without a place is told in `losses`; too many choices are a ClientFault.
    """
    config: dict[str, Any] = {}
    for dial, value in prompt.sampling.given().items():
        if dial not in DIALS:
            losses.drop(dial, "Gemini has no such dial")
        elif (fitted := _FIT.get(dial, _keep)(value, losses)) is not None:
            config[DIALS[dial]] = fitted
    if prompt.output is not None:
        config |= _write_output(prompt.output, losses)
    if prompt.reasoning is not None and (thinking := write_thinking(prompt.reasoning, facts, losses)):
        config["thinkingConfig"] = thinking
    return config


def _keep(value: Any, losses: Losses) -> Any:
    return value


def _fit_stop(stop: tuple[str, ...], losses: Losses) -> list[str] | None:
    stops = [text for text in stop if text]
    if len(stops) > MAX_STOPS:
        losses.approximate("stop", f"Gemini takes {MAX_STOPS} stop texts; the rest is left out")
    return stops[:MAX_STOPS] or None


def _fit_seed(seed: int, losses: Losses) -> int:
    if not -SEED_MODULUS <= seed < SEED_MODULUS:
        losses.approximate("seed", "Gemini's seed has 32 bits; the same seed still gives the same number")
        return seed % SEED_MODULUS
    return seed


def _fit_n(count: int, losses: Losses) -> int:
    if count > MAX_CANDIDATES:
        raise losses.refuse("n", f"Gemini gives at most {MAX_CANDIDATES} choices")
    return count


def _fit_logprobs(wanted: bool, losses: Losses) -> bool | None:
    return wanted or None


def _fit_top_logprobs(count: int, losses: Losses) -> int | None:
    return count or None


_FIT: Mapping[str, Callable[[Any, Losses], Any]] = {
    "stop": _fit_stop,
    "seed": _fit_seed,
    "n": _fit_n,
    "logprobs": _fit_logprobs,
    "top_logprobs": _fit_top_logprobs,
}


def _write_output(output: OutputFormat, losses: Losses) -> dict[str, Any]:
    """{"responseMimeType": "application/json", "responseSchema": {…}}, or responseJsonSchema where that keeps more."""
    if output.kind == "json_object" or not output.schema:
        return {"responseMimeType": _JSON}
    written = write_schema(output.described_schema(), "response_format")
    if written.lost:
        losses.approximate("output", f"Gemini does not hold its answer to {', '.join(sorted(written.lost))}")
    return {"responseMimeType": _JSON, "responseJsonSchema" if written.json_form else "responseSchema": written.schema}
