"""The configuration: api.yaml in an editor that is checked as one types, saved with a backup, and put in force."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from proapi_gateway.config import ConfigFaults, Fault, load_settings
from proapi_gateway.config_faults import Remark
from proapi_gateway.config_file import ConfigText, FileChanged, read_config_file, save_config_file
from proapi_gateway.config_masking import MaskedText, UnknownKept, mask_secrets
from proapi_gateway.remote_config import RemoteFault
from proapi_gateway.settings import Settings
from proapi_gateway.settings_changes import settings_changes

from ..formats import in_words
from ..guard import wants_json
from ..services import services

logger = logging.getLogger(__name__)

blueprint = Blueprint("config", __name__)

_DIFF_CONTEXT = 2
_MOST_DIFF_LINES = 400
_MOST_CHARACTERS = 500_000  # a comparison of more would keep this process busy, traffic and all


@dataclass(frozen=True, slots=True)
class _Document:
    """What is edited. `path` None: it cannot be. `fault`: why there is nothing to show."""

    name: str
    path: Path | None
    file: ConfigText
    masked: MaskedText
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Check:
    """What an edited text would mean. `trouble`: why it cannot be looked at, or saved, at all."""

    diff: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Remark, ...] = ()
    changes: tuple[str, ...] = ()
    trouble: str = ""
    text: str = ""  # with its secrets

    @property
    def can_be_saved(self) -> bool:
        return bool(self.diff) and not self.faults and not self.trouble


@blueprint.get("/admin/config")
def page() -> ResponseReturnValue:
    document = _document()
    if wants_json():  # the seed system's form; keys stay placeholders, which a save takes back
        return jsonify(status=0, data={"file_path": document.name, "content": document.masked.text})
    return _show(document, document.masked.text)


@blueprint.post("/admin/config/check")
def check() -> ResponseReturnValue:
    """The panel beside the editor, for the text as it is now."""
    document = _document()
    return render_template("config_check.html", check=_check(document, _edited()), document=document)


@blueprint.post("/admin/config")
def save() -> ResponseReturnValue:
    """By the page's form; or as the seed system's scripts do it, {"content": "providers: …"}."""
    document, edited = _document(), _edited()
    checked = _check(document, edited)
    if document.path is None or not checked.can_be_saved:
        return _refuse(document, edited, checked, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        backup = save_config_file(
            document.path, checked.text, document.file.version, services().clock(), services().data_folder()
        )
    except FileChanged:
        return _refuse(document, edited, _Check(trouble=_changed_meanwhile()), HTTPStatus.CONFLICT)
    except OSError as error:
        trouble = gettext("The file cannot be written: %(why)s", why=str(error))
        return _refuse(document, edited, _Check(trouble=trouble), HTTPStatus.INTERNAL_SERVER_ERROR)
    logger.info("admin: %s was saved; the one before is %s", document.name, backup)
    return _reload(gettext("Saved. The one before is kept as %(backup)s.", backup=backup.name))


@blueprint.post("/admin/config/reload")
def reload() -> ResponseReturnValue:
    return _reload("")


def _reload(said: str) -> ResponseReturnValue:
    faults: tuple[Fault, ...] = ()
    changes: tuple[str, ...] = ()
    try:
        changes = services().reload()
    except ConfigFaults as error:
        faults = error.faults
    if wants_json():
        told = {"status": int(bool(faults)), "msg": _in_lines(faults) or said, "changes": [*map(in_words, changes)]}
        return jsonify(told), HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    document = _document()
    return render_template(
        "config.html",
        document=document,
        edited=document.masked.text,
        check=_check(document, document.masked.text),
        said=said,
        reloaded=True,
        refused=faults,
        changes=changes,
    ), HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK


def _show(document: _Document, edited: str, checked: _Check | None = None) -> str:
    return render_template(
        "config.html", document=document, edited=edited, check=checked or _check(document, edited), reloaded=False
    )


def _refuse(document: _Document, edited: str, checked: _Check, status: HTTPStatus) -> ResponseReturnValue:
    if not wants_json():
        return _show(document, edited, checked), status
    if document.path is None:
        is_remote = gettext("This configuration comes from an address (config_url): it is changed there.")
        trouble = document.fault or is_remote
    else:
        trouble = checked.trouble or _in_lines(checked.faults) or gettext("Nothing is changed yet.")
    return jsonify(status=1, msg=trouble), status


def _in_lines(faults: Sequence[Fault]) -> str:
    """For scripts, as `proapi check` tells them."""
    return "\n".join(map(str, faults))


def _edited() -> str:
    given = request.get_json(silent=True) if request.is_json else None
    text = given.get("content") if isinstance(given, dict) else request.form.get("text")
    return str(text or "").replace("\r\n", "\n")  # browsers send forms so


def _document() -> _Document:
    source = services().source()
    try:
        path = source.editable
        file = read_config_file(path) if path is not None else ConfigText(source.text(), "")
    except (OSError, ValueError, RemoteFault) as error:
        return _Document(source.name, None, ConfigText("", ""), MaskedText("", ()), fault=str(error))
    return _Document(source.name, path, file, mask_secrets(file.text))


def _check(document: _Document, edited: str) -> _Check:
    is_same = edited == document.masked.text  # also of the page that has just been saved by
    if not is_same and request.form.get("version", document.file.version) != document.file.version:
        return _Check(trouble=_changed_meanwhile())
    if not edited.strip():
        return _Check(trouble=gettext("An empty file is no configuration."))
    if len(edited) > _MOST_CHARACTERS:
        return _Check(trouble=gettext("This is too long for this page."))
    diff = tuple(_diff(document.masked.text, edited))
    try:
        text = document.masked.restore(edited)
        settings = load_settings(text, file=document.name, environment=services().environment)
    except UnknownKept as unknown:
        trouble = gettext("%(placeholder)s stands for no key of this file: write the key itself.", placeholder=unknown)
        return _Check(diff, trouble=trouble)
    except ConfigFaults as faults:
        return _Check(diff, faults=faults.faults)
    return _Check(diff, (), settings.warnings, _changes(settings), text=text)


def _changes(settings: Settings) -> tuple[str, ...]:
    return settings_changes(services().settings(), settings)


def _changed_meanwhile() -> str:
    return str(
        gettext("Somebody else has saved the file meanwhile. Copy what you changed, and load the page again.")
    )


def _diff(before: str, after: str) -> Iterator[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=_DIFF_CONTEXT)
    for number, line in enumerate(line for line in lines if not line.startswith(("---", "+++"))):
        if number == _MOST_DIFF_LINES:
            yield "…"
            return
        yield line
