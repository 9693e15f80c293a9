"""Functions that run as app_owner reach what their caller may have, even where a body forgets to ask: its policies hold."""

import psycopg
import pytest

from db.models import metadata
from db.transaction import person
from tests.isolation.attacks import TABLES
from tests.isolation.session import acting, bind, outcome
from tests.people import World
from tests.policies.catalog import Connection, rows
from tests.server import Database

OWNER = "app_owner"
EVERY = [*(f"app.{name}" for name in TABLES), "auth.credentials"]
MINE = "owner_id = '{me}'"
# What app_owner sees when it acts for a person; of any other table nothing.
SEES = {
    "app.memberships": "user_id = '{me}'",  # the caller's roles
    "app.workspaces": "id in (select workspace_id from app.memberships where user_id = '{me}')",  # one just made or entered
    "app.invitations": "accepted_at is null or accepted_by = '{me}'",  # one that a token opens
    "app.sessions": MINE,  # those that end with a password
    "app.users": "id = '{me}'",  # who leaves
    "app.keys": MINE,  # those that are disabled with their person
    "auth.credentials": "user_id = '{me}'",  # the password that changes
}
CHANGES = {"auth.credentials": "user_id = '{me}'", "app.keys": MINE}
DELETES = {"app.sessions": MINE, "app.users": "id = '{me}'"}
REFUSED = {"app.invitations"}  # an open one is closed in the caller's name and in no other way
# A trigger of app_owner's that counts what a statement reaches.
TRIGGER = """
create table app.probe (whom uuid, reached integer);
create function app.probing() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  {};
  get diagnostics new.reached = row_count;
  return new;
end $$;
alter function app.probing() owner to app_owner;
create trigger probing before insert on app.probe for each row execute function app.probing();
grant insert on app.probe to app_user"""
KEPT = {table.fullname for table in metadata.tables.values() if table.info["append_only"]}


@pytest.mark.parametrize("who", ["alice", "vic", "mallory"])
@pytest.mark.parametrize("table", EVERY)
async def test_select_as_the_owner_shows_no_more_than_its_functions_need(
    world: World, database: Database, owner: Connection, table: str, who: str
) -> None:
    me = world.person(who).id
    wanted = SEES.get(table, "false").format(me=me)
    ((there, seen),) = rows(owner, f"select count(*), count(*) filter (where {wanted}) from {table}")
    assert there > seen or who == "alice", "the rows that are denied exist"
    with acting(database.owner, me, OWNER) as session:
        assert outcome(session, f"select from {table}") == seen
        assert outcome(session, f"select from {table} where {wanted}") == seen


@pytest.mark.parametrize("who", ["alice", "vic", "mallory"])
@pytest.mark.parametrize("table", EVERY)
async def test_write_as_the_owner_changes_no_more_than_its_functions_need(
    world: World, database: Database, owner: Connection, table: str, who: str
) -> None:
    """Blindly, so that only the policy of the command itself stands in the way."""
    column = list(metadata.tables[table].columns)[-1].name
    me = world.person(who).id

    def counted(wanted: dict[str, str]) -> int:
        (count,) = rows(owner, f"select count(*) from {table} where {wanted.get(table, 'false').format(me=me)}")
        return int(count)

    with acting(database.owner, me, OWNER) as session:
        changed = outcome(session, f"update {table} set {column} = {column}")
        assert changed == ("42501" if table in REFUSED | KEPT else counted(CHANGES))
        refused = {("app.users", "alice"): "23001", **{(name, who): "42501" for name in KEPT}}  # the last owner of a workspace
        assert outcome(session, f"delete from {table}") == refused.get((table, who), counted(DELETES))


INSERTS = {
    "app.memberships": "(workspace_id, user_id, role) values ('{workspace}', '{alice}', 'owner')",
    "app.workspaces": "(name, created_by) values ('planted', '{alice}')",
    "app.users": "(name) values ('made by somebody')",
    "app.notes": "(title) values ('planted')",
    "app.projects": "(workspace_id, name) values ('{workspace}', 'planted')",
    "auth.credentials": "(email, password_hash) values ('planted@example.com', 'x')",
}


@pytest.mark.parametrize("table", INSERTS)
async def test_insert_as_the_owner_is_in_no_other_name(world: World, database: Database, table: str) -> None:
    values = INSERTS[table].format(workspace=world.workspace, alice=world.alice.id)
    with acting(database.owner, world.mallory.id, OWNER) as session:
        assert outcome(session, f"insert into {table} {values}") == "42501"


@pytest.mark.parametrize(
    "statement",
    ["delete from app.users where id = new.whom", "perform from app.users where id = new.whom", "delete from app.users"],
    ids=["delete", "see", "delete blindly"],
)
async def test_trigger_of_the_owner_reaches_service_accounts_and_no_other_person(
    world: World, database: Database, statement: str
) -> None:
    with psycopg.connect(database.owner) as session:
        session.execute(TRIGGER.format(statement).encode())
        (robot,) = rows(session, "insert into app.users (name, service) values ('robot', true) returning id")
        (robots,) = rows(session, "select count(*)::int from app.users where service")
        bind(session, person(world.mallory.id))
        for whom in (robot, world.rita.id):
            session.execute("savepoint before")
            session.execute("insert into app.probe (whom) values (%s)", [whom])
            session.execute("reset role")
            expected = robots + 1 if "where" not in statement else int(whom == robot)
            assert rows(session, "select reached from app.probe") == [expected]
            session.execute("rollback to before")
        session.rollback()
