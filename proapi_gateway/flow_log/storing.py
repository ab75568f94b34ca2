"""Flows put into the tables, and taken out of them again, with the totals and the days kept in step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from .database import LogDatabase
from .models import SUM_KEYS, USE_KEYS, Flow, FlowBody, FlowSum, FlowText, FlowTotal, FlowUse
from .rows import FlowRows, sum_names, sum_uses

_ROWS_A_STATEMENT = 200  # SQLite takes 32,766 values in one, from 3.32 on
_QUOTES = {"sqlite": '"{}"', "postgresql": '"{}"', "mysql": "`{}`"}


def store(database: LogDatabase, flows: Sequence[FlowRows], written_ms: int) -> None:
    """All of them, or none: in one transaction. Raises peewee's errors."""
    with database.write_at_once():
        _insert(database, Flow, [{**rows.flow, "written_ms": written_ms} for rows in flows])
        _insert(database, FlowBody, [body for rows in flows for body in rows.bodies])
        _insert(
            database, FlowText, [{"flow_id": rows.flow["id"], "text": rows.text} for rows in flows if rows.text]
        )
        _add_to_sums(database, FlowUse, USE_KEYS, sum_uses(flows))
        _add_to_sums(database, FlowSum, SUM_KEYS, sum_names(flows))
        add_to_total(database, len(flows), sum(rows.flow["stored_bytes"] for rows in flows))


def delete_flows(database: LogDatabase, which: Any, limit: int) -> int:
    """Delete the oldest `limit` of the flows that `which` (a condition, None: any) holds for; how many there were.

    The sums of their days keep what they counted. Small steps: a step holds the database for as long as it takes.
    """
    with database.write_at_once():
        oldest = Flow.select(Flow.id, Flow.stored_bytes).order_by(Flow.id).limit(limit)
        if which is not None:
            oldest = oldest.where(which)
        if database.kind != "sqlite":
            oldest = oldest.for_update(skip_locked=True)  # another process may be at the same work
        found = database.rows(oldest)
        ids = [row["id"] for row in found]
        if ids:
            database.run(FlowText.delete().where(FlowText.flow_id.in_(ids)))
            database.run(FlowBody.delete().where(FlowBody.flow_id.in_(ids)))
            database.run(Flow.delete().where(Flow.id.in_(ids)))
            add_to_total(database, -len(ids), -sum(row["stored_bytes"] for row in found))
    return len(ids)


def add_to_total(database: LogDatabase, rows: int, stored_bytes: int) -> None:
    changes = {FlowTotal.rows: FlowTotal.rows + rows, FlowTotal.bytes: FlowTotal.bytes + stored_bytes}
    database.run(FlowTotal.update(changes))


def _insert(database: LogDatabase, model: type[peewee.Model], rows: Sequence[dict[str, Any]], ending: str = "") -> None:
    """`rows` have the same keys in the same order. Written out here: peewee takes three times as long to do it."""
    quoted = _QUOTES[database.kind].format
    for batch in peewee.chunked(rows, _ROWS_A_STATEMENT):
        columns = ", ".join(map(quoted, batch[0]))
        row = f"({', '.join([database.peewee.param] * len(batch[0]))})"
        values = [value for each in batch for value in each.values()]
        table = quoted(model._meta.table_name)
        database.sql(f"INSERT INTO {table} ({columns}) VALUES {', '.join([row] * len(batch))}{ending}", *values)


def _add_to_sums(
    database: LogDatabase, model: type[peewee.Model], keys: Sequence[str], rows: Sequence[dict[str, Any]]
) -> None:
    if not rows:
        return
    quoted = _QUOTES[database.kind].format
    table, added = quoted(model._meta.table_name), [quoted(name) for name in rows[0] if name not in keys]
    if database.kind == "mysql":
        changes = ", ".join(f"{name} = {name} + VALUES({name})" for name in added)
        _insert(database, model, rows, f" ON DUPLICATE KEY UPDATE {changes}")
    else:
        changes = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in added)
        _insert(database, model, rows, f" ON CONFLICT ({', '.join(map(quoted, keys))}) DO UPDATE SET {changes}")
