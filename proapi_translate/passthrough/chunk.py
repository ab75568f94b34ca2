"""One event of a backend's stream on its way to the client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..json_text import encode
from ..sse import write_event


@dataclass(slots=True)
class Chunk:
    """Chunk({"id": "c1", …}, b'{"id":"c1",…}', changed=False): the value, its bytes as they came, and whether the value
    says something else by now. `name` is the event's own (Responses); "" for none."""

    value: dict[str, Any]
    data: bytes = b""
    changed: bool = True
    name: str = ""

    def write(self) -> bytes:
        """The event's bytes: its own where nothing changed."""
        # An event of several data lines is written as one: a JSON value never needs the line ends.
        return write_event(encode(self.value) if self.changed or b"\n" in self.data else self.data, self.name)

    def put(self, name: str, value: Any) -> None:
        """Give a top-level field its value, noting whether that is a change."""
        if name not in self.value or self.value[name] != value:
            self.value[name] = value
            self.changed = True
