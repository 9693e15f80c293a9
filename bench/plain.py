"""The same database and API without what the seal costs: identities are bare settings, and no session is reset."""

from collections.abc import Mapping

import psycopg
from fastapi import FastAPI
from psycopg import sql

import migrations
from api.app import create_app
from db.embedded import DATABASE
from db.reset import Resettable

PLAIN = "plain"
BARE = """
create or replace function app.current_member_id() returns uuid language sql stable parallel restricted
return nullif(current_setting('app.current_user_id', true), '')::uuid;
create or replace function app.current_user_id() returns uuid language sql stable parallel restricted
return app.current_member_id();
create or replace function auth.current_email() returns text language sql stable parallel restricted
return nullif(current_setting('auth.email', true), '');
delete from seal.keys;
select audit.record('measured without a seal');
"""


def copied(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of a copy of a database that nobody is connected to, in which identities are taken as they stand."""
    bare = {name: value.replace(f"/{DATABASE}", f"/{PLAIN}") for name, value in environment.items() if name != "SEAL_KEY"}
    with psycopg.connect(environment["OWNER_DATABASE_URL"], dbname="postgres", autocommit=True) as owner:
        names = {"plain": sql.Identifier(PLAIN), "name": sql.Identifier(DATABASE)}
        owner.execute(sql.SQL("create database {plain} template {name}").format(**names))
    # A database's own grants are not copied.
    migrations.upgrade(bare["OWNER_DATABASE_URL"])
    with psycopg.connect(bare["OWNER_DATABASE_URL"], autocommit=True) as owner:
        with owner.transaction():
            owner.execute(BARE)
        owner.execute("vacuum (analyze)")
    return bare


def remembers() -> FastAPI:
    """The API on sessions that nobody resets."""
    Resettable.resets = False  # type: ignore[assignment, method-assign]
    return create_app()
