"""What policies/questions.md shows a DBA is what psql says, to one who has what app_auditor has and no more."""

import difflib

import psycopg
import pytest

from tests.policies.catalog import Connection, rows
from tests.policies.questions import BLOCK, FILE, answered
from tests.server import Database

VIEWS = ("access", "roles", "functions", "reachable", "indexes")


def test_answers_are_what_psql_says(database: Database) -> None:
    text = FILE.read_text()
    assert len(BLOCK.findall(text)) == 16
    assert not list(difflib.unified_diff(text.splitlines(), answered(database.owner, text).splitlines(), n=0))


@pytest.mark.parametrize("kind", ["view", "function"])
def test_nothing_of_the_audit_is_without_a_comment(owner: Connection, kind: str) -> None:
    catalog = {
        "view": (
            "select c.oid::regclass from pg_class c where relkind = 'v' and relnamespace",
            "obj_description(c.oid, 'pg_class')",
        ),
        "function": ("select p.oid::regprocedure from pg_proc p where pronamespace", "obj_description(p.oid, 'pg_proc')"),
    }
    found, comment = catalog[kind]
    assert rows(owner, f"{found} = 'audit'::regnamespace and {comment} is null") == []
    assert len(rows(owner, f"{found} = 'audit'::regnamespace and {comment} <> ''")) > 5


def test_access_leaves_out_no_grant_and_no_policy(owner: Connection) -> None:
    held = """
        select distinct table_name, c.command, role from audit.policies p, unnest(roles) role,
          unnest(case p.command when 'all' then array['select', 'insert', 'update', 'delete']
            else array[p.command] end) c (command)
        where permissive"""
    shown = {(table, command, role) for table, command, role in rows(owner, 'select "table", command, role from audit.access')}
    assert set(rows(owner, held)) <= shown
    by_grant = """
        select distinct table_schema || '.' || table_name, lower(privilege_type), grantee
        from information_schema.column_privileges
        where table_schema in ('app', 'auth') and privilege_type <> 'REFERENCES'
          and grantee in ('app_user', 'app_trash', 'app_auth')"""
    assert set(rows(owner, by_grant)) <= shown
    assert ("app.notes", "select", "app_user") in shown


def test_reachable_leaves_out_nothing_that_is_granted(own_database: Database, owner: Connection) -> None:
    """Each path in turn: by name, by a role that may be become, as PUBLIC."""
    with psycopg.connect(own_database.owner) as connection:
        for grant, expected in {
            "grant select on auth.credentials to app_api": ("app_api", "by itself", "auth.credentials", "select"),
            "grant truncate on app.notes to app_user": ("app_api", "becomes app_user", "app.notes", "truncate"),
            "grant usage on schema auth to public": ("app_auth", "as anybody", "auth", "usage"),
            "select lo_create(4711); grant select on large object 4711 to public": ("app_api", "as anybody", "4711", "select"),
            "create sequence app.numbers; grant usage on sequence app.numbers to app_auth": (
                "app_auth", "by itself", "app.numbers", "usage"),
        }.items():  # fmt: skip
            query = "select login, path, object, privilege from audit.reachable"
            assert expected not in rows(connection, query)
            connection.execute(grant.encode())
            assert expected in rows(connection, query)
    assert len(rows(owner, "select from audit.reachable")) > 50


def test_auditor_reads_every_view(owner: Connection) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute("set local role app_auditor")
        for view in VIEWS:
            assert rows(owner, f"select count(*) from audit.{view}")[0] > 5, view
        assert rows(owner, "select count(*) from audit.changes('0010')")[0] > 5
