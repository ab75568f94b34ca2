"""The report of fields that only OpenAI itself has a use for."""

from __future__ import annotations

from ...fields import Fields
from ...losses import Losses

_WHY = "only OpenAI itself knows this field"
_OWN_CHOICE = "auto"  # asks for nothing


def drop_rest(losses: Losses, fields: Fields, path: str) -> None:
    """Report what nobody has read of an object: path "input.content" and a field "detail" → input.content.detail."""
    for name, value in fields.rest().items():
        if value != _OWN_CHOICE:
            losses.drop(f"{path}.{name}", _WHY)
