"""Escalation: becoming a stronger role, changing what guards the rows, and reaching the server behind the database."""

from collections.abc import Iterator

from tests.attack.attempt import Attempt, statement
from tests.samples import ISOLATED

FAMILY = "escalation"
STRONGER = [
    "app_owner",
    "app_auth",
    "app_auditor",
    "app_inspector",
    "app_seal",
    "app_viewer",
    "postgres",
    "pg_read_all_data",
    "pg_write_all_data",
    "pg_monitor",
    "pg_signal_backend",
    "pg_read_server_files",
    "pg_execute_server_program",
]
BECOME = {
    "set role": "set role {}",
    "set local role": "set local role {}",
    "role as a setting": "select set_config('role', '{}', true)",
    "session authorization": "set session authorization {}",
    "grant to oneself": "grant {} to app_api",
    "grant to the role": "grant {} to app_user with admin option",
}
GUARDS = {
    "row security disabled": "alter table app.{table} disable row level security",
    "row security not forced": "alter table app.{table} no force row level security",
    "policy added": "create policy planted on app.{table} using (true)",
    "policy loosened": "alter policy fence on app.{table} using (true)",
    "policy dropped": "drop policy fence on app.{table}",
    "table taken": "alter table app.{table} owner to app_user",
    "column added": "alter table app.{table} add column planted text",
    "default planted": "alter table app.{table} alter column id set default null",
    "trigger planted": "create trigger planted before update on app.{table} for each row "
    "execute function pg_catalog.suppress_redundant_updates_trigger()",
    "trigger disabled": "alter table app.{table} disable trigger all",
    "trigger dropped": "drop trigger touch on app.{table}",
    "rule planted": "create rule planted as on insert to app.{table} do also nothing",
    "index planted": "create index on app.{table} (id)",
    "statistics planted": "create statistics app.planted on id, created_at from app.{table}",
    "grant to everybody": "grant all on app.{table} to public",
    "column grant": "grant update (id) on app.{table} to app_user",
    "child table": "create table app.planted () inherits (app.{table})",
    "partition": "create table app.planted partition of app.{table} default",
    "view over it": "create view app.planted as select * from app.{table}",
    "reference to it": "create table app.planted (id uuid references app.{table})",
    "table dropped": "drop table app.{table} cascade",
    "table renamed": "alter table app.{table} rename to planted",
    "published": "create publication planted for table app.{table}",
}
ATTRIBUTES = ["superuser", "bypassrls", "createrole", "createdb", "replication", "inherit"]
MAKE = {
    "schema": "create schema planted",
    "table": "create table app.planted ()",
    "public table": "create table public.planted ()",
    "temporary table": "create temporary table memberships (user_id uuid, workspace_id uuid, role text)",
    "temporary type": "create domain pg_temp.uuid as text",
    "temporary view": "create temporary view planted as select 1",
    "temporary function": "create function pg_temp.planted() returns int language sql as 'select 1'",
    "function": "create function app.planted() returns int language sql as 'select 1'",
    "definer function": "create function public.planted() returns int language sql security definer as 'select 1'",
    "identity replaced": "create or replace function app.current_user_id() returns uuid language sql as 'select null::uuid'",
    "operator": "create operator public.= (leftarg = uuid, rightarg = uuid, function = uuid_ne)",
    "cast": "create cast (text as uuid) with inout as implicit",
    "extension": "create extension dblink",
    "language": "create language plpython3u",
    "role": "create role planted superuser",
    "database": "create database planted",
    "server": "create server planted foreign data wrapper postgres_fdw",
    "event trigger": "create event trigger planted on ddl_command_end execute function app.touch()",
    "subscription": "create subscription planted connection 'host=x' publication x with (connect = false)",
    "default privileges": "alter default privileges for role app_owner grant all on tables to public",
    "policy role": "drop owned by app_owner",
    "ownership": "reassign owned by app_owner to app_user",
    "label": "security label on role app_user is 'x'",
    "function's definer": "alter function app.my_workspaces security invoker",
    "function's path": "alter function app.my_workspaces set search_path = pg_temp",
    "function granted": "grant execute on all functions in schema app to public",
}
SERVER = {
    "file read": "select pg_read_file('/etc/passwd')",
    "folder listed": "select pg_ls_dir('.')",
    "file's data": "select pg_stat_file('.')",
    "file imported": "select lo_import('/etc/passwd')",
    "file written": "select lo_export(1, '/tmp/planted')",
    "copied to a file": "copy (select 1) to '/tmp/planted'",
    "program run": "copy (select 1) to program 'id'",
    "copied from a file": "copy app.notes from '/etc/passwd'",
    "library loaded": "load '$libdir/plpgsql'",
    "library preloaded": "set session_preload_libraries = 'x'",
    "configuration": "alter system set log_statement = 'all'",
    "configuration read": "select pg_show_all_file_settings()",
    "configuration reloaded": "select pg_reload_conf()",
    "triggers off": "set local session_replication_role = replica",
    "log": "set local log_statement = 'all'",
    "database setting": "do $$ begin execute format('alter database %I set row_security = off', current_database()); end $$",
    "other login's password": "alter role app_auth password 'x'",
    "owner signed in": "alter role app_owner login",
    "role for all": "alter role all set row_security = off",
    "other login's settings": "alter role app_auth set search_path = x",
    "wal": "select pg_switch_wal()",
    "slot": "select pg_create_physical_replication_slot('planted')",
    "backup": "select pg_walfile_name(pg_current_wal_lsn()); select pg_create_restore_point('x')",
    "promotion": "select pg_promote()",
    "statistics wiped": "select pg_stat_reset()",
    "prepared for later": "prepare transaction 'x'",
    "peer's session ended": "select pg_terminate_backend(0)",
    "peer's statement cancelled": "select pg_cancel_backend(0)",
    "peer's statements": "select query from pg_stat_get_activity(null)",
    "peer's statement by number": "select pg_stat_get_backend_activity(1)",
    "large object made": "select lo_create(0)",
    "large object written": "select lo_from_bytea(0, 'x')",
    "log of writes": "select pg_logical_emit_message(false, 'x', 'x')",
    "code run": "do $$ begin perform 1; end $$",
    "owner's session ended": "select pg_terminate_backend(pid) from pg_stat_activity where usename <> session_user",
    "catalog changed": "update pg_catalog.pg_roles set rolsuper = true",
    "catalog class": "delete from pg_catalog.pg_policy",
    "catalog auth": "insert into pg_catalog.pg_auth_members default values",
}
SCHEMAS = {
    "credentials": "select * from auth.credentials",
    "credential made": "insert into auth.credentials (email) values ('x')",
    "sign-up": "select auth.sign_up('x', 'x')",
    "seal's keys": "select * from seal.keys",
    "seal's exemptions": "select * from seal.exempt",
    "exempt oneself": "insert into seal.exempt values ('app_api')",
    "own seal's key": "insert into seal.keys values ('x', 'x')",
    "revision": "update audit.alembic_version set version_num = 'x'",
    "release": "update audit.release set serves = 'x'",
    "looks": "insert into audit.looks default values",
}
# These may come to an end and have done nothing: no session is found, or no privilege granted; the truth tells.
NOTHING_DONE = {"owner's session ended", "grant to everybody", "column grant"}


def attempts() -> Iterator[Attempt]:
    """As a signed-in person, and as the login by itself; nothing of it may succeed."""
    for who, role in (("mallory", "app_user"), ("mallory", "app_guest"), ("mallory", "app_trash"), ("login", "")):
        for name, sql in BECOME.items():
            for stronger in STRONGER:
                yield statement(FAMILY, name, sql.format(stronger), who=who, role=role, expected=("error",))
        for table in ISOLATED:
            for name, sql in GUARDS.items():
                yield statement(FAMILY, name, sql, table, who=who, role=role, expected=_expected(name), commit=True)
        for attribute in ATTRIBUTES:
            sql = f"alter role app_api {attribute}"
            yield statement(FAMILY, f"become {attribute}", sql, who=who, role=role, expected=("error",))
        for name, sql in (MAKE | SERVER | SCHEMAS).items():
            yield statement(FAMILY, name, sql, who=who, role=role, expected=_expected(name), commit=True)


def _expected(name: str) -> tuple[str | int, ...]:
    return ("error", 0) if name in NOTHING_DONE else ("error",)
