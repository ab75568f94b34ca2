"""The keeping of one exchange's response, for the turns that will stand on it."""

from __future__ import annotations

import logging

from proapi_gateway.candidates import Candidate
from proapi_gateway.earlier_turns import stored_response
from proapi_gateway.response_store import ResponseStore
from proapi_translate import ClientFault, ReplyTranslator

logger = logging.getLogger(__name__)

_ENDED = frozenset({"completed", "incomplete"})


class ResponseKeeper:
    """`body`: the client's request as it came."""

    def __init__(self, store: ResponseStore, owner: str, body: bytes) -> None:
        self._store = store
        self._owner = owner
        self._body = body
        self._kept = False

    def look(self, reply: ReplyTranslator, candidate: Candidate, *, native: bool, whole: bool = False) -> None:
        """Keep the reply's response once it is there. Called before its last bytes go out: the client's next turn may
        follow at once. `whole`: it came in one piece, and may be one that the backend goes on with in the background.
        """
        response = None if self._kept or reply.failure is not None else reply.response_object
        if response is None or not (whole or response.get("status") in _ENDED):
            return
        self._kept = True
        body, self._body = self._body, b""
        try:
            stored = stored_response(body, response, candidate.account if native else "")
            if stored is not None:
                self._store.keep(self._owner, stored)
        except (ClientFault, ValueError, TypeError, RecursionError):  # a good reply must not suffer from it
            logger.exception("a response could not be kept")
