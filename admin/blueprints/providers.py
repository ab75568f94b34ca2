"""The providers: every block with its keys, their health, a trial of each; and who serves which name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from proapi_gateway.candidates import Candidate
from proapi_gateway.health import HealthState
from proapi_gateway.routing import Member, members_by_alias
from proapi_gateway.settings import KeySource, ProviderSettings, Settings
from proapi_gateway.trial_client import TRIAL_KINDS
from proapi_gateway.trials import Trial
from proapi_gateway.url_hosts import url_host

from ..flow_xray.body_text import printable
from ..services import services

blueprint = Blueprint("providers", __name__)


@dataclass(frozen=True, slots=True)
class _Account:
    """One key of a block at one location. `place`: among the block's; `back_at_ms`: when its cool-down ends."""

    place: int
    key: int
    location: int
    key_shown: str
    location_shown: str
    state: HealthState
    back_at_ms: float


@dataclass(frozen=True, slots=True)
class _Block:
    settings: ProviderSettings
    accounts: tuple[_Account, ...]
    base_url: str
    proxy: str

    @property
    def can_be_tried(self) -> bool:
        block = self.settings
        return not block.unavailable and bool(block.routes) and block.key_source is not KeySource.CLIENT


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that clients ask for. `shares`: its members, each with its part of the requests in percent."""

    alias: str
    shares: tuple[tuple[Member, float], ...]
    fallback: tuple[str, ...]


@blueprint.get("/admin/providers")
def page() -> ResponseReturnValue:
    settings = services().settings()
    return render_template(
        "providers.html", blocks=_blocks(settings), names=list(_names(settings)), kinds=tuple(TRIAL_KINDS)
    )


@blueprint.get("/admin/providers/health")
def health() -> ResponseReturnValue:
    """The health of all blocks anew: the page asks for it every few seconds."""
    return render_template("providers_health.html", blocks=_blocks(services().settings()), anew=True)


@blueprint.post("/admin/providers/<int:place>/trial")
def send_trial(place: int) -> ResponseReturnValue:
    kind = request.form.get("kind", "chat")
    numbers = [request.form.get(name, 0, type=int) for name in ("route", "key", "location")]
    if kind not in TRIAL_KINDS or min(numbers) < 0:
        abort(HTTPStatus.BAD_REQUEST)
    try:
        reply = services().send_trial(Trial(place, *numbers), kind)
    except LookupError:
        abort(HTTPStatus.NOT_FOUND, gettext("The configuration has changed: load the page again."))
    # The page shows the health anew at once: a good reply is what ends a cool-down.
    return render_template("providers_trial.html", reply=reply, text=printable(reply.text)), {"HX-Trigger": "trial"}


def _blocks(settings: Settings) -> list[_Block]:
    return [
        _Block(block, tuple(_accounts(block)), _without_secrets(block.base_url), _without_secrets(block.proxy))
        for block in settings.providers
    ]


def _accounts(block: ProviderSettings) -> Iterator[_Account]:
    if not block.routes:
        return
    pool: tuple[Candidate, ...] = Member(block, block.routes[0]).pool()
    now_ms = services().clock() * 1000
    keys = len(block.api_keys) or 1
    for place, (candidate, state) in enumerate(zip(pool, services().health_of(pool), strict=True)):
        yield _Account(
            place=place,
            key=place % keys,
            location=place // keys,
            key_shown=candidate.api_key.masked() if candidate.api_key else "",
            location_shown=candidate.location,
            state=state,
            back_at_ms=now_ms + state.cools_for_s * 1000,
        )


def _names(settings: Settings) -> Iterator[_Name]:
    for alias, members in members_by_alias(settings).items():
        weights = [0.0 if member.out_because else member.route.weight for member in members]
        total = sum(weights) or 1.0
        shares = tuple((member, 100 * weight / total) for member, weight in zip(members, weights, strict=True))
        yield _Name(alias, shares, tuple(settings.server.fallback.get(alias, ())))


def _without_secrets(url: str) -> str:
    """The address without user, password and query, any of which may be a key."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "…"
    return f"{parts.scheme}://{url_host(parts.hostname or '')}{port}{parts.path}" if url else ""
