"""Tries every attempt as every role and kind of person, in a transaction where nothing but policies holds."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import psycopg

from db.models import metadata
from db.seal import Identity
from db.transaction import person
from tests.isolation.attacks import TABLES
from tests.isolation.reach.attempts import attempts
from tests.isolation.session import bind
from tests.people import World
from tests.server import Database

ROLES = ("app_user", "app_guest", "app_trash", "app_viewer", "app_owner", "app_auth", "app_inspector", "app_seal")
PEOPLE = ("alice", "adam", "erin", "vic", "fred", "mallory", "rita")
ELSEWHERE, GONE, NEW, ROBOT = UUID(int=0xE15E), UUID(int=0x603E), UUID(int=0x17E3), UUID(int=0x20B07)
# Narrowed as an API key may be: to reading, and to a workspace that is not alice's.
SCOPES = {"alice-reading": ("alice", "read:"), "alice-elsewhere": ("alice", f"write:{ELSEWHERE}")}
PLACES = {"elsewhere": ELSEWHERE, "new": NEW, "robot": ROBOT}
SHORT = {"42501": "no", "28000": "nobody"}

# What came of each attempt for each person: rows, "no" by a policy, "nobody" for an identity that counts for nothing.
Cells = dict[tuple[str, str], str]


def reached(world: World, database: Database, table: str, role: str) -> Cells:
    """All cells of a table and a role."""
    ids = {each: world.person(each).id for each in PEOPLE}
    who: dict[str, Identity | None] = {each: person(id, role) for each, id in ids.items()}
    who |= {each: person(ids[name], role, scope) for each, (name, scope) in SCOPES.items()} | {"nobody": None}
    with psycopg.connect(database.owner) as session:
        found = session.execute(f"select to_jsonb(t) from app.{table} t where id = %s".encode(), [world.live[table]]).fetchone()
        assert found is not None, "the row that is tried exists"
        tried = list(attempts(metadata.tables[f"app.{table}"], found[0]))
        _leave_policies_alone(session, world, table, role)

        def named(me: Identity | None) -> dict[str, str]:
            names = {**ids, **PLACES, "home": world.live["workspaces"], "me": me.value if me else ids["alice"]}
            return {each.name: re.sub(r"<(\w+)>", lambda name: str(names[name[1]]), each.sql) for each in tried}

        return outcomes(session, role, who, named)


def outcomes(
    session: psycopg.Connection[Any],
    role: str,
    who: Mapping[str, Identity | None],
    statements: Callable[[Identity | None], Mapping[str, str]],
) -> Cells:
    """What comes of each statement for each identity, each as if no other had been tried; all of it is rolled back."""
    cells: Cells = {}
    session.execute("savepoint bare")
    for name, identity in who.items():
        if identity:
            bind(session, identity._replace(role=role))
        else:
            session.execute(f"set local role {role}".encode())
        for attempt, statement in statements(identity).items():
            session.execute("savepoint attempt")
            try:
                cells[attempt, name] = str(session.execute(statement.encode()).rowcount)
            except psycopg.Error as error:
                cells[attempt, name] = SHORT.get(error.sqlstate or "", str(error.sqlstate))
            session.execute("rollback to attempt")
        session.execute("rollback to bare")
    session.rollback()
    return cells


def _leave_policies_alone(session: psycopg.Connection[Any], world: World, table: str, role: str) -> None:
    """Until the transaction ends every grant is there, no trigger and no foreign key, and no row but the world's; two places
    where a stranger is the owner, one where adam may write and erin read, and a binned one where adam is admin; a service
    account at home; and a look of just now.
    """
    session.execute("set local session_replication_role = replica")
    session.execute(f"grant usage on schema app to {role}; grant all on app.{table} to {role}".encode())
    for name in TABLES:
        kept = "and why <> 'reach'" if name == "looks" else ""
        session.execute(f"delete from app.{name} where not id between '{world.since}' and '{world.until}' {kept}".encode())
    session.execute("insert into app.workspaces (id, name) values (%s, 'elsewhere')", [ELSEWHERE])
    session.execute("insert into app.workspaces (id, name, deleted_at) values (%s, 'gone', now())", [GONE])
    member = "insert into app.memberships (workspace_id, user_id, role) values (%s, %s, %s)"
    session.execute(member, [ELSEWHERE, world.mallory.id, "owner"])
    session.execute(member, [GONE, world.mallory.id, "owner"])
    session.execute(member, [GONE, world.adam.id, "admin"])
    session.execute(member, [ELSEWHERE, world.adam.id, "editor"])
    session.execute(member, [ELSEWHERE, world.erin.id, "viewer"])
    session.execute("insert into app.users (id, name, service) values (%s, 'robot', true)", [ROBOT])
    robot = "insert into app.memberships (workspace_id, user_id, role, service) values (%s, %s, 'viewer', true)"
    session.execute(robot, [world.live["workspaces"], ROBOT])
    look = "insert into app.looks (who, whom, why, until) values (session_user, %s, 'reach', now() + interval '1 hour')"
    session.execute(look, [world.alice.id])
