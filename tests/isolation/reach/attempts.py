"""What is tried on a table: every command, and every column that says whose a row is, with another's value."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args

from sqlalchemy import Column, Table

from tests.isolation.attacks import identifies
from tests.samples import MODELS, literal, referenced

# Who is named instead: another member, a stranger, and a workspace whose owner is that stranger.
OTHERS = {"users": ("alice", "mallory"), "workspaces": ("elsewhere",)}
WORDS = {None: "null", "now": "now()", "later": "now() + interval '1 day'", "login": "session_user"}


class Attempt(NamedTuple):
    """One statement; names in angle brackets stand for ids, `<me>` for who tries."""

    name: str
    sql: str


def attempts(table: Table, row: Mapping[str, Any]) -> Iterator[Attempt]:
    """All of a table's; `row` is one of its rows, which inserts copy."""
    yield Attempt("select", f"select from {table.fullname}")
    yield Attempt("delete", f"delete from {table.fullname}")
    plain = next(found.name for found in table.columns if not identifies(table, found.name) and found.name in UNREAD)
    by = {name: "<me>" for name in ("updated_by",) if name in table.columns}
    yield Attempt("update", update(table, {plain: "now", **by}))
    yield Attempt("update the row", f"{update(table, {plain: 'now', **by})} where id = '{row['id']}'")
    mine = {name: "<me>" for name in ("created_by", "updated_by", "owner_id", "whom") if name in table.columns}
    mine |= {name: "login" for name in ("who",) if name in table.columns}
    yield Attempt("insert", insert(table, row, mine))
    for column in table.columns:
        for value in values(column, row):
            called = f"{column.name} = {value}"
            yield Attempt(f"update {called}", update(table, {**by, column.name: value}))
            yield Attempt(f"insert {called}", insert(table, row, {**mine, column.name: value}))
    if table.name == "keys":
        for place in ("<home>", "<elsewhere>"):
            robots = {**mine, "owner_id": "<robot>", "only_workspace_id": place}
            yield Attempt(f"insert <robot>'s for {place}", insert(table, row, robots))


# Columns that no policy reads, and that every table has one of.
UNREAD = {"created_at", "when", "name", "ended_at"}


def values(column: Column[Any], row: Mapping[str, Any]) -> Iterator[Any]:
    """What a policy may have to refuse in this column."""
    if column.name == "id":
        yield from ("<new>",) if column.table.name in {"users", "workspaces"} else ()
        return
    parent = "users" if column.name == "whom" else referenced(column) or ""
    yield from (f"<{name}>" for name in OTHERS.get(parent, ()))
    if column.name == "who":
        yield "somebody"
    if column.name == "until" or (column.name == "created_at" and column.table.info["append_only"]):
        yield "later"
    if column.name == "only_workspace_id":
        yield "<home>"
    if column.name == "workspace_id" and not column.foreign_keys:
        yield "<elsewhere>"
    if column.name in {"deleted_at", "accepted_at", "disabled_at"}:
        yield "now"
    if column.nullable and (row[column.name] is not None or column.name.endswith(("_at", "_by"))):
        yield None
    if column.name == "service":
        yield True
    if column.name == "role":
        known = get_args(MODELS[column.table.name].model_fields["role"].annotation)
        yield from (role for role in known if role != row["role"])


def update(table: Table, changes: Mapping[str, Any]) -> str:
    """Of every row, without reading any: the policies of no other command are asked."""
    sets = ", ".join(f'"{name}" = {written(value)}' for name, value in changes.items())
    return f"update {table.fullname} set {sets}"


def insert(table: Table, row: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
    """A copy with changes and a key of its own."""
    new = {**row, "id": "<new>", "created_at": "now", **changes}
    names = [column.name for column in table.columns if column.name in new and column.computed is None]
    columns = ", ".join(f'"{name}"' for name in names)
    return f"insert into {table.fullname} ({columns}) values ({', '.join(written(new[name]) for name in names)})"


def written(value: Any) -> str:
    """As SQL."""
    if value in WORDS:
        return WORDS[value]
    if isinstance(value, dict | list):
        return f"{literal(json.dumps(value))}::jsonb"
    return f"'{value}'" if isinstance(value, str) and value.startswith("<") else literal(value)
