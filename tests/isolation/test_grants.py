"""What a role may do at all, asked of Postgres for every table, column and function: what the models and SQL files grant."""

import pytest

from db.models import metadata
from policies.compile import entities, identity
from policies.entities import FunctionGrant
from tests.policies.catalog import Connection, rows

ROLES = ("app_user", "app_guest", "app_trash", "app_viewer", "app_api", "app_auth", "app_auditor")
TABLES = sorted(metadata.tables)
SCHEMAS: dict[str, set[str]] = {
    "app": {"app_user", "app_guest", "app_trash", "app_viewer"},
    "auth": {"app_auth"},
    "audit": {"app_api", "app_auth", "app_auditor"},
    "seal": set(),
}


@pytest.mark.parametrize("role", [*ROLES, "app_inspector", "app_seal"])
@pytest.mark.parametrize("table", TABLES)
def test_command_on_a_column_takes_its_grant(owner: Connection, table: str, role: str) -> None:
    granted = {
        (command, column)
        for grantee, command, columns in metadata.tables[table].info["grants"]
        for column in columns or [""]
        if grantee == role
    }
    by_column = """
        select command, attname from pg_attribute, unnest(array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) command
        where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped
          and has_column_privilege(%(role)s, attrelid, attnum, command)"""
    whole = """
        select command, '' from unnest(array['DELETE', 'TRUNCATE', 'TRIGGER']) command
        where has_table_privilege(%(role)s, %(table)s, command)"""
    asked = {"table": table, "role": role}
    assert {*owner.execute(by_column, asked), *owner.execute(whole, asked)} == granted


def test_call_of_a_function_takes_its_grant(owner: Connection) -> None:
    named = {
        (f"{entity.schema}.{function}", role)
        for entity in [*identity(), *entities(metadata.tables.values())]
        if isinstance(entity, FunctionGrant)
        for function, _, role in [entity.signature.rpartition(" to ")]
        if role in ROLES
    }
    query = """
        select format('%%s.%%s(%%s)', nspname, proname,
          replace(pg_get_function_identity_arguments(p.oid), 'IN ', '')), role
        from pg_proc p join pg_namespace n on n.oid = pronamespace, unnest(%s::text[]) role
        where nspname = any (%s) and has_function_privilege(role, p.oid, 'execute')"""
    assert set(rows(owner, query, list(ROLES), list(SCHEMAS))) == named
    assert len(named) > 10


def test_schema_is_used_by_whom_it_is_for(owner: Connection) -> None:
    query = "select nspname, role from pg_namespace, unnest(%s::text[]) role where has_schema_privilege(role, oid, 'usage')"
    used = {found for found in rows(owner, query, list(ROLES)) if found[0] in SCHEMAS}
    assert used == {(schema, role) for schema, roles in SCHEMAS.items() for role in roles}


def test_function_with_its_owner_s_rights_finds_names_by_a_path_of_its_own(owner: Connection) -> None:
    """The caller's would lead it to the caller's tables and operators; pg_temp, unless named, comes first."""
    query = """
        select p.oid::regprocedure::text, coalesce(proconfig @> array['search_path=pg_catalog, pg_temp'], false)
        from pg_proc p join pg_namespace n on n.oid = pronamespace where prosecdef and nspname = any (%s)"""
    found = rows(owner, query, list(SCHEMAS))
    assert [name for name, fixed in found if not fixed] == []
    assert len(found) > 10
