"""Privileges of the roles that requests become: exactly those that models and design name, and no way to more."""

import psycopg
import pytest

from db.models import metadata, tables
from tests.policies.catalog import Connection, rows

AUDIT = "select c.oid::regclass::text from {} where nspname = 'audit' and relkind = 'v'"
REQUEST_ROLES = ("app_user", "app_guest", "app_trash", "app_viewer", "app_api", "app_auth", "app_auditor")
RELATIONS = "pg_class c join pg_namespace n on n.oid = relnamespace"
OURS = "nspname in ('app', 'auth', 'audit')"


def table_level(connection: Connection, role: str) -> set[tuple[str, str]]:
    """Privileges on whole relations; MAINTAIN, of 17 and later, among them."""
    query = f"""
        select c.oid::regclass::text, privilege_type from {RELATIONS}, aclexplode(relacl)
        where {OURS} and grantee in (0, %s::regrole)"""
    return set(rows(connection, query, role))


def by_column(connection: Connection, role: str) -> set[tuple[str, str, str]]:
    """Privileges on columns."""
    query = f"""
        select c.oid::regclass::text, privilege_type, attname
        from {RELATIONS} join pg_attribute on attrelid = c.oid and not attisdropped, aclexplode(attacl)
        where {OURS} and grantee in (0, %s::regrole)"""
    return set(rows(connection, query, role))


@pytest.mark.parametrize("role", [*REQUEST_ROLES, "app_inspector"])
def test_tables_give_no_role_more_than_the_models_say(owner: Connection, role: str) -> None:
    whole, columns = set(), set()
    for table in metadata.tables.values():
        for grantee, command, names in table.info["grants"]:
            if grantee == role:
                columns |= {(table.fullname, command, name) for name in names}
                whole |= {(table.fullname, command)} if not names else set()
    if role == "app_auditor":
        whole |= {(view, "SELECT") for view in rows(owner, AUDIT.format(RELATIONS))}
        assert len(whole) > 3
    assert table_level(owner, role) == whole
    assert by_column(owner, role) == columns


def test_whole_tables_give_deletes_alone_and_where_a_model_says_so(owner: Connection) -> None:
    """No TRUNCATE, TRIGGER, REFERENCES or MAINTAIN anywhere; SELECT, INSERT and UPDATE go by column."""
    really_deleted = {(model.__table__.fullname, "DELETE") for model in tables() if model.__delete__}  # type: ignore[attr-defined]
    assert table_level(owner, "app_user") == really_deleted >= {("app.memberships", "DELETE"), ("app.invitations", "DELETE")}
    for role in ("app_guest", "app_trash", "app_viewer", "app_api", "app_auth"):
        assert table_level(owner, role) == set(), role
    assert {command for _, command, _ in by_column(owner, "app_trash")} == {"SELECT", "UPDATE"}
    assert {name for _, command, name in by_column(owner, "app_trash") if command == "UPDATE"} == {"deleted_at"}


def test_what_the_database_keeps_cannot_be_written_by_a_request(owner: Connection) -> None:
    kept = {"id", "created_at", "updated_at", "created_by", "updated_by", "version", "owner_id"}
    written = {(table, name) for table, command, name in by_column(owner, "app_user") if command in {"INSERT", "UPDATE"}}
    # Whose a key is, its maker says: a fence leaves them themselves, and service accounts where they are admin.
    assert {(table, name) for table, name in written if name in kept} == {("app.keys", "owner_id")}
    assert {name for _, command, name in by_column(owner, "app_user") if command == "UPDATE"}.isdisjoint(
        {"deleted_at", "workspace_id", "user_id", "accepted_at", "accepted_by", "token_hash", "expires_at", "note_id"}
    )


def test_api_login_alone_may_ask_for_state_and_reset_and_nothing_else(owner: Connection) -> None:
    query = f"""
        select c.oid::regclass::text from {RELATIONS} where {OURS} and relkind in ('r', 'p', 'v', 'm', 'f')
        and (has_table_privilege('app_api', c.oid, 'select, insert, update, delete, truncate, references, trigger')
          or has_any_column_privilege('app_api', c.oid, 'select, insert, update, references'))"""
    assert rows(owner, query) == []
    called = f"""
        select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = pronamespace
        where {OURS} and has_function_privilege('app_api', p.oid, 'execute')"""
    assert set(rows(owner, called)) == {"audit.state()", "audit.reset(integer)", "audit.reset_session(integer)"}
    used = "select nspname from pg_namespace where nspname !~ '^pg_' and has_schema_privilege('app_api', oid, 'usage')"
    assert set(rows(owner, used)) == {"audit", "information_schema"}


def test_app_seal_reads_whose_memberships_are_whose_and_nothing_else(owner: Connection) -> None:
    query = """
        select distinct table_schema || '.' || table_name, column_name, privilege_type from information_schema.column_privileges
        where grantee = 'app_seal' and table_schema in ('app', 'auth', 'audit') order by 1, 2"""
    assert rows(owner, query) == [("app.memberships", name, "SELECT") for name in ("role", "user_id", "workspace_id")]


def test_no_role_of_a_request_makes_anything_in_any_schema(owner: Connection) -> None:
    query = """
        select rolname, nspname from pg_roles, pg_namespace
        where rolname = any (%s) and nspname !~ '^pg_(toast_)?temp'
          and has_schema_privilege(rolname, pg_namespace.oid, 'create')"""
    assert rows(owner, query, list(REQUEST_ROLES)) == []


def test_there_is_no_sequence_to_read_or_to_move(owner: Connection) -> None:
    assert rows(owner, f"select relname from {RELATIONS} where {OURS} and relkind = 'S'") == []


def test_logins_become_what_the_design_names_and_inherit_nothing(owner: Connection) -> None:
    query = """
        select member::regrole::text, roleid::regrole::text from pg_auth_members
        where starts_with(roleid::regrole::text, 'app_') and member::regrole::text <> current_user"""
    assert set(rows(owner, query)) == {
        ("app_api", "app_user"),
        ("app_api", "app_guest"),
        ("app_api", "app_trash"),
        ("app_auditor", "app_viewer"),
        ("app_as_user", "app_user"),
        ("app_as_guest", "app_guest"),
        ("app_as_trash", "app_trash"),
    }
    inherits = """
        select a.rolname, b.rolname from pg_roles a, pg_roles b
        where a.rolname = any (%s) and a.oid <> b.oid and pg_has_role(a.oid, b.oid, 'usage')"""
    assert rows(owner, inherits, list(REQUEST_ROLES)) == []
    rights = "rolsuper or rolbypassrls or rolinherit or rolcreaterole or rolcreatedb or rolreplication"
    assert rows(owner, f"select rolname from pg_roles where rolname ~ '^app_(?!as_)' and ({rights})") == []


@pytest.mark.parametrize("role", ["app_user", "app_guest", "app_trash", "app_viewer", "app_api", "app_auth"])
@pytest.mark.parametrize(
    "statement",
    ["select pg_terminate_backend(0)", "select pg_cancel_backend(0)", "select pg_stat_get_activity(null)",
     "select pg_stat_get_backend_activity(1)", "select count(*) from pg_stat_activity", "select lo_create(0)",
     "select lo_from_bytea(0, 'x')", "select pg_logical_emit_message(false, 'x', 'x')", "do $$ begin perform 1; end $$"],
)  # fmt: skip
def test_no_request_reaches_its_peers_or_runs_code(owner: Connection, role: str, statement: str) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute(statement.encode())
        owner.execute(f"set local role {role}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(statement.encode())
