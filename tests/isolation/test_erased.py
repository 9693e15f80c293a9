"""Whoever is erased takes along what is theirs alone, in an order that its keys allow, whatever tables there will be."""

import psycopg

from db.transaction import person
from tests.isolation.session import bind
from tests.people import Person
from tests.policies.catalog import rows
from tests.server import Database

# A table that points at itself through another, and one that points at it, whose rows must go first; and one that has the
# column, and is of no workspace.
CIRCLE = """
create table app.hens (id integer primary key, workspace_id uuid references app.workspaces, egg integer);
create table app.eggs (id integer primary key, workspace_id uuid,
  hen integer references app.hens deferrable initially deferred);
alter table app.hens add foreign key (egg) references app.eggs deferrable initially deferred;
create table app.feathers (workspace_id uuid, hen integer references app.hens);
create table app.nests (id integer primary key);
create table app.twigs (workspace_id uuid, nest integer references app.nests);
alter table app.hens owner to app_owner; alter table app.eggs owner to app_owner; alter table app.feathers owner to app_owner;
alter table app.twigs owner to app_owner;
"""
TABLES = ("hens", "eggs", "feathers", "twigs")


async def test_workspace_goes_with_rows_that_point_in_a_circle(founder: tuple[Person, str], database: Database) -> None:
    who, workspace = founder
    with psycopg.connect(database.owner) as session:
        session.execute("set local statement_timeout = '30s'")
        session.execute(CIRCLE.encode())
        for values in (
            "hens values (1, %s, 1)",
            "eggs values (1, %s, 1)",
            "feathers values (%s, 1)",
            "twigs values (%s, null)",
        ):
            session.execute(f"insert into app.{values}".encode(), [workspace])
        session.execute("insert into app.hens values (2, null, null)")
        session.execute("set constraints all immediate")
        session.execute("set constraints all deferred")
        bind(session, person(who.id, "app_auth"))
        assert rows(session, "select auth.erase('x')") == [True]
        session.execute("reset role")
        session.execute("set constraints all immediate")
        assert [rows(session, f"select count(*) from app.{name}")[0] for name in TABLES] == [1, 0, 0, 1]
        assert rows(session, "select count(*) from app.workspaces where id = %s", workspace) == [0]
        session.rollback()
