"""A service account is of one workspace and never a person: whoever acts as it, and whichever row is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from db.transaction import BEGIN, READ_ONLY, address, key, person
from tests.isolation.session import acting, bind, bound, outcome
from tests.people import Person, World, joined
from tests.people import person as somebody
from tests.policies.catalog import Connection, rows
from tests.server import Database

ACCOUNT = "select app.create_service_account('{}', 'robot', '{}')"
KEY = (
    "insert into app.keys (owner_id, only_workspace_id, name, secret_hash, expires_at) "
    "values ('{}', {}, 'planted', sha256('x'), now() + interval '1 day')"
)
MEMBER = "insert into app.memberships (workspace_id, user_id, role, service) values ('{}', '{}', '{}', {})"


class Robot(NamedTuple):
    """A service account, its workspace with an owner, an admin and an editor, and a key of it."""

    id: UUID
    workspace: str
    people: dict[str, Person]
    key: UUID

    def scope(self, mode: str = "write") -> str:
        return f"{mode}:{self.workspace}"


@pytest.fixture
async def robot(client: httpx.AsyncClient, owner: Connection, world: World) -> Robot:  # noqa: ARG001 - made before, as others expect
    """Made over HTTP."""
    people = {role: somebody(role, client, owner) for role in ("owner", "admin", "editor")}
    workspace = (await people["owner"].made("/v1/workspaces", name="w"))["id"]
    for role in ("admin", "editor"):
        await joined(people[role], people["owner"], workspace, role)
    made = await people["admin"].made("/v1/service-accounts", workspace_id=workspace, name="robot", role="admin")
    token = await people["admin"].made(f"/v1/service-accounts/{made['id']}/keys", name="k")
    return Robot(UUID(made["id"]), workspace, people, UUID(token["id"]))


@contextmanager
def as_robot(database: Database, robot: Robot, scope: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """What one of its keys may; `""` is more than any key of its own can."""
    said = robot.scope() if scope is None else scope
    with psycopg.connect(database.api, autocommit=True) as session:
        session.execute((READ_ONLY if said.startswith("read:") else BEGIN).encode())
        bind(session, person(robot.id, "app_user", said))
        yield session
        session.execute("rollback")


async def test_key_of_a_robot_is_of_its_workspace(database: Database, robot: Robot, owner: Connection) -> None:
    found = rows(owner, "select only_workspace_id::text, secret_hash from app.keys where id = %s", robot.key)
    with bound(database.auth, key(robot.key)) as session:
        assert rows(session, "select user_id, scope from auth.use_key(%s)", found[0][1]) == [(robot.id, robot.scope())]
    with as_robot(database, robot) as session:
        assert rows(session, "select id::text from app.workspaces") == [robot.workspace]
        assert outcome(session, "select from app.memberships") == 4
        assert outcome(session, f"insert into app.projects (workspace_id, name) values ('{robot.workspace}', 'p')") == 1
    with as_robot(database, robot, robot.scope("read")) as session:
        assert outcome(session, "select from app.memberships") == 4
        assert outcome(session, f"insert into app.projects (workspace_id, name) values ('{robot.workspace}', 'p')") == "25006"


@pytest.mark.parametrize("scope", ["its own", ""])
async def test_robot_belongs_nowhere_else_and_makes_nothing_of_its_own(
    database: Database, robot: Robot, world: World, scope: str
) -> None:
    """By its scope; and where that should ever be lost, by keys and constraints all the same."""
    invitation = await world.alice.made("/v1/invitations", workspace_id=world.workspace, role="editor")
    id, _, secret = invitation["token"].partition(".")
    with as_robot(database, robot, "" if scope == "" else None) as session:
        refused = {"42501"} if scope else {"23503"}
        assert outcome(session, "select app.create_workspace('planted')") in refused
        assert outcome(session, f"select app.accept_invitation('{UUID(hex=id)}', '{secret}')") in {*refused, "P0002"}
        assert outcome(session, ACCOUNT.format(world.workspace, "viewer")) == "P0002"
        if scope:
            assert outcome(session, ACCOUNT.format(robot.workspace, "viewer")) == "42501"
            assert outcome(session, KEY.format(robot.id, f"'{robot.workspace}'")) == "42501"
            assert outcome(session, "select from app.keys") == 0
            assert outcome(session, "delete from app.keys") == 0
            assert outcome(session, "insert into app.notes (title) values ('planted')") == "42501"
            assert outcome(session, "update app.users set name = 'planted'") == 0


async def test_robot_is_no_person_and_owns_no_workspace_whoever_writes_it(
    robot: Robot, world: World, database: Database
) -> None:
    """As a superuser, past every policy."""
    there, people = world.workspace, robot.people
    for statement, state in (
        (MEMBER.format(there, robot.id, "viewer", "false"), "23503"),
        (MEMBER.format(there, people["owner"].id, "viewer", "true"), "23503"),
        (f"update app.memberships set role = 'owner' where user_id = '{robot.id}'", "23514"),
        (f"update app.memberships set service = false where user_id = '{robot.id}'", "23503"),
        (f"update app.users set service = false where id = '{robot.id}'", "23503"),
    ):
        with psycopg.connect(database.owner) as session:
            assert outcome(session, statement) == state, statement
    with acting(database.api, people["owner"].id) as session:
        assert outcome(session, f"update app.memberships set role = 'owner' where user_id = '{robot.id}'") == "23514"
        assert outcome(session, f"update app.memberships set role = 'viewer' where user_id = '{robot.id}'") == 1
        assert outcome(session, "update app.memberships set service = false") == "42501"
        assert outcome(session, MEMBER.format(robot.workspace, uuid4(), "viewer", "true")) == "42501"


async def test_robots_are_made_by_admins_in_their_own_name_alone(database: Database, robot: Robot, world: World) -> None:
    made = ACCOUNT.format(robot.workspace, "viewer")
    for role in ("owner", "admin"):
        with acting(database.api, robot.people[role].id) as session:
            assert outcome(session, made) == 1
            assert outcome(session, ACCOUNT.format(robot.workspace, "owner")) == "23514"
            assert outcome(session, ACCOUNT.format(robot.workspace, "x")) == "23514"
            made_by = "select count(*) from app.users where service and created_by = %s and updated_by = created_by"
            assert rows(session, made_by, robot.people[role].id) == [1 + (role == "admin")]
    for who, state in ((robot.people["editor"], "42501"), (world.mallory, "P0002")):
        with acting(database.api, who.id) as session:
            assert outcome(session, made) == state
    with bound(database.api, person(robot.people["admin"].id, "app_user", robot.scope())) as session:
        assert outcome(session, made) == "42501", "a key of the workspace's admin"


async def test_owner_role_makes_and_ends_nobody_but_robots_where_the_caller_is_admin(
    database: Database, robot: Robot, world: World
) -> None:
    """Blindly, as app_owner, whose functions these are."""
    person_, robot_ = (
        "insert into app.users (id, name) values ('{}', 'x')",
        "insert into app.users (id, name, service) values ('{}', 'x', true)",
    )
    for who, admin in ((robot.people["admin"], True), (robot.people["editor"], False), (world.mallory, False)):
        with bound(database.owner, person(who.id, "app_owner")) as session:
            assert outcome(session, person_.format(uuid4())) == "42501"
            made = uuid4()
            assert outcome(session, robot_.format(made)) == 1
            added = MEMBER.format(robot.workspace, made, "viewer", "true")
            assert outcome(session, added) == (1 if admin else "42501")
            assert outcome(session, MEMBER.format(robot.workspace, uuid4(), "viewer", "false")) == "42501"
            assert outcome(session, "select from app.users where service") == 0
            assert outcome(session, "delete from app.users where service") == 0
    with bound(database.owner, person(robot.people["admin"].id, "app_owner", robot.scope())) as session:
        assert outcome(session, robot_.format(uuid4())) == "42501"


async def test_keys_of_robots_are_the_admins_alone(database: Database, robot: Robot, world: World) -> None:
    mine, theirs = f"'{robot.workspace}'", f"'{world.workspace}'"
    for role in ("owner", "admin"):
        with acting(database.api, robot.people[role].id) as session:
            assert rows(session, "select id from app.keys where owner_id = %s", robot.id) == [robot.key]
            assert outcome(session, KEY.format(robot.id, mine)) == 1
            for other in ("null", theirs):
                assert outcome(session, KEY.format(robot.id, other)) == "42501", (
                    "it would be a person's, or of another workspace"
                )
            assert outcome(session, KEY.format(robot.people["editor"].id, mine)) == "42501", "a person's"
            assert outcome(session, f"delete from app.keys where id = '{robot.key}'") == 1
    for who in (robot.people["editor"], world.mallory, world.alice):
        with acting(database.api, who.id) as session:
            assert outcome(session, f"select from app.keys where owner_id = '{robot.id}'") == 0
            assert outcome(session, KEY.format(robot.id, mine)) == "42501"
            assert outcome(session, KEY.format(robot.id, theirs)) == "42501"
            assert outcome(session, KEY.format(who.id, "null")) == 1
            assert outcome(session, f"delete from app.keys where id = '{robot.key}'") == 0
    for scope in (robot.scope(), robot.scope("read"), "read:"):
        with psycopg.connect(database.api, autocommit=True) as session:
            session.execute((READ_ONLY if scope.startswith("read:") else BEGIN).encode())
            bind(session, person(robot.people["admin"].id, "app_user", scope))
            assert outcome(session, f"select from app.keys where id = '{robot.key}'") == (scope == "read:")
            assert outcome(session, KEY.format(robot.id, mine)) in {"42501", "25006"}
            assert outcome(session, f"delete from app.keys where id = '{robot.key}'") in {0, "25006"}


async def test_robot_goes_with_its_membership_and_no_person_does(database: Database, robot: Robot, owner: Connection) -> None:
    people = robot.people
    with acting(database.api, people["editor"].id) as session:
        assert outcome(session, f"delete from app.memberships where user_id = '{robot.id}'") == "42501"
    with as_robot(database, robot) as session:
        session.execute(f"insert into app.projects (workspace_id, name) values ('{robot.workspace}', 'by it')".encode())
        session.execute("commit")
    with acting(database.api, people["owner"].id, commit=True) as session:
        assert outcome(session, f"delete from app.memberships where user_id in ('{robot.id}', '{people['editor'].id}')") == 2
    assert rows(owner, "select id from app.users where id = any (%s)", [robot.id, people["editor"].id]) == [people["editor"].id]
    assert rows(owner, "select id from app.keys where owner_id = %s", robot.id) == []
    assert rows(owner, "select 1 from auth.revocations where session_id = %s", robot.key) == [1], "its key stops"
    wrote = "select name, created_by from app.projects where workspace_id = %s"
    assert rows(owner, wrote, robot.workspace) == [("by it", None)]


async def test_last_person_takes_the_workspace_along_and_its_robots(
    database: Database, robot: Robot, owner: Connection
) -> None:
    people = robot.people
    owner.execute("delete from app.memberships where user_id = any (%s)", [[people["admin"].id, people["editor"].id]])
    with acting(database.api, people["owner"].id) as session:
        assert outcome(session, "select app.owned_alone()") == 0, "a robot is nobody whom it would be taken from"
    (email,) = rows(owner, "select password_hash from auth.credentials where user_id = %s", people["owner"].id)
    with bound(database.auth, person(people["owner"].id, "app_auth"), commit=True) as session:
        assert rows(session, "select auth.erase(%s)", email) == [True]
    for table, column, value in (
        ("workspaces", "id", robot.workspace),
        ("users", "id", robot.id),
        ("keys", "id", robot.key),
        ("memberships", "workspace_id", robot.workspace),
    ):
        assert rows(owner, f"select 1 from app.{table} where {column} = %s", value) == [], table


async def test_nobody_signs_in_as_a_robot(database: Database, robot: Robot, owner: Connection) -> None:
    assert rows(owner, "select 1 from auth.credentials where user_id = %s", robot.id) == []
    assert rows(owner, "select 1 from auth.subjects where user_id = %s", robot.id) == []
    with bound(database.auth, person(robot.id, "app_auth")) as session:
        assert rows(session, "select auth.change_password('x', 'y', null)") == [False]
        assert rows(session, "select auth.enrol('x', 'y')") == [False]
    with bound(database.auth, address(f"{robot.id}@example.com")) as session:
        assert rows(session, "select 1 from auth.start_session('x', sha256('x'), '')") == []
