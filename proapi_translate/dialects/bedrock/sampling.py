"""The dials → Converse's inferenceConfig and the model's own fields."""

from __future__ import annotations

from typing import Any

from ...prompt import Sampling
from .draft import Draft

_LEAST_TOP_P = 0.95  # what a thinking Claude takes
_REFUSED = {
    "n": "Bedrock gives one answer",
    "logprobs": "Bedrock gives no token probabilities",
}


def write_sampling(draft: Draft) -> None:
    """Fill body["inferenceConfig"] and the dials among the model's own fields. Needs to know if the model thinks."""
    sampling = draft.prompt.sampling
    _refuse_the_impossible(sampling, draft)
    config = {
        "maxTokens": sampling.max_tokens,
        "temperature": _temperature(sampling, draft),
        "topP": _top_p(sampling, draft),
        "stopSequences": _stop(sampling, draft),
    }
    set_ones = {name: value for name, value in config.items() if value is not None and value != []}
    if set_ones:
        draft.body["inferenceConfig"] = set_ones
    _write_top_k(sampling, draft)
    _write_others(sampling, draft)


def _refuse_the_impossible(sampling: Sampling, draft: Draft) -> None:
    if (sampling.n or 1) > 1:
        raise draft.losses.refuse("n", _REFUSED["n"])
    if sampling.logprobs or sampling.top_logprobs:
        raise draft.losses.refuse("logprobs" if sampling.logprobs else "top_logprobs", _REFUSED["logprobs"])


def _temperature(sampling: Sampling, draft: Draft) -> float | None:
    value = sampling.temperature
    if value is None:
        return None
    if draft.model.sampling == "none":
        draft.losses.drop("temperature", "this model takes no temperature")
        return None
    if value > 1:
        draft.losses.approximate("temperature", "Bedrock's goes from 0 to 1: 1 was sent")
        value = 1
    if draft.thinks and value != 1:
        draft.losses.drop("temperature", "this model takes none while it thinks")
        return None
    return value


def _top_p(sampling: Sampling, draft: Draft) -> float | None:
    value = sampling.top_p
    if value is None:
        return None
    if draft.model.sampling == "none":
        why = "this model takes no top_p"
    elif draft.model.sampling == "one" and sampling.temperature is not None:
        why = "this model takes temperature or top_p, not both"
    elif draft.thinks and value < _LEAST_TOP_P:
        why = "this model takes none below 0.95 while it thinks"
    else:
        return value
    draft.losses.drop("top_p", why)
    return None


def _stop(sampling: Sampling, draft: Draft) -> list[str]:
    kept = [word for word in sampling.stop if word and (word.strip() or draft.model.blank_stops)]
    if len(kept) < len(sampling.stop):
        draft.losses.drop("stop", "this model takes no stop sequence of white space")
    return kept


def _write_top_k(sampling: Sampling, draft: Draft) -> None:
    if sampling.top_k is None:
        return
    if not draft.model.top_k or draft.thinks:
        draft.losses.drop("top_k", "this model takes none" + (" while it thinks" if draft.model.top_k else ""))
        return
    place: dict[str, Any] = draft.model_fields
    *outer, name = draft.model.top_k
    for key in outer:
        given = place.get(key)
        place[key] = dict(given) if isinstance(given, dict) else {}  # a copy: the client's own tree is not ours
        place = place[key]
    place[name] = sampling.top_k


def _write_others(sampling: Sampling, draft: Draft) -> None:
    for name in ("seed", "frequency_penalty", "presence_penalty", "logit_bias"):
        value = getattr(sampling, name)
        if value is None:
            continue
        if name in draft.model.dials:
            draft.model_fields[name] = value
        else:
            draft.losses.drop(name, "this model has none on Bedrock")
