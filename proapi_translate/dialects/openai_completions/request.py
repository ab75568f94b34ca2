"""A completions body → Prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...fields import Fields
from ...losses import Losses
from ...openai_dials import read_dials
from ...prompt import Prompt, Text, Turn
from .prompt_text import read_prompt

# What no chat model can be asked for, whichever backend it is; and the values that ask for nothing.
_LOST: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "suffix": ("a chat model answers a prompt; it does not fill in between two texts", ("",)),
    "best_of": ("a chat model gives its answers as they come, not the best of several", (0, 1)),
    "logprobs": ("a chat model's probabilities are told in another form, and few backends have any", ()),
}
_OF_THE_REPLY = ("echo", "stream", "stream_options")


def read_request(body: Mapping[str, Any]) -> Prompt:
    """{"model": "m", "prompt": "hi", "max_tokens": 9} → Prompt(model="m", turns=(user "hi",), …).

    OpenAI's default of 16 tokens is not made up here: who names no limit gets the model's own. Raises ClientFault (400)
    that names the field for anything that OpenAI would refuse too.
    """
    fields, losses = Fields(body), Losses({})
    text = read_prompt(body)
    fields.pass_over("prompt", *_OF_THE_REPLY)
    sampling, _ = read_dials(fields, ("max_tokens",))
    best_of, n = fields.integer("best_of"), sampling.n or 1
    if best_of is not None and best_of < n:
        raise fields.fault("best_of", "must not be less than n")
    for name, (why, plain) in _LOST.items():
        value = fields.raw(name)
        if value is not None and value not in plain:
            losses.drop(name, why)
    return Prompt(
        model=fields.required_text("model"),
        turns=(Turn("user", (Text(text),)),),
        sampling=sampling,
        user=fields.text("user"),
        stream=bool(fields.peek("stream")),
        other=fields.rest(),
        lost=losses.report(),
    )
