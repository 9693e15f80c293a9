"""A scope holds whatever SQL runs in a key's session: one that may only read writes nothing, one workspace is all there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from db.models import metadata
from db.transaction import BEGIN, READ_ONLY, person
from tests.isolation.session import bind, outcome
from tests.leaver import Leaver, leaver
from tests.policies.catalog import Connection, rows
from tests.samples import EVERYBODYS
from tests.sealing import seal
from tests.server import Database

TABLES = [table for table in metadata.sorted_tables if table.schema == "app"]
NONE_OF_HERS = {"looks"}  # a DBA's doing
READS_ONLY, READ_WRITE = "25006", "25001"


@pytest.fixture(scope="module")
async def ada(client: httpx.AsyncClient, owner: Connection) -> Leaver:
    """Private rows, a bin, and rows in several workspaces."""
    return await leaver(client, owner)


@contextmanager
def scoped(url: str, who: UUID, scope: str, role: str = "app_user", begin: str = "") -> Iterator[psycopg.Connection[Any]]:
    """SQL with this scope, in a transaction as the API begins one, unless told otherwise; rolled back."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((begin or (READ_ONLY if scope.startswith("read:") else BEGIN)).encode())
        bind(connection, person(who, role, scope))
        yield connection
        connection.execute("rollback")


@pytest.mark.parametrize("role", ["app_user", "app_guest", "app_trash"])
@pytest.mark.parametrize("table", [table.name for table in TABLES])
async def test_write_by_a_scope_that_reads_is_refused_in_every_table(
    ada: Leaver, database: Database, table: str, role: str
) -> None:
    """Where the role may write at all, by the transaction; where it may not, by the grants."""
    with scoped(database.api, ada.person.id, "read:", role) as session:
        for statement in (f"insert into app.{table} default values", f"delete from app.{table}", f"truncate app.{table}"):
            assert outcome(session, statement) in {READS_ONLY, "42501"}
        for column in metadata.tables[f"app.{table}"].c.keys():  # noqa: SIM118 - a collection, not a dict
            assert outcome(session, f"update app.{table} set {column} = {column}") in {READS_ONLY, "42501"}


async def test_scope_that_reads_cannot_be_made_to_write(ada: Leaver, database: Database) -> None:
    with scoped(database.api, ada.person.id, "read:") as session:
        assert isinstance(outcome(session, "select from app.notes"), int)
        for statement in (
            "set transaction read write",
            "set transaction_read_only = off",
            "select set_config('transaction_read_only', 'off', true)",
        ):
            assert outcome(session, statement) == READ_WRITE
        assert outcome(session, "select app.create_workspace('planted')") == READS_ONLY
        assert outcome(session, "update app.notes set title = 'planted'") == READS_ONLY
        assert outcome(session, "select from app.notes for update") == READS_ONLY


async def test_scope_that_reads_is_nobody_where_it_could_write(ada: Leaver, database: Database) -> None:
    """Its seal is good for seconds, so a transaction of the attacker's own can have the same identity."""
    with scoped(database.api, ada.person.id, "read:") as session:
        assert int(outcome(session, "select from app.notes")) > 0
    with scoped(database.api, ada.person.id, "read:", begin=BEGIN) as session:
        for table in TABLES:
            if table.name not in EVERYBODYS:
                assert outcome(session, f"select from {table.fullname}") == 0
        assert outcome(session, "update app.notes set title = 'planted'") == 0
        assert outcome(session, "delete from app.memberships") == 0
        assert outcome(session, "insert into app.notes (title) values ('planted')") == "42501"
        assert outcome(session, "select app.create_workspace('planted')") == "42501"


