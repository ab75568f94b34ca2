"""The request that is being written: what its writers read, and what they fill."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...interface import RequestContext
from ...losses import Losses
from ...prompt import Prompt
from .models import Model


@dataclass(slots=True)
class Draft:
    """One request on its way. `body` is Converse's; `model_fields` becomes its additionalModelRequestFields.

    `output_tool`: the tool whose input is the answer. `thinks`: has thinking been switched on?
    """

    prompt: Prompt
    context: RequestContext
    model: Model
    body: dict[str, Any] = field(default_factory=dict)
    model_fields: dict[str, Any] = field(default_factory=dict)
    output_tool: str = ""
    thinks: bool = False

    @property
    def losses(self) -> Losses:
        return self.context.losses

    def add_instruction(self, text: str) -> None:
        """One more system text, after the client's own; before the first message where the model has no system."""
        if self.model.system:
            self.body.setdefault("system", []).append({"text": text})
        else:
            self.body["messages"][0]["content"].insert(0, {"text": text})
