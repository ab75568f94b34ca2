"""The dials that chat completions and the older completions share, read from a client's body.

Sources: types/chat/completion_create_params.py and types/completion_create_params.py of the `openai` package, read
2026-11-25.
"""

from __future__ import annotations

from collections.abc import Sequence

from .fields import Fields
from .prompt import Sampling

_MOST_CHOICES = 128


def read_dials(fields: Fields, limit_names: Sequence[str]) -> tuple[Sampling, str]:
    """All dials but the log probabilities, which each API asks for in its own form; and the limit's name.

    {"max_completion_tokens": 9, "stop": "X"} → (Sampling(max_tokens=9, stop=("X",)), "max_completion_tokens"). Of
    `limit_names` the first that is given counts. Raises ClientFault for a value out of OpenAI's range.
    """
    limits = {name: fields.integer(name) for name in limit_names}
    limit_name = next((name for name, value in limits.items() if value is not None), limit_names[-1])
    limit = limits[limit_name]
    if limit is not None and limit < 1:
        raise fields.fault(limit_name, "must be at least 1")
    sampling = Sampling(
        max_tokens=limit,
        temperature=fields.number_in("temperature", 0, 2),
        top_p=fields.number_in("top_p", 0, 1),
        top_k=fields.integer("top_k"),
        stop=_read_stop(fields),
        seed=fields.integer("seed"),
        n=_read_n(fields),
        frequency_penalty=fields.number_in("frequency_penalty", -2, 2),
        presence_penalty=fields.number_in("presence_penalty", -2, 2),
        logit_bias=fields.mapping("logit_bias") or None,
    )
    return sampling, limit_name


def _read_n(fields: Fields) -> int | None:
    count = fields.integer("n")
    if count is not None and not 1 <= count <= _MOST_CHOICES:
        raise fields.fault("n", f"must be between 1 and {_MOST_CHOICES}, found {count}")
    return count


def _read_stop(fields: Fields) -> tuple[str, ...]:
    stop = fields.raw("stop")
    if stop is None:
        return ()
    if isinstance(stop, str):
        return (stop,)
    if isinstance(stop, list) and all(isinstance(item, str) for item in stop):
        return tuple(stop)
    raise fields.fault("stop", "expected a string or an array of strings")
