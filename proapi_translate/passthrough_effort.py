"""The reasoning effort of a passed-through chat body, in its backend's own fields and words."""

from __future__ import annotations

from typing import Any

import msgspec

from .json_text import encode
from .losses import Losses
from .providers.openai_quirks import RequestQuirks

Fields = dict[str, msgspec.Raw]

_FIELD = "reasoning_effort"
_NONE = "none"
_decode = msgspec.json.Decoder().decode


def fit_effort(fields: Fields, quirks: RequestQuirks, losses: Losses) -> None:
    """Change `fields` in place: {"reasoning_effort": "none"} → {"thinking": {"type": "disabled"}} for DeepSeek.

    A field of the backend's own that the client has set (`thinking`) is left as it is.
    """
    rule = quirks.effort
    if rule is None or _FIELD not in fields:
        return
    effort: Any = _decode(fields[_FIELD])
    if not isinstance(effort, str):
        return
    added = rule.off if effort == _NONE else rule.on
    for name, value in added.items():
        fields.setdefault(name, msgspec.Raw(encode(value)))
    if effort == _NONE and rule.off:
        del fields[_FIELD]
        losses.add(_FIELD, "renamed", f"{quirks.backend} calls it {', '.join(rule.off)}")
    elif not rule.levels:
        del fields[_FIELD]
        losses.approximate(_FIELD, f"{quirks.backend} knows no levels of thinking for this model: it is switched on")
    elif effort in rule.words:
        fields[_FIELD] = msgspec.Raw(encode(rule.words[effort]))
        losses.approximate(_FIELD, f"{quirks.backend} knows no {effort!r} here: {rule.words[effort]!r} is sent")
