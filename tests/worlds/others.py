"""Everybody else: what the second world has on top, made of the first world's own rows, so that all of it looks alike.

Each copy is a whole other world with the same titles, roles, bins, invitations and moments, under other keys: nothing
of it is the caller's. What else a member may not see lies inside the caller's own workspace.
"""

from typing import Any
from uuid import UUID

import psycopg
from argon2 import PasswordHasher
from sqlalchemy import Column, Table, UniqueConstraint

from db.models import metadata
from tests.samples import EVERYBODYS

Owner = psycopg.Connection[Any]
COPIES = 100
# At the cost of every other, so that verifying a password against it takes as long.
NOBODYS = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash("nobody's")
TABLES = [table for table in metadata.sorted_tables if table.name not in EVERYBODYS]


def crowd(owner: Owner) -> None:
    """Adds so many copies of everything that there is."""
    for table in TABLES:
        columns = {column.name: _copied(table, column) for column in table.columns if column.computed is None}
        _insert(owner, table, columns, f"generate_series(1, {COPIES}) copy", "true")


def surround(owner: Owner, caller: UUID, role: str, workspace: str) -> None:
    """Adds what somebody with this role may not see of a workspace that they belong to, and traces of the caller elsewhere."""
    below = {"editor": ("editor",), "viewer": ("editor", "viewer")}.get(role, ())
    for table in TABLES:
        mine = {name: f"worlds.other({name}, 0)" for name in ("id", *table.info["parents"]) if name != "workspace_id"}
        columns = {column.name: mine.get(column.name, column.name) for column in table.columns if column.computed is None}
        if "owner_id" in columns:  # private to somebody whom the caller knows, or shared by them with others
            others = " and ".join(f"{name} is distinct from '{caller}'" for name in ("owner_id", "user_id") if name in columns)
            known = f"{others} and owner_id in ({KNOWN} and not service)"
            _insert(owner, table, columns, "(values (0)) v (copy)", known, caller)
        if {"workspace_id", "deleted_at"} <= columns.keys() and "viewer" in below:
            binned = columns | {"deleted_at": "worlds.now()"}
            _insert(owner, table, binned, "(values (0)) v (copy)", f"workspace_id = '{workspace}' and deleted_at is null")
        if "created_by" in columns and "workspace_id" in columns:  # written by the caller, in a workspace that they left
            owner.execute(
                f"update app.{table.name} set created_by = %(me)s, updated_by = %(me)s "
                "where workspace_id = worlds.other(%(there)s, 1) and created_by is not null".encode(),
                {"me": caller, "there": workspace},
            )
    if below:
        values = "worlds.other(id, 0), workspace_id, role, sha256(token_hash || '0'), expires_at, accepted_at, accepted_by"
        owner.execute(
            "insert into app.invitations (id, workspace_id, role, token_hash, expires_at, accepted_at, accepted_by) "
            f"select {values} from app.invitations where workspace_id = %s".encode(),
            [workspace],
        )
    owner.execute(
        "insert into app.memberships (id, workspace_id, user_id, role) "
        "select worlds.other(id, 0), worlds.other(workspace_id, 2), user_id, role "
        "from app.memberships where workspace_id = %s and user_id <> %s",
        [workspace, caller],
    )


KNOWN = (
    "select user_id from app.memberships where workspace_id in (select workspace_id from app.memberships where user_id = %s)"
)


def _copied(table: Table, column: Column[Any]) -> str:
    kind, alone = str(column.type), column.unique or any(
        isinstance(each, UniqueConstraint) and list(each.columns) == [column] for each in table.constraints
    )  # fmt: skip
    if kind == "UUID":
        return f"worlds.other({column.name}, copy)"
    if kind in {"BLOB", "BYTEA"}:
        return f"sha256({column.name} || copy::text::bytea)"
    if column.name == "password_hash":
        return f"'{NOBODYS}'"
    if column.name in table.info["written"]:  # one copy has the titles that the caller will try, and does not have
        return (
            f"case copy when 1 then 'coveted' else {column.name} end" if not alone else f"'o' || copy || '.' || {column.name}"
        )
    return column.name


def _insert(owner: Owner, table: Table, columns: dict[str, str], copies: str, where: str, *values: Any) -> None:
    into = f"insert into {table.fullname} ({', '.join(columns)})"
    owner.execute(f"{into} select {', '.join(columns.values())} from {table.fullname}, {copies} where {where}".encode(), values)
