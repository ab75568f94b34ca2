"""The gateway: the settings in force, with all that is derived from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .clients import Clients
from .google_tokens import GoogleTokens
from .health import Health
from .limits import Limiter
from .models import ModelList
from .passthrough import Passthrough
from .reply_cache.cache import ReplyCache
from .reply_cache.caches import ReplyCaches
from .response_store import ResponseStore
from .response_stores import ResponseStores
from .routing import Router
from .settings import Secret, Settings
from .shared_limits import SharedLimits
from .thought_memory import ThoughtMemory
from .trials import Trial, trial_settings


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the settings, compiled. A flow takes it at its start and keeps it to its end."""

    settings: Settings
    clients: Clients
    router: Router
    passthrough: Passthrough
    models: ModelList
    thoughts: ThoughtMemory  # shared by all snapshots: a reload forgets nothing
    google_tokens: GoogleTokens  # shared, too
    responses: ResponseStore  # shared as well
    health: Health  # so is this
    shared_limits: SharedLimits  # and this
    reply_cache: ReplyCache | None  # None: replies are not cached

    @property
    def limiter(self) -> Limiter:
        """What this process has counted itself."""
        return self.shared_limits.limiter


class Gateway:
    """Holds the snapshot in force; a reload replaces one reference.

    gateway = Gateway(settings, time.time, speaks_openai, Health(time.monotonic, random.random))
    here = gateway.snapshot                                # once for each flow
    client = here.clients.identify(authorization)
    candidates = here.router.candidates(model, client)
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float],
        speaks_openai: Callable[[str], bool],
        health: Health | None = None,
        limits: SharedLimits | None = None,
        *,
        several_workers: bool = False,
    ) -> None:
        """`clock`: Unix seconds. `speaks_openai(provider)`: see `Passthrough`. `health` None: one without chance,
        `limits` None: on `clock`, with nobody to share them. `several_workers`: are there other processes with these
        settings?"""
        self._started = int(clock())
        self._speaks_openai = speaks_openai
        self._thoughts = ThoughtMemory()
        self._google_tokens = GoogleTokens(clock)
        self._responses = ResponseStores(clock, several_workers=several_workers)
        self._reply_caches = ReplyCaches(clock)
        self._health = health or Health(clock, lambda: 0.5)
        self._limits = limits or SharedLimits(Limiter(clock, clock), "")
        self._limits.use(settings)
        self._snapshot = self._compile(settings, None)

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshot

    def trial_snapshot(self, trial: Trial, bearer: Secret) -> Snapshot | None:
        """For one trial: all as it is now, but with nobody else to be asked; None: its place is not there any more."""
        settings = trial_settings(self._snapshot.settings, trial, bearer)
        return self._compile(settings, None) if settings is not None else None

    def swap(self, settings: Settings) -> Snapshot:
        """Puts new settings in force for flows that start from now on; turns of unchanged names go on.

        Compiled first: if that fails, the old settings stay.
        """
        self._snapshot = self._compile(settings, self._snapshot.router)
        self._google_tokens.keep_only(settings.providers)
        self._health.keep_only(self._snapshot.router.everybody())
        self._limits.use(settings)
        return self._snapshot

    def _compile(self, settings: Settings, previous: Router | None) -> Snapshot:
        router = Router(settings, previous, self._health)
        return Snapshot(
            settings=settings,
            clients=Clients(settings),
            router=router,
            passthrough=Passthrough(settings, router, self._speaks_openai),
            models=ModelList(router.members, self._started),
            thoughts=self._thoughts,
            google_tokens=self._google_tokens,
            responses=self._responses.wanted_by(settings.server),
            health=self._health,
            shared_limits=self._limits,
            reply_cache=self._reply_caches.wanted_by(settings.server),
        )
