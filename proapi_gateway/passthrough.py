"""The passthrough: who gets the paths that are not translated (files, images, audio, batches …)."""

from __future__ import annotations

from collections.abc import Callable

from proapi_translate import can_translate

from .candidates import Candidate
from .clients import Client
from .faults import model_not_found, no_passthrough, nothing_available, quote
from .routing import Member, Router
from .settings import Route, Settings
from .targets import target_of

_WHICH_KEY = "set `server.passthrough_provider` in api.yaml to a provider that speaks OpenAI's API"


class Passthrough:
    """Chooses among the blocks that speak OpenAI's API themselves.

    A routed name goes to those of its candidates that speak it. All else goes to one fixed home, whatever name it
    carries left as it is: the block of `server.passthrough_provider`, or else the first one of `default_model`'s that
    speaks it; always with its first key, because files and batches live in one account.
    """

    __slots__ = ("_default_model", "_explicit", "_home", "_members", "_router", "_speakers", "_speaks_openai")

    def __init__(self, settings: Settings, router: Router, speaks_openai: Callable[[str], bool]) -> None:
        """`speaks_openai(provider)`: whether other paths than the translated ones can go to it unchanged."""
        self._router = router
        self._speaks_openai = speaks_openai
        self._default_model = settings.server.default_model
        self._explicit = settings.server.passthrough_provider
        self._speakers = [
            block for block in settings.providers if speaks_openai(block.provider) and not block.unavailable
        ]
        homes = [each for each in self._possible_homes(settings) if speaks_openai(each.provider.provider)]
        self._home = next((home for home in homes if not home.out_because), homes[0] if homes else None)

    def candidates(self, model: str, client: Client, dialect: str = "") -> tuple[Candidate, ...]:
        """Whom to try, never empty. `model`: the name that the request carries, "" for none. `dialect`: the one that
        the request can be translated from, for backends of the model that do not speak OpenAI's API; "" for none.

        Permissions: a request with a name needs that name; one without needs `default_model` when it goes to that one's
        backend, and nothing when the file names a `passthrough_provider`, which is then open to every token. (What a
        batch or a fine-tuning job inside asks for is not looked at.)
        Raises ClientFault 404 where nobody can take it and BackendFailure 503 where who could is not usable.
        """
        if model in self._router.members:
            return self._serving(model, client, dialect)
        needed = model or ("" if self._explicit else self._default_model)
        if needed and not client.may_use(needed):
            raise model_not_found(needed)
        return (self._at_home(model),)

    def home_account(self) -> str:
        """The account that keeps what is passed through (files, conversations); "" where there is none."""
        home = self._home
        return Member(home.provider, home.route).pool()[0].account if home is not None else ""

    def _serving(self, model: str, client: Client, dialect: str) -> tuple[Candidate, ...]:
        found = self._router.candidates(model, client)
        serving = tuple(
            each
            for each in found
            if self._speaks_openai(each.provider.provider)
            or (dialect and can_translate(dialect, target_of(each, client)))
        )
        if not serving:
            speakers = self._speakers_for(client)
            why = "none speaks OpenAI's API" + (f". Blocks that do: {speakers}" if speakers else "")
            raise no_passthrough(f"No backend of the model `{quote(model)}` takes this path: {why}.")
        return serving

    def _speakers_for(self, client: Client) -> str:
        """The blocks with a model that the client may use: it must not learn of others."""
        usable = (block for block in self._speakers if any(client.may_use(route.alias) for route in block.routes))
        return ", ".join(dict.fromkeys(block.label for block in usable))

    def _at_home(self, model: str) -> Candidate:
        home = self._home
        if home is None:
            raise no_passthrough(f"No backend takes this path: {_WHICH_KEY}.")
        if home.out_because:
            raise nothing_available(model or self._explicit or self._default_model, [home.out_because])
        return Member(home.provider, Route(model, model)).pool()[0]

    def _possible_homes(self, settings: Settings) -> list[Member]:
        if not self._explicit:
            return list(self._router.members.get(self._default_model, ()))
        named = [block for block in settings.providers if self._explicit in (block.name, block.label, block.provider)]
        return [Member(block, Route("", "")) for block in named]