@pytest.mark.parametrize("mode", ["read", "write"])
async def test_scope_of_one_workspace_sees_nothing_else_in_any_table(ada: Leaver, database: Database, mode: str) -> None:
    me, inside = ada.person.id, ada.shared
    people = f"(select user_id from app.memberships where workspace_id = '{inside}')"
    for table in TABLES:
        if table.name in EVERYBODYS:
            continue
        if "workspace_id" in table.c:
            wanted = f"workspace_id = '{inside}'"
        else:
            wanted = {"workspaces": f"id = '{inside}'", "users": f"id in {people}"}.get(table.name, "false")
        for role in ("app_user", *(["app_trash"] if "deleted_at" in table.c else [])):
            with scoped(database.api, me, "", role) as session:
                seen = rows(session, f"select count(*), count(*) filter (where {wanted}) from {table.fullname}")[0]
            assert seen[0] > seen[1] or table.name in NONE_OF_HERS, f"{table.name}: there is something to be kept from"
            with scoped(database.api, me, f"{mode}:{inside}", role) as session:
                assert rows(session, f"select count(*) from {table.fullname}") == [seen[1]], table.name
                assert rows(session, f"select count(*) from {table.fullname} where {wanted}") == [seen[1]], table.name
    with scoped(database.auth, me, f"{mode}:{inside}", "app_auth") as session:
        assert outcome(session, "select user_id from auth.credentials") == 0


async def test_scope_of_one_workspace_writes_nothing_else(ada: Leaver, database: Database) -> None:
    """Blindly, so that only the policy of the command itself stands in the way."""
    with scoped(database.api, ada.person.id, f"write:{ada.shared}") as session:
        for table in TABLES:
            others = f"workspace_id <> '{ada.shared}'" if "workspace_id" in table.c else "true"
            if outcome(session, f"update {table.fullname} set {[*table.c.keys()][-1]} = default") != "42501":
                assert outcome(session, f"select from {table.fullname} where {others}") in {0, 3}, table.name
        assert outcome(session, "update app.users set name = 'planted'") == 0
        assert outcome(session, "update app.notes set title = 'planted'") == 0
        assert outcome(session, "insert into app.notes (title) values ('planted')") == "42501"
        planted = "insert into app.projects (workspace_id, name) values ('{}', 'planted')"
        assert outcome(session, planted.format(ada.alone[0])) == "42501"
        assert outcome(session, planted.format(ada.shared)) == 1
        assert outcome(session, "select app.create_workspace('planted')") == "42501"


async def test_scope_of_a_workspace_that_is_not_ones_own_sees_nothing(
    ada: Leaver, database: Database, owner: Connection
) -> None:
    (stranger,) = rows(owner, "insert into app.workspaces (name) values ('strange') returning id")
    with scoped(database.api, ada.person.id, f"write:{stranger}") as session:
        for table in ("workspaces", "projects", "notes", "memberships"):
            assert outcome(session, f"select from app.{table}") == 0


WIDEN = "select set_config('app.current_scope', '', true)"
WIDENED = {
    "before": f"{WIDEN}; select from app.notes",
    "in a lateral join": f"select from ({WIDEN}) w (x), lateral (select from app.notes where w.x = '') n",
    "in what is selected": f"select ({WIDEN}), (select count(*) from app.notes) from app.projects",
    "by another workspace": "select set_config('app.current_scope', 'write:{other}', true); select from app.projects",
    "by the mode": "select set_config('app.current_scope', 'write:{mine}', true); select from app.projects",
    "by a prepared word": "select set_config('app.current_scope', 'x', true); select from app.projects",
}


@pytest.mark.skipif(seal() is None, reason="without a seal whoever has SQL may set any identity, as docs/threats.md says")
@pytest.mark.parametrize("name", WIDENED)
async def test_scope_cannot_be_widened(ada: Leaver, database: Database, name: str) -> None:
    with scoped(database.api, ada.person.id, f"read:{ada.shared}") as session:
        assert int(outcome(session, "select from app.projects")) > 0
        statement = WIDENED[name].format(other=ada.alone[0], mine=ada.shared)
        # Refused, or verified within the narrow scope before it was widened: then there are none.
        assert outcome(session, statement) in {0, "28000"}


@pytest.mark.skipif(seal() is None, reason="without a seal whoever has SQL may set any identity, as docs/threats.md says")
async def test_scope_that_was_read_before_it_is_widened_still_holds(ada: Leaver, database: Database) -> None:
    """The first scan has the identity verified for its statement; the second sees what that allows."""
    with scoped(database.api, ada.person.id, f"read:{ada.shared}") as session:
        statement = (
            "with a as materialized (select count(*) n from app.notes), "
            f"b as materialized (select n, ({WIDEN}) from a) select from b, lateral (select from app.notes where b.n >= 0) c"
        )
        assert outcome(session, statement) in {0, "28000"}
