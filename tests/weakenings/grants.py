"""Of what requests are granted, by name, as PUBLIC, or in times to come."""

from tests.weakenings import Weakening

GRANTS = {
    "column granted": Weakening(
        "grant update (owner_id) on app.notes to app_user",
        "revoke update (owner_id) on app.notes from app_user",
        "new: grant update (owner_id) on app.notes to app_user",
    ),
    "table granted": Weakening(
        "grant truncate on app.notes to app_trash",
        "revoke truncate on app.notes from app_trash",
        "new: grant truncate on app.notes to app_trash",
    ),
    "granted to the login itself": Weakening(
        "grant select on auth.credentials to app_api",
        "revoke select on auth.credentials from app_api",
        "new: grant select on auth.credentials to app_api",
    ),
    "granted to everybody": Weakening(
        "grant select (title) on app.notes to public",
        "revoke select (title) on app.notes from public",
        "new: grant select (title) on app.notes to public",
    ),
    "grant that may be handed on": Weakening(
        "grant delete on app.memberships to app_user with grant option",
        "revoke grant option for delete on app.memberships from app_user",
        "new: grant delete on app.memberships to app_user with grant option",
    ),
    "schema opened": Weakening(
        "grant usage on schema auth to app_user",
        "revoke usage on schema auth from app_user",
        "new: grant usage on schema auth to app_user",
    ),
    "making things allowed": Weakening(
        "grant create on schema app to app_user",
        "revoke create on schema app from app_user",
        "new: grant create on schema app to app_user",
    ),
    "temporary objects allowed": Weakening(
        "do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$",
        "do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$",
        "new: grant temporary on the database to public",
    ),
    "function for everybody": Weakening(
        "grant execute on function auth.sign_up(text, text) to public",
        "revoke execute on function auth.sign_up(text, text) from public",
        "new: grant execute on function auth.sign_up(password_hash text, name text) to public",
    ),
    "the system's function for everybody": Weakening(
        "grant execute on function pg_read_file(text) to public",
        "revoke execute on function pg_read_file(text) from public",
        "new: grant execute on function pg_catalog.pg_read_file(text) to public",
    ),
    "the system's table for requests": Weakening(
        "grant select on pg_authid to app_user",
        "revoke select on pg_authid from app_user",
        "new: grant select on pg_catalog.pg_authid to app_user",
    ),
    "view past the policies": Weakening(
        "create view app.every_note as select * from app.notes; grant select on app.every_note to app_user",
        "drop view app.every_note",
        "new: grant select on app.every_note to app_user",
    ),
    "another schema opened": Weakening(
        "create schema other; grant usage on schema other to app_user; "
        "create function other.f() returns int language sql return 1",
        "drop schema other cascade",
        "new: grant execute on function other.f() to public",
    ),
    "large object opened": Weakening(
        "select lo_create(4711); grant select on large object 4711 to public",
        "select lo_unlink(4711)",
        "new: grant select on large object 4711 to public",
    ),
    "future tables opened": Weakening(
        "alter default privileges for role app_owner in schema app grant select on tables to app_user",
        "alter default privileges for role app_owner in schema app revoke select on tables from app_user",
        "new: grant select on what app_owner makes (r) in schema app to app_user",
    ),
}
