"""The cache: which replies are kept, and of whom; one of them; and getting rid of some or all."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from http import HTTPStatus
from typing import TypeVar

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from proapi_gateway.flow_log.search_text import gather
from proapi_gateway.reply_cache.entries import BadEntry, Cursor, EntryView, ReplyPart
from proapi_gateway.reply_cache.listing import CacheFilters, CacheListing

from ..flow_xray.body_text import printable
from ..services import services

logger = logging.getLogger(__name__)

blueprint = Blueprint("cache", __name__)

_PER_PAGE = 50
_SHOWN_CHARACTERS = 200_000
_FILTERS = ("token", "provider", "model", "text")

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    total_bytes: int


def _reads_cache(view: View) -> View:
    """For a view of the cache: it is called with its listing, and where that cannot be read, shows why."""

    @wraps(view)
    def shown(**values: str) -> ResponseReturnValue:
        reply_cache = services().reply_cache()
        if reply_cache is None:
            return render_template("cache_off.html", fault="")
        try:
            return view(CacheListing(reply_cache.store), **values)
        except reply_cache.store.faults as fault:
            logger.warning("admin: the cache cannot be read: %s", fault)
            told = f"{type(fault).__name__}: {fault}".splitlines()[0]
            return render_template("cache_off.html", fault=told), HTTPStatus.SERVICE_UNAVAILABLE

    return shown  # type: ignore[return-value]


@blueprint.get("/admin/cache")
@_reads_cache
def page(listing: CacheListing) -> ResponseReturnValue:
    filters = CacheFilters(**{name: request.args.get(name, "").strip() for name in _FILTERS})
    found = listing.page(filters, after=_read_cursor(request.args.get("after", "")), limit=_PER_PAGE)
    sizes = listing.sizes()
    after = f"{found.after.stored_ms}.{found.after.key}" if found.after else ""
    entries = [_readable(view) for view in found.entries]
    return render_template("cache.html", entries=entries, after=after, sizes=sizes, filters=filters)


@blueprint.get("/admin/cache/<key>")
@_reads_cache
def entry(listing: CacheListing, key: str) -> ResponseReturnValue:
    try:
        detail = listing.entry(key)
    except BadEntry:
        detail = None
    if detail is None:
        abort(HTTPStatus.NOT_FOUND, gettext("This reply is not kept any more."))
    parts = [_shown(part) for part in detail.parts]
    return render_template("cache_entry.html", view=_readable(detail.view), parts=parts)


@blueprint.post("/admin/cache/delete")
@_reads_cache
def delete(listing: CacheListing) -> ResponseReturnValue:
    """Those that are ticked."""
    count = listing.delete(request.form.getlist("key"))
    logger.info("admin: %d replies were taken out of the cache", count)
    return redirect(url_for("cache.page"))


@blueprint.post("/admin/cache/clear")
@_reads_cache
def clear(listing: CacheListing) -> ResponseReturnValue:
    listing.clear()
    logger.info("admin: the cache was emptied")
    return redirect(url_for("cache.page"))


def _readable(view: EntryView) -> EntryView:
    return replace(view, words=gather(view.words))


def _read_cursor(text: str) -> Cursor | None:
    stored_ms, _, key = text.partition(".")
    return Cursor(int(stored_ms), key) if stored_ms.isdecimal() and key else None


def _shown(part: ReplyPart) -> _Part:
    """JSON in lines; whatever else it is, as text."""
    try:
        text = json.dumps(json.loads(part.body), ensure_ascii=False, indent=2)
    except ValueError:
        text = part.body.decode("utf-8", "replace")
    return _Part(printable(text[:_SHOWN_CHARACTERS]), len(part.body))
