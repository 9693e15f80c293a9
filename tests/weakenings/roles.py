"""Of roles, which are the cluster's: only where no other test stands on them. And what is none."""

from tests.weakenings import Weakening

ROLES = {
    "login past the policies": Weakening(
        "alter role app_api bypassrls",
        "alter role app_api nobypassrls",
        "login app_api is BYPASSRLS",
    ),
    "superuser": Weakening(
        "alter role app_api superuser",
        "alter role app_api nosuperuser",
        "login app_api is superuser",
    ),
    "role past the policies": Weakening(
        "alter role app_user bypassrls",
        "alter role app_user nobypassrls",
        "may become app_user, which is BYPASSRLS",
    ),
    "definer past the policies": Weakening(
        "alter role app_owner bypassrls",
        "alter role app_owner nobypassrls",
        "new: role app_owner: no login, bypassrls",
    ),
    "sign-up past the policies": Weakening(
        "alter role app_auth bypassrls",
        "alter role app_auth nobypassrls",
        "new: role app_auth: login, bypassrls",
    ),
    "login that makes roles": Weakening(
        "alter role app_api createrole",
        "alter role app_api nocreaterole",
        "login app_api is CREATEROLE",
    ),
    "login that inherits": Weakening(
        "alter role app_api inherit",
        "alter role app_api noinherit",
        "new: role app_api: login, inherit",
    ),
    "login that may become the owner": Weakening(
        "grant app_owner to app_api",
        "revoke app_owner from app_api",
        "may become app_owner",
    ),
    "request that reads everything": Weakening(
        "grant pg_read_all_data to app_user",
        "revoke pg_read_all_data from app_user",
        "new: role app_user in pg_read_all_data: may become it",
    ),
    "membership that may be handed on": Weakening(
        "grant app_user to app_api with admin option",
        "revoke admin option for app_user from app_api",
        "new: role app_api in app_user: may become it, may hand it on",
    ),
    "setting of the login": Weakening(
        "alter role app_api set search_path = public",
        "alter role app_api reset search_path",
        "login app_api starts with search_path=public, which SQL in a request may have set for it",
    ),
    "setting that requests may turn": Weakening(
        "grant set on parameter session_replication_role to app_user",
        "revoke set on parameter session_replication_role from app_user",
        "new: grant set on parameter session_replication_role to app_user",
    ),
}

# What a DBA does, and another Rowkeep in the same cluster.
NO_ALARM = {
    "a DBA": (
        "create role dba login; grant app_auditor to dba; grant select on all tables in schema app to dba",
        "drop owned by dba; drop role dba",
    ),
    "a superuser": (
        "create role root superuser login",
        "drop role root",
    ),
    "limits": (
        "alter role app_api set statement_timeout = '3s'; alter role app_api set log_statement = 'none'",
        "alter role app_api reset statement_timeout; alter role app_api reset log_statement",
    ),
    "another Rowkeep's role": (
        "create role app_elsewhere; grant app_elsewhere to app_api",
        "drop role app_elsewhere",
    ),
    "a table elsewhere": (
        "create schema dba; create table dba.scratch as select * from app.notes",
        "drop schema dba cascade",
    ),
    "an index": (
        "create index by_hand on app.notes (created_at)",
        "drop index app.by_hand",
    ),
    "a privilege less for everybody": (
        "revoke execute on function pg_sleep(float8) from public",
        "grant execute on function pg_sleep(float8) to public",
    ),
    "statistics": (
        "analyze",
        "select 1",
    ),
}
