"""The earlier turns of a Responses request: what `previous_response_id` and item references stand for.

A backend that keeps them itself (it speaks Responses and made them) is asked first, with the request as it came. Any
other gets them in the request: the input and output items of the whole chain, oldest first, then the new input. The
`instructions` of earlier turns are not carried over
(https://platform.openai.com/docs/api-reference/responses/create, read 2026-11-25).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proapi_translate import ClientFault, responses_input_items

from .candidates import Candidate
from .faults import previous_response_not_found
from .response_store import Item, ResponseStore, StoredResponse

# What a body must hold to need any of this; other bodies are not even parsed.
_MARKS = (b'"previous_response_id"', b"item_reference", b'"conversation"')
_REFERENCE = "item_reference"
_ANY_HOME = "any"  # we do not know the id: any backend that keeps responses might
# Kinds of items that mean the same without their ids, which only their own maker knows.
_PORTABLE = frozenset(
    {
        "message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output",
        "tool_search_call", "tool_search_output", "additional_tools",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EarlierTurns:
    """What one request stands on. `items`: all that came before; None where it is not all known here.

    `home`: the account of the backend that can find everything by itself; "" for none.
    """

    previous_id: str = ""
    home: str = ""
    items: Sequence[Item] | None = ()
    referred: Mapping[str, Item] = field(default_factory=dict)  # by id

    def choose(self, candidates: Iterable[Candidate], is_native: Callable[[Candidate], bool]) -> tuple[Candidate, ...]:
        """Those who can serve it, its home first. Raises ClientFault where nobody knows the earlier turns."""
        at_home, others = [], []
        for candidate in candidates:
            if self._is_home(candidate, is_native):
                at_home.append(candidate)
            elif self.items is not None:
                others.append(candidate)
        if not at_home and not others:
            raise previous_response_not_found(self.previous_id)
        return (*at_home, *others)

    def body_for(self, candidate: Candidate, native: bool, body: bytes) -> bytes:
        """The request as this candidate can understand it. `native`: it speaks Responses itself."""
        if self._is_home(candidate, lambda _: native):
            return body
        if self.items is None:
            raise previous_response_not_found(self.previous_id)
        tree = json.loads(body)
        given = tree.get("input") or []
        new = [{"role": "user", "content": given}] if isinstance(given, str) else given
        if not isinstance(new, list):
            return body  # the translator says what is wrong with it
        spell = _portable if native else _as_it_is
        before = [spell(self._resolve(item)) for item in self.items]
        after = [spell(self._resolve(item)) if _is_reference(item) else item for item in new]
        tree.pop("previous_response_id", None)
        tree["input"] = [item for item in (*before, *after) if item is not None]
        return json.dumps(tree).encode()

    def _is_home(self, candidate: Candidate, is_native: Callable[[Candidate], bool]) -> bool:
        return self.home in (_ANY_HOME, candidate.account) and is_native(candidate)

    def _resolve(self, item: Item) -> Item:
        return self.referred.get(str(item.get("id")), item) if _is_reference(item) else item


async def find_earlier_turns(
    body: bytes, owner: str, store: ResponseStore, conversations_home: Callable[[], str]
) -> EarlierTurns | None:
    """What this body stands on; None: nothing. `conversations_home()`: the account that `conversation` objects live in.

    Raises ClientFault for an id that is another owner's, and for a body that is no JSON object.
    """
    if not any(mark in body for mark in _MARKS):
        return None
    tree = _parse(body)
    previous_id = tree.get("previous_response_id")
    if previous_id is not None and not isinstance(previous_id, str):
        raise ClientFault("previous_response_id must be a string.", param="previous_response_id")
    if tree.get("conversation") is not None:
        return EarlierTurns(home=conversations_home())
    chain, whole = await find_chain(store, owner, previous_id or "")
    if previous_id and not chain and await store.is_another_owners(owner, previous_id):
        raise previous_response_not_found(previous_id)
    items = [item for stored in chain for item in stored.items] if whole else None
    given = tree.get("input")
    new = given if isinstance(given, list) else []
    found = await _find_referred(store, owner, [*(items or ()), *new])
    if not previous_id and not found:
        return None
    turns = [stored for _, stored in found.values()]
    if previous_id:
        home = chain[-1].home if chain else _ANY_HOME
    else:
        homes = {stored.home for stored in turns}
        home = homes.pop() if len(homes) == 1 else ""
    return EarlierTurns(previous_id or "", home, items, {item_id: item for item_id, (item, _) in found.items()})


async def find_chain(store: ResponseStore, owner: str, response_id: str) -> tuple[list[StoredResponse], bool]:
    """The response and those before it, oldest first, back to one that is not known (any more); and are they all?"""
    chain: list[StoredResponse] = []
    seen: set[str] = set()
    while response_id and response_id not in seen:
        seen.add(response_id)
        stored = await store.find(owner, response_id)
        if stored is None:
            return chain[::-1], False
        chain.append(stored)
        response_id = stored.previous_id
    return chain[::-1], True


def stored_response(body: bytes, response: Mapping[str, Any] | None, home: str) -> StoredResponse | None:
    """What to keep of an answered request; None: nothing (not wanted, or no answer that one can go on from)."""
    if response is None or not response.get("id") or response.get("status") not in _KEPT_STATUSES[bool(home)]:
        return None
    tree = _parse(body)
    if tree.get("store") is False:
        return None
    previous_id = tree.get("previous_response_id")
    return StoredResponse(
        response=dict(response),
        input_items=responses_input_items(tree),
        previous_id=previous_id if isinstance(previous_id, str) else "",
        home=home,
    )


# Whether a backend keeps it too → the states that it may be left in: only a backend goes on in the background.
_KEPT_STATUSES = {
    False: frozenset({"completed", "incomplete"}),
    True: frozenset({"completed", "incomplete", "queued", "in_progress"}),
}


async def _find_referred(
    store: ResponseStore, owner: str, items: Iterable[Any]
) -> dict[str, tuple[Item, StoredResponse]]:
    wanted = [str(item.get("id")) for item in items if _is_reference(item)]
    found = {item_id: await store.find_item(owner, item_id) for item_id in wanted}
    return {item_id: hit for item_id, hit in found.items() if hit is not None}


def _is_reference(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == _REFERENCE


def _as_it_is(item: Item) -> Item | None:
    return item


def _portable(item: Item) -> Item | None:
    """An item for another Responses backend than its maker: without its id; None for a thought, which its maker alone
    can read."""
    if item.get("type") == "reasoning":
        return None
    return {name: value for name, value in item.items() if name != "id"} if item.get("type") in _PORTABLE else item


def _parse(body: bytes) -> dict[str, Any]:
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        raise ClientFault("The request's body is not valid JSON, or nested too deeply.") from None
    if not isinstance(tree, dict):
        raise ClientFault("The request's body must be a JSON object.")
    return tree
