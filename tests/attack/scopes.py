"""Scopes: what the holder of a key tries beyond it by SQL: other workspaces, private rows, writes, a wider scope.

The key's person is the victim, whose rows are elsewhere: it is of an empty second workspace of theirs, or only reads.
"""

from collections.abc import Collection, Iterator

import psycopg

from db.models import metadata
from db.transaction import BEGIN, READ_ONLY, person
from tests.attack.attempt import Attempt, judged, tried
from tests.attack.ground import Ground
from tests.attack.identity import FORGED
from tests.attack.reads import OWN, WAYS
from tests.isolation.attacks import constant, granted
from tests.isolation.session import bind
from tests.samples import ISOLATED, MODELS

FAMILY = "scopes"
READS, ALL = "read:", ("read:{away}", "write:{away}")
# A key sees its own person's profile and membership, wherever it is of.
SEEN = {"workspaces", "memberships"}
WIDER = {
    "scope emptied": "set local app.current_scope = ''",
    "scope reset": "set local app.current_scope to default",
    "scope by function": "select set_config('app.current_scope', null, true)",
    "scope of another workspace": "set local app.current_scope = 'write:{workspace}'",
    "scope that reads everything": "set local app.current_scope = 'read:'",
    "scope in capitals": "set local app.current_scope = 'WRITE:{workspace}'",
    "scope of a word": "set local app.current_scope = 'x'",
    "scope of another transaction": "commit; begin; set local role app_user; set app.current_user_id = '{victim}'",
    "scope with a padded seal": "select set_config('app.current_user_seal', ' ' || current_setting('app.current_user_seal'), "
    "true); set local app.current_scope = ''",
}
MAKES = {
    "a workspace": "select app.create_workspace('planted')",
    "an account": "select app.create_service_account('{workspace}', 'planted', 'admin')",
    "an account of its own workspace": "select app.create_service_account('{away}', 'planted', 'admin')",
    "a key": "insert into app.keys (name, secret_hash, expires_at) values ('x', sha256('x'), now() + interval '1 day')",
    "a note": "insert into app.notes (title) values ('planted')",
}


def attempts() -> Iterator[Attempt]:
    """Every way to read, and every write that is granted, on every table; and what makes rows by itself."""
    for table in ISOLATED:
        yield from _elsewhere(table)
        yield from _reading(table)
        for name, sql in WIDER.items():
            read = f"{sql}; select * from app.{{table}} where id = '{{row}}'"
            yield from (_said(name, read, table, scope, known=FORGED) for scope in ALL)
    for name, sql in MAKES.items():
        for scope in (*ALL, READS):
            yield _said(f"make {name}", sql, "notes", scope, expected=("error",), commit=True)
    for wanted in ("set transaction read write", "set transaction_read_only = off"):
        sql = f"{wanted}; update app.notes set title = 'planted'"
        yield _said(wanted, sql, "notes", READS, expected=("error",), commit=True)


def _elsewhere(table: str) -> Iterator[Attempt]:
    """With a key of one workspace, at what is not in it."""
    for scope in ALL:
        for name, sql in WAYS.items():
            if name not in OWN:
                yield _said(f"read elsewhere, {name}", sql, table, scope)
        for name, sql in _writes(table):
            blind = (1,) if table in SEEN and name.endswith("blindly") else ()
            yield _said(f"{name} elsewhere", sql, table, scope, expected=(0, *blind, "error", "23001"))


def _reading(table: str) -> Iterator[Attempt]:
    """With a key that only reads: writing, and anything at all where it could write."""
    for name, sql in WAYS.items():
        yield _said(f"read where it could write, {name}", sql, table, READS, begin=BEGIN)
    for name, sql in _writes(table):
        yield _said(f"{name} by a key that reads", sql, table, READS, expected=("25006", "42501"), commit=True)
        yield _said(f"{name} where it could write", sql, table, READS, begin=BEGIN, commit=True)


def _writes(table: str) -> Iterator[tuple[str, str]]:
    shape = metadata.tables[f"app.{table}"]
    for column in granted(shape, "app_user", "UPDATE") or ():
        yield f"update {column} blindly", f"update app.{table} set {column} = {constant(shape, column)}"
        yield f"update {column}", f"update app.{table} set {column} = {constant(shape, column)} where id = '{{row}}'"
    if granted(shape, "app_user", "DELETE") is not None:
        yield "delete", f"delete from app.{table} where id = '{{row}}'"
    into = granted(shape, "app_user", "INSERT")
    if into and "workspace_id" in into:
        parents = {column: f"'{{their_{parent}}}'" for column, parent in MODELS[table].__parents__.items()}
        values = [({"workspace_id": "'{workspace}'"} | parents).get(name) or constant(shape, name) for name in into]
        yield "insert", f"insert into app.{table} ({', '.join(into)}) values ({', '.join(values)})"


def _said(
    name: str, sql: str, table: str, scope: str, *, expected: Collection[str | int] = (0, "error"), begin: str = "",
    commit: bool = False, known: str = "",
) -> Attempt:  # fmt: skip
    def run(ground: Ground) -> str:
        row = ground.world.erin.id if table == "users" else None
        known = ground.ids(table, row) | {"away": ground.away}
        whole, narrow = sql.format(**known), scope.format(**known)
        with psycopg.connect(ground.database.api, autocommit=True) as session:
            session.execute((begin or (READ_ONLY if narrow.startswith("read:") else BEGIN)).encode())
            bind(session, person(ground.world.alice.id, "app_user", narrow))
            came = tried(session, whole)
            session.execute("commit" if commit else "rollback")
        return judged(ground, came, whole, expected)

    return Attempt(FAMILY, name, f"{table} as alice {scope}", run, known=known)
