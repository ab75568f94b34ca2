"""The overview: what happens, at a glance."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

blueprint = Blueprint("overview", __name__)


@blueprint.get("/")
@blueprint.get("/admin")
def to_page() -> ResponseReturnValue:
    return redirect(url_for("overview.page"))


@blueprint.get("/admin/overview")
def page() -> ResponseReturnValue:
    return render_template("overview.html")
