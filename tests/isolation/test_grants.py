"""What a role may do at all, asked of Postgres for every table, column and function: what the models and SQL files grant."""

from collections.abc import Iterator

import psycopg
import pytest

from db.models import metadata
from policies.compile import entities, identity
from policies.entities import FunctionGrant
from tests.policies.catalog import Connection, rows

ROLES = ("app_user", "app_trash", "app_viewer", "app_api", "app_auth", "app_auditor")
TABLES = sorted(metadata.tables)
SCHEMAS: dict[str, set[str]] = {
    "app": {"app_user", "app_trash", "app_viewer"},
    "auth": {"app_auth"},
    "audit": {"app_api", "app_auth", "app_auditor"},
    "seal": set(),
}


def asked(table: str) -> Iterator[tuple[str, str, str]]:
    """Command, column, and a statement that takes just this privilege."""
    for column in (found.name for found in metadata.tables[table].columns):
        yield "SELECT", column, f"select {column} from {table}"
        yield "INSERT", column, f"insert into {table} ({column}) values (default)"
        yield "UPDATE", column, f"update {table} set {column} = default"
    yield "DELETE", "", f"delete from {table}"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", TABLES)
def test_command_on_a_column_takes_its_grant(owner: Connection, table: str, role: str) -> None:
    """EXPLAIN checks privileges as execution does, and touches no row."""
    granted = {
        (command, column)
        for grantee, command, columns in metadata.tables[table].info["grants"]
        for column in columns or [""]
        if grantee == role
    }
    allowed = set()
    with owner.transaction(force_rollback=True):
        owner.execute(f"set local role {role}".encode())
        for command, column, statement in asked(table):
            try:
                with owner.transaction():
                    owner.execute(f"explain {statement}".encode())
                allowed.add((command, column))
            except psycopg.errors.InsufficientPrivilege:
                pass
    assert allowed == granted


def test_call_of_a_function_takes_its_grant(owner: Connection) -> None:
    named = {
        (f"{entity.schema}.{function}", role)
        for entity in [*identity(), *entities(metadata.tables.values())]
        if isinstance(entity, FunctionGrant)
        for function, _, role in [entity.signature.rpartition(" to ")]
        if role in ROLES
    }
    query = """
        select format('%%s.%%s(%%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)), role
        from pg_proc p join pg_namespace n on n.oid = pronamespace, unnest(%s::text[]) role
        where nspname = any (%s) and has_function_privilege(role, p.oid, 'execute')"""
    assert set(rows(owner, query, list(ROLES), list(SCHEMAS))) == named
    assert len(named) > 10


def test_schema_is_used_by_whom_it_is_for(owner: Connection) -> None:
    query = "select nspname, role from pg_namespace, unnest(%s::text[]) role where has_schema_privilege(role, oid, 'usage')"
    used = {found for found in rows(owner, query, list(ROLES)) if found[0] in SCHEMAS}
    assert used == {(schema, role) for schema, roles in SCHEMAS.items() for role in roles}
