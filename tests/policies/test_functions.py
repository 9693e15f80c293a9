"""Functions: none runs an attacker's code with its owner's rights, and none is anybody's unless a grant says so."""

import psycopg
import pytest

from policies.compile import TRIED
from tests.policies.catalog import Connection, rows
from tests.server import Database

OURS = "pronamespace::regnamespace::text in ('app', 'auth', 'audit', 'seal')"


def test_every_definer_function_ends_its_search_path_in_pg_temp(owner: Connection) -> None:
    """Otherwise pg_temp is searched first, and a temporary type named `uuid` runs its maker's code as the owner."""
    definers = rows(owner, f"select proname, proconfig from pg_proc where prosecdef and {OURS}")
    assert {name for name, _ in definers} >= {"my_workspaces", "create_workspace", "accept_invitation", "sign_up", "verified"}
    for name, settings in definers:
        assert "search_path=pg_catalog, pg_temp" in (settings or []), name


def test_every_function_is_bound_to_what_it_names(owner: Connection) -> None:
    """By a search_path that ends in pg_temp, or by a body that was bound when it was made.

    Postgres lets no procedure with settings commit; one runs with its caller's rights, and names nothing without its schema.
    """
    loose = f"""
        select proname from pg_proc
        where {OURS} and prosqlbody is null and (prokind <> 'p' or prosecdef)
          and not coalesce(proconfig @> array['search_path=pg_catalog, pg_temp'], false)"""
    assert rows(owner, loose) == []


def test_functions_belong_to_roles_that_have_no_way_around_policies(owner: Connection) -> None:
    inspected = {("audit", "app_inspector"), ("seal", "app_seal"), *(("audit", f"app_as_{role}") for role in TRIED)}
    owners = {("app", "app_owner"), ("auth", "app_owner"), ("audit", "app_owner"), *inspected}
    query = f"select distinct pronamespace::regnamespace::text, proowner::regrole::text from pg_proc where {OURS}"
    assert set(rows(owner, query)) == owners
    powers = "select rolsuper or rolbypassrls or rolcanlogin from pg_roles where rolname = any (%s)"
    assert rows(owner, powers, list({owner for _, owner in owners})) == [False] * 6


def test_no_function_is_everybodys(owner: Connection) -> None:
    query = f"""
        select proname from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
        where {OURS} and grantee = 0"""
    assert rows(owner, query) == []


def test_trigger_functions_cannot_be_called_or_hung_on_a_table_of_ones_own(owner: Connection) -> None:
    query = f"""
        select proname, rolname from pg_proc, pg_roles
        where {OURS} and prorettype = 'trigger'::regtype and rolname in ('app_user', 'app_guest', 'app_trash', 'app_viewer',
          'app_api', 'app_auth', 'app_auditor') and has_function_privilege(rolname, pg_proc.oid, 'execute')"""
    assert rows(owner, query) == []
    assert len(rows(owner, f"select from pg_proc where {OURS} and prorettype = 'trigger'::regtype")) > 5


def test_new_function_is_nobodys_until_a_grant_names_who(own_database: Database) -> None:
    with psycopg.connect(own_database.owner) as connection:
        connection.execute("set local role app_owner")
        connection.execute("create function app.newborn() returns integer language sql return 1")
        for role in ("app_user", "app_api", "app_auth", "app_viewer"):
            held = connection.execute("select has_function_privilege(%s, 'app.newborn()', 'execute')", [role]).fetchone()
            assert held == (False,)
        connection.execute("set local role app_user")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for function newborn"):
            connection.execute("select app.newborn()")
