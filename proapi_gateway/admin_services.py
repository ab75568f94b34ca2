"""What the admin's pages get of the gateway that they show: plain callables, for threads that are not the event loop's.

Each may be called from any thread. Those that ask the event loop wait for it, some seconds at most, and raise
`TimeoutError` where it does not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from .candidates import Candidate
from .config_source import ConfigSource
from .health import HealthState
from .limits import LimitState
from .settings import Settings
from .trial_client import TrialReply
from .trials import Trial

if TYPE_CHECKING:
    from .flow_log.log import FlowLog
    from .reply_cache.cache import ReplyCache


@dataclass(frozen=True, slots=True)
class AdminServices:
    """`host`: the address that the pages are served at. `session_key`: signs the sessions of people who are logged in.
    `environment`: what fills the `${VAR}` of a configuration that is being edited. `clock()`: Unix seconds."""

    settings: Callable[[], Settings]  # those in force
    source: Callable[[], ConfigSource]
    reload: Callable[[], tuple[str, ...]]  # what changed; raises ConfigFaults, and then the old ones go on
    health: Callable[[], tuple[HealthState, ...]]  # of all that were used since the start
    health_of: Callable[[Sequence[Candidate]], tuple[HealthState, ...]]
    limits: Callable[[], tuple[LimitState, ...]]  # of the tokens that have any
    send_trial: Callable[[Trial, str], TrialReply]  # its kind: one of TRIAL_KINDS; raises LookupError: it is not there
    flow_log: Callable[[], FlowLog | None]  # None: its database cannot be used
    reply_cache: Callable[[], ReplyCache | None]  # None: replies are not cached
    session_key: Callable[[], bytes]
    clock: Callable[[], float]
    data_folder: Callable[[], Path] = lambda: Path("data")  # for what the admin has to keep, where no better place is
    host: str = "127.0.0.1"
    several_workers: bool = False  # then health and the like are those of one of them
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
