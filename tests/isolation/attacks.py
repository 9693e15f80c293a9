"""Blind SQL against one table, made from its metadata: what a stranger's session would try, and what must come of it."""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Table

from db.models import metadata
from tests.samples import EVERYBODYS, MODELS, literal, referenced, sample

TABLES = sorted(MODELS)
REQUEST_ROLES = ("app_user", "app_guest", "app_trash")
DENIED = "42501"
EVERY_ROW = "every row"


class Attack(NamedTuple):
    """A statement, the role that runs it, and what must come of it: a SQLSTATE, or how many rows (or every one)."""

    name: str
    role: str
    sql: str
    expected: str | int


class Ids(NamedTuple):
    """What an attacker knows: the victim's row, its workspace, their own id, and the victim's."""

    row: UUID
    workspace: UUID
    attacker: UUID
    victim: UUID


def granted(table: Table, role: str, command: str) -> tuple[str, ...] | None:
    """The columns that a role may use in a command; None where it may not at all."""
    return next((columns for who, what, columns in table.info["grants"] if (who, what) == (role, command)), None)


def constant(table: Table, column: str) -> str:
    """SQL of a value that the column accepts, so that an update reads nothing of the row."""
    return "'{attacker}'" if identifies(table, column) else literal(sample(MODELS[table.name], column, {}))


def identifies(table: Table, column: str) -> bool:
    """Whether the column says who or what a row belongs to."""
    return str(table.c[column].type) == "UUID" or referenced(table.c[column]) is not None


def attacks(name: str) -> Iterator[Attack]:
    """Every attack on a table by a stranger who owns nothing but a profile."""
    table = metadata.tables[f"app.{name}"]
    mine = 1 if name == "users" else 0  # a stranger's own profile is a row that they may see and change
    everybodys = name in EVERYBODYS
    for role in REQUEST_ROLES:
        columns = granted(table, role, "SELECT")
        if columns is None:
            yield Attack("select", role, f"select * from app.{name}", DENIED)
            continue
        yield Attack("select", role, f"select * from app.{name}", EVERY_ROW if everybodys else mine)
        yield Attack("select by key", role, f"select * from app.{name} where id = '{{row}}'", int(everybodys))
        updatable = granted(table, role, "UPDATE")
        locked = DENIED if updatable is None else mine
        yield Attack("select for update", role, f"select id from app.{name} for update", locked)
        yield Attack("select for key share", role, f"select id from app.{name} for key share", locked)
        yield from _updates(table, role, updatable or (), mine)
        deletes = 0 if granted(table, role, "DELETE") is not None else DENIED
        yield Attack("delete everything", role, f"delete from app.{name}", deletes)
        yield Attack("delete by key", role, f"delete from app.{name} where id = '{{row}}'", deletes)
        yield Attack("truncate", role, f"truncate app.{name} cascade", DENIED)
        # LOCK TABLE goes with a table-level DELETE: it shows and changes nothing, though it makes others wait.
        yield Attack("lock", role, f"lock table app.{name} in access exclusive mode", 0 if deletes == 0 else DENIED)
        yield Attack("row security off", role, f"set local row_security = off; select * from app.{name}", DENIED)
        yield Attack("add a policy", role, f"create policy planted on app.{name} using (true)", DENIED)
        yield Attack("unforce", role, f"alter table app.{name} no force row level security", DENIED)
    yield from _inserts(table)


def _updates(table: Table, role: str, updatable: tuple[str, ...], mine: int) -> Iterator[Attack]:
    mine = mine if updatable else 0
    for column in (found.name for found in table.columns):
        value = "now()" if column == "deleted_at" else None
        if column in updatable:
            value = value or constant(table, column)
            blind = f"update app.{table.name} set {column} = {value}"
            yield Attack(f"update {column} blindly", role, blind, mine)
            yield Attack(f"update {column} by key", role, f"{blind} where id = '{{row}}'", 0)
            yield Attack(f"update {column} returning", role, f"{blind} returning id", mine)
            merge = (
                f"merge into app.{table.name} t using (values ('{{row}}'::uuid)) v (id) on t.id = v.id "
                f"when matched then update set {column} = {value}"
            )
            yield Attack(f"merge {column}", role, merge, 0)
        elif identifies(table, column):
            yield Attack(f"move by {column}", role, f"update app.{table.name} set {column} = '{{attacker}}'", DENIED)
        else:
            yield Attack(f"forge {column}", role, f"update app.{table.name} set {column} = default", DENIED)


def _inserts(table: Table) -> Iterator[Attack]:
    insertable = granted(table, "app_user", "INSERT")
    for column in (found.name for found in table.columns):
        if identifies(table, column) and column not in (insertable or ()):
            into = f"insert into app.{table.name} ({column}) values ('{{victim}}')"
            yield Attack(f"insert in another's name by {column}", "app_user", into, DENIED)
    if insertable is None:
        yield Attack("insert", "app_user", f"insert into app.{table.name} default values", DENIED)
        return
    if "workspace_id" not in insertable:
        return
    values = [_value(table, column) for column in insertable]
    into = f"insert into app.{table.name} ({', '.join(insertable)}) values ({', '.join(values)})"
    yield Attack("insert into another's workspace", "app_user", into, DENIED)
    yield Attack("insert returning", "app_user", f"{into} returning id", DENIED)
    yield Attack("upsert", "app_user", f"{into} on conflict do nothing", DENIED)
    yield Attack("insert as the bin", "app_trash", into, DENIED)


def _value(table: Table, column: str) -> str:
    if not identifies(table, column):
        return constant(table, column)
    return "'{workspace}'" if column == "workspace_id" else "'{row}'"
