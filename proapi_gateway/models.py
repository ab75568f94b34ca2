"""The models: what GET /v1/models and GET /v1/models/{id} answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .clients import Client
from .faults import model_not_found
from .routing import Member

_OWNER_OF_MIXED_MODELS = "proapi"


class ModelList:
    """Every name of the settings, in the file's order, one entry each.

    An entry: {"id": "gpt-4o", "object": "model", "created": 1764000000, "owned_by": "openai/backup"}; a name that
    different backends serve is owned by "proapi". What a token is shown is what its `model:` list covers, all of it:
    also names whose members are out at the moment, for which a request then says why.
    """

    __slots__ = ("_entries",)

    def __init__(self, members: Mapping[str, Sequence[Member]], created: int) -> None:
        """`created`: Unix seconds for every entry; the file knows none."""
        self._entries: dict[str, dict[str, object]] = {
            alias: {"id": alias, "object": "model", "created": created, "owned_by": _owner(serving)}
            for alias, serving in members.items()
        }

    def page(self, client: Client) -> dict[str, object]:
        """The body of GET /v1/models: {"object": "list", "data": [entry, …]}."""
        return {"object": "list", "data": [entry for alias, entry in self._entries.items() if client.may_use(alias)]}

    def entry(self, model: str, client: Client) -> dict[str, object]:
        """The body of GET /v1/models/{model}. Raises ClientFault 404 for an unknown name and for a forbidden one."""
        entry = self._entries.get(model)
        if entry is None or not client.may_use(model):
            raise model_not_found(model)
        return entry


def _owner(members: Sequence[Member]) -> str:
    labels = {member.provider.label for member in members}
    return labels.pop() if len(labels) == 1 else _OWNER_OF_MIXED_MODELS
